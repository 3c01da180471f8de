"""Real rows of papers' data sets: rows, calls and problems match the known truth.

The data is not part of the repository; without it the test skips.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from app.flows.reading import detect_format, import_context, read_records
from curation.importing import Imported, Problem, RecordError, gathered, pivot_record
from curation.trajectory import ToolCall

DATA = Path(__file__).parents[5] / "shared" / "data"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="the public test data is not beside the project"),
]


def import_file(path: Path) -> tuple[str, list[Imported], list[Problem]]:
    entry = detect_format(path)
    assert entry is not None
    context = import_context(path)
    imported: list[Imported] = []
    problems: list[Problem] = []
    for item in gathered(entry, read_records(path)):
        if isinstance(item, Problem):
            problems.append(item)
            continue
        try:
            imported += pivot_record(entry, item, context)
        except RecordError as refusal:
            problems.append(refusal.at(item.where))
    return entry.name, imported, problems


def calls_of(item: Imported, *, last: bool) -> list[ToolCall]:
    """The calls of a trajectory, or of its last message alone: what a training row is for."""
    messages = item.trajectory.messages[-1:] if last else item.trajectory.messages
    return [call for message in messages for call in message.tool_calls]


@pytest.mark.parametrize(
    ("name", "form", "rows", "calls", "refused"),
    [
        ("toolrl/rlla_sft_000-249.json", "toolrl", 250, 357, []),
        ("toolrl/rlla_4k_test.parquet", "toolrl", 80, 123, []),
        ("toolrl/api_bank_level1_processed_a.json", "toolrl", 279, 279, []),
        ("llama_factory/reason_tool_use_demo_00-29.jsonl", "llama-factory-v1", 30, 48, []),
        ("seal_tools/dev.jsonl", "seal-tools", 700, 1804, []),
        ("seal_tools/finetune_dev.json", "seal-tools", 700, 1804, []),
        ("toolalpaca/eval_simulated_a.json", "toolalpaca", 54, 76, []),
        ("toolalpaca/ToolAlpaca7b_judged_a.json", "toolalpaca", 53, 81, ["Auth0"]),
        ("toolalpaca/ToolAlpaca13b_judged_a.json", "toolalpaca", 52, 66, ["AniAPI", "Améthyste"]),
    ],
)
def test_rows_and_calls_match_the_known_truth(
    name: str, form: str, rows: int, calls: int, refused: list[str]
) -> None:
    found, imported, problems = import_file(DATA / name)
    assert found == form
    assert len(imported) == rows
    assert sum(len(calls_of(i, last=form == "toolrl")) for i in imported) == calls
    assert [p.message.split()[3] for p in problems] == refused
    assert all("judge was given nothing" in p.message for p in problems)
    assert all(i.trajectory.tools for i in imported if calls_of(i, last=False))
    assert len({i.source_id for i in imported}) == len(imported)


def test_every_dialogue_of_api_bank_is_read_with_its_apis() -> None:
    n_calls = n_files = 0
    for path in sorted((DATA / "api_bank/level-1-given-desc").iterdir()):
        form, (item,), problems = import_file(path)
        assert (form, problems) == ("api-bank", [])
        assert item.source_id == path.name
        assert len(item.trajectory.tools) == 53
        n_calls += len(calls_of(item, last=False))
        n_files += 1
    assert (n_files, n_calls) == (140, 272)
