"""Real public data: rows and calls of every supported file match the known truth, no problems.

Run with `-s` for the table. The data is not part of the repository; without it the test skips.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from app.flows.reading import (
    detect_format,
    find_files,
    import_context,
    read_records,
    read_tool_file,
)
from curation.importing import Imported, Problem, RecordError, detect, pivot_record
from curation.trajectory import Role, encode_messages, encode_tools

DATA = Path(__file__).parents[5] / "shared" / "data"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="the public test data is not beside the project"),
]

FORMAT_OF = {
    "bfcl_v4/BFCL_v4_irrelevance.json": "bfcl",
    "bfcl_v4/BFCL_v4_live_multiple.json": "bfcl",
    "bfcl_v4/BFCL_v4_live_simple.json": "bfcl",
    "bfcl_v4/BFCL_v4_multi_turn_base.json": "bfcl",
    "bfcl_v4/BFCL_v4_multi_turn_miss_func.json": "bfcl",
    "bfcl_v4/BFCL_v4_multiple.json": "bfcl",
    "bfcl_v4/BFCL_v4_parallel.json": "bfcl",
    "bfcl_v4/BFCL_v4_simple_python.json": "bfcl",
    "functionary/test_case_v1.json": "openai-chat",
    "functionary/test_case_v2.json": "openai-chat",
    "hermes/few_shot.json": "hermes-xml",
    "llama_factory/glaive_toolcall_en_demo.json": "sharegpt",
    "scale/mixed_openai_11k.jsonl.gz": "openai-chat",
    "acebench_en/data_normal_atom_bool.json": "acebench",
    "acebench_en/data_normal_atom_enum.json": "acebench",
    "acebench_en/data_normal_atom_number.json": "acebench",
    "acebench_en/data_normal_multi_turn_user_switch.json": "acebench",
    "acebench_en/data_normal_single_turn_single_function.json": "acebench",
    "acebench_en/data_special_irrelevant.json": "acebench",
    "rotbench/First_Turn_clean.json": "rotbench",
    "rotbench/First_Turn_slight.json": "rotbench",
    "stabletoolbench/solvable_queries_G1_tool_000-059.json": "toolbench-query",
    "tau2_bench/airline_run1_sims00-29.json": "tau2",
    "tau_bench/gpt-4o-airline_tasks00-29.json": "tau-bench",
    "toolbench/instruction/G1_query.json": "toolbench-query",
    "toolbench/instruction/G2_query.json": "toolbench-query",
}
"""Files of the formats we read."""

ACCEPTED_TWICE = {"acebench_en/data_normal_atom_bool.json": 2}
"""Calls of a row with two accepted answers, which the truth does not count."""

NOISES = {"rotbench/First_Turn_slight.json": 2}
"""Rows with one id, which differ in their noise."""

WHO_AND_WHEN = {"algorithm_generated.jsonl": (126, 3), "hand_crafted_sample.jsonl": (6, 0)}
"""Rows, and labels that do not fit their history."""

TREES = ("toolbench/answer_tree/", "toolbench/tooleval_gpt35_cot/")
"""Read as ToolBench's trees and answers; the second is damaged and refused."""

READ_AS_RESEARCH = (
    "api_bank/level-1-given-desc/",
    "llama_factory/reason_tool_use_demo_00-29.jsonl",
    "seal_tools/dev.jsonl",
    "seal_tools/finetune_dev.json",
    "toolalpaca/",
    "toolrl/",
)
"""Files of papers' data sets: see `test_reading_research_data.py`."""

CHAT_WITHOUT_CALLS = "jglv_pairs/pairs.jsonl"
"""Chat rows whose calls stand in `label` and `prediction`; their messages are read as chat."""


APART = ("who_and_when/", "swe_agent/")
"""Have tests of their own below."""


class Truth(NamedTuple):
    rows: int
    most_turns: int
    most_tools: int
    calls: int


def known_truth() -> dict[str, Truth]:
    """`file -> rows, turns (max), tools (max), calls` of expected_findings.txt."""
    pattern = re.compile(r"^(\S+)\s+\d+\s+(\d+)\s+\d+/(\d+)\s+(?:\d+/(\d+)|n/a)\s+(\d+)\s")
    found = {}
    for line in (DATA / "expected_findings.txt").read_text(encoding="utf-8").splitlines():
        if match := pattern.match(line):
            name, rows, turns, tools, calls = match.groups()
            found[name] = Truth(int(rows), int(turns), int(tools or 0), int(calls))
    return found


def import_file(name: str) -> tuple[list[Imported], list[Problem]]:
    path = DATA / name
    given = path.parent / "airline_tools.json"
    tools = read_tool_file(given) if given.is_file() else ()
    entry = detect_format(path)
    assert entry is not None
    context = import_context(path, tools)
    imported: list[Imported] = []
    problems: list[Problem] = []
    for record in read_records(path):
        if isinstance(record, Problem):
            problems.append(record)
            continue
        try:
            imported += pivot_record(entry, record, context)
        except RecordError as refusal:
            problems.append(refusal.at(record.where))
        problems += context.take_problems()
    return imported, problems


@pytest.mark.parametrize("name", FORMAT_OF)
def test_rows_tools_and_calls_match_the_known_truth(name: str) -> None:
    entry = detect_format(DATA / name)
    assert entry is not None
    assert entry.name == FORMAT_OF[name]
    imported, problems = import_file(name)
    truth = known_truth()[name]
    calls = sum(1 for i in imported for _ in i.trajectory.calls())
    calls += sum(len(p.message.tool_calls) for i in imported for p in i.predictions)
    print(f"{name:48} {entry.name:12} rows {len(imported):6} calls {calls:6} problems 0")
    assert problems == []
    assert len(imported) == truth.rows
    assert calls == truth.calls + ACCEPTED_TWICE.get(name, 0)
    assert max(len(i.trajectory.tools) for i in imported) == truth.most_tools
    for item in imported:
        assert encode_messages(item.trajectory.messages)
        assert encode_tools(item.trajectory.tools)
        assert msgspec.json.encode(item.source)
    ids = {i.source_id for i in imported}
    assert len(ids) * NOISES.get(name, 1) == len(imported)


def test_turns_of_chat_data_match_the_known_truth() -> None:
    truth = known_truth()
    for name in ("functionary/test_case_v1.json", "tau_bench/gpt-4o-airline_tasks00-29.json"):
        imported, _ = import_file(name)
        longest = max(len(i.trajectory.messages) for i in imported)
        assert longest == truth[name].most_turns


def test_chosen_gold_calls_equal_those_of_the_chat_dress_of_the_same_rows() -> None:
    def calls(item: Imported) -> list[tuple[str, object]]:
        return [(c.name, c.parsed().value) for _, _, c in item.trajectory.calls()]

    chat, _ = import_file("scale/mixed_openai_11k.jsonl.gz")
    dressed = {
        i.source_id.partition(":")[2]: calls(i) for i in chat if i.source["source"] == "bfcl_label"
    }
    compared = 0
    for kind in ("simple_python", "multiple", "parallel", "live_simple", "live_multiple"):
        for item in import_file(f"bfcl_v4/BFCL_v4_{kind}.json")[0]:
            assert calls(item) == dressed[item.source_id]
            compared += 1
    assert compared == 2111


def test_every_other_file_is_left_alone_and_read_without_problems() -> None:
    left_alone = 0
    for path in find_files([DATA]):
        name = path.relative_to(DATA).as_posix()
        if (
            name in FORMAT_OF
            or name == CHAT_WITHOUT_CALLS
            or name.startswith((*TREES, *APART, *READ_AS_RESEARCH))
        ):
            continue
        records = list(read_records(path))
        assert [r for r in records if isinstance(r, Problem)] == []
        assert detect([r.value for r in records if not isinstance(r, Problem)]) is None, name
        left_alone += 1
    assert left_alone > 20


def test_the_path_of_a_tree_is_what_toolbench_trained_on() -> None:
    ended: list[str] = []
    n_tries = 0
    for path in sorted((DATA / "toolbench/answer_tree").iterdir()):
        (item,), problems = import_file(path.relative_to(DATA).as_posix())
        assert problems == []
        ended.append(item.source["ended"])
        n_tries += len(item.predictions)
        whole = msgspec.json.decode(path.read_bytes())
        if not whole["win"]:
            continue
        trained = whole["answer_generation"]["train_messages"][-1]
        said = [m for m in item.trajectory.messages if m.role is Role.ASSISTANT]
        assert [(m.content, [(c.name, c.raw_arguments) for c in m.tool_calls]) for m in said] == [
            (m["content"], [(c["name"], c["arguments"]) for c in _legacy_calls(m)])
            for m in trained
            if m["role"] == "assistant"
        ]
    # Trees without a sibling were answered at once; every tree that gave up has branches.
    assert sorted(ended) == ["answered"] * 6 + ["gave up"] * 4
    assert n_tries == 21


def _legacy_calls(message: dict[str, Any]) -> list[dict[str, str]]:
    return [message["function_call"]] if "function_call" in message else []


def test_the_damaged_conversion_for_tooleval_is_refused_answer_by_answer() -> None:
    imported, problems = import_file("toolbench/tooleval_gpt35_cot/G1_category.json")
    assert imported == []
    assert len(problems) == 100
    found = [re.search(r"(\d+) of (\d+) calls are cut off", p.message) for p in problems]
    cut, calls = zip(*((int(m[1]), int(m[2])) for m in found if m), strict=True)
    assert (len(cut), sum(cut), sum(calls)) == (100, 388, 395)
    assert all("trees of the search" in p.hint for p in problems)


@pytest.mark.parametrize("name", WHO_AND_WHEN)
def test_every_run_of_agents_keeps_its_label(name: str) -> None:
    imported, problems = import_file(f"who_and_when/{name}")
    rows, misfits = WHO_AND_WHEN[name]
    assert (len(imported), len(problems)) == (rows, misfits)
    assert all(len(i.annotations) == 1 for i in imported)
    placed = sum(bool(i.annotations[0].annotation.step_verdicts) for i in imported)
    assert placed == rows - misfits


def test_every_run_of_swe_agent_is_read_whole() -> None:
    truth = known_truth()
    files = find_files([DATA / "swe_agent"])
    assert len(files) == 14
    cut = {name[:70]: found for name, found in truth.items()}  # the truth cuts long names
    for path in files:
        (item,), problems = import_file(f"swe_agent/{path.name}")
        known = cut[f"swe_agent/{path.name}"[:70]]
        assert problems == []
        assert len(item.trajectory.messages) == known.most_turns
        assert sum(1 for _ in item.trajectory.calls()) == known.calls
