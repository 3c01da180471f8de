"""The checks against rows whose defects are known: public data, and the benchmark's generator.

The public truth counts unknown tools (U), missing (M), wrong types (T), enum (E), undeclared (X)
and what does not parse (P). Everything else the checks find there must stay below error.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from app.flows.reading import detect_format, import_context, read_records, read_tool_file
from curation.checking import Severity, run_checks
from curation.importing import FORMATS, Imported, Record, pivot_record

SHARED = Path(__file__).resolve().parents[5] / "shared"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not SHARED.is_dir(), reason="the public test data is not beside the project"
    ),
]

KINDS = {
    "calls/unknown-tool": "U",
    "calls/missing-required": "M",
    "calls/wrong-type": "T",
    "calls/not-in-enum": "E",
    "calls/undeclared-argument": "X",
    "calls/unparsable": "P",
    "calls/not-an-object": "P",
}
FILES = [
    "bfcl_v4/BFCL_v4_irrelevance.json",
    "bfcl_v4/BFCL_v4_live_multiple.json",
    "bfcl_v4/BFCL_v4_live_simple.json",
    "bfcl_v4/BFCL_v4_multi_turn_base.json",
    "bfcl_v4/BFCL_v4_multi_turn_miss_func.json",
    "bfcl_v4/BFCL_v4_multiple.json",
    "bfcl_v4/BFCL_v4_parallel.json",
    "bfcl_v4/BFCL_v4_simple_python.json",
    "functionary/test_case_v1.json",
    "functionary/test_case_v2.json",
    "hermes/few_shot.json",
    "llama_factory/glaive_toolcall_en_demo.json",
    "scale/mixed_openai_11k.jsonl.gz",
    "acebench_en/data_normal_atom_bool.json",
    "acebench_en/data_normal_atom_enum.json",
    "acebench_en/data_normal_atom_number.json",
    "acebench_en/data_normal_multi_turn_user_switch.json",
    "acebench_en/data_normal_single_turn_single_function.json",
    "acebench_en/data_special_irrelevant.json",
    "rotbench/First_Turn_clean.json",
    "rotbench/First_Turn_slight.json",
    "tau2_bench/airline_run1_sims00-29.json",
    "tau_bench/gpt-4o-airline_tasks00-29.json",
]


def truth(name: str) -> list[int]:
    """Rows with an error, then U M T E X P, from the published table."""
    for line in (SHARED / "data/expected_findings.txt").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words and words[0] == name:
            return [int(word) for word in words[-7:]]
    raise AssertionError(f"{name} is not in the table")


def imported(path: Path, tools_file: Path | None = None) -> list[Imported]:
    entry = detect_format(path)
    assert entry is not None
    context = import_context(path, read_tool_file(tools_file) if tools_file else ())
    found: list[Imported] = []
    for record in read_records(path):
        assert isinstance(record, Record), record
        found += pivot_record(entry, record, context)
    return found


@pytest.mark.parametrize("name", FILES)
def test_public_rows_have_exactly_the_errors_that_are_known(name: str) -> None:
    path = SHARED / "data" / name
    tools = path.parent / "airline_tools.json" if name.startswith("tau") else None
    counts: Counter[str] = Counter()
    rows = 0
    for row in imported(path, tools):
        errors = [f for f in run_checks(row.trajectory) if f.severity is Severity.ERROR]
        rows += bool(errors)
        counts.update(KINDS.get(f.check, f.check) for f in errors)
    assert [rows, *(counts[kind] for kind in "UMTEXP")] == truth(name)
    assert set(counts) <= set("UMTEXP"), "an error that the known truth does not count"


INJECTED = {
    "unknown_tool": "calls/unknown-tool",
    "missing_required": "calls/missing-required",
    "wrong_type": "calls/wrong-type",
    "enum_violation": "calls/not-in-enum",
    "malformed_json": "calls/unparsable",
    "orphan_result": "results/orphan-result",
}


def test_injected_defects_are_found_where_they_are_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    script = SHARED / "bench/make_trajectories.py"
    options = ["--n", "1500", "--seed", "11", "--error-rate", "0.3", "--out", str(path)]
    subprocess.run([sys.executable, str(script), *options], check=True, capture_output=True)
    entry = FORMATS.get("openai-chat")
    context = import_context(path)
    kinds: Counter[str] = Counter()
    for record in read_records(path):
        assert isinstance(record, Record)
        [row] = pivot_record(entry, record, context)
        injected = record.value["metadata"]["injected"]
        errors = [f for f in run_checks(row.trajectory) if f.severity is Severity.ERROR]
        expected = {INJECTED[injected["kind"]]} if injected else set()
        assert {f.check for f in errors} == expected, row.source_id
        if injected:
            kinds[injected["kind"]] += 1
            assert {f.anchor.message_index for f in errors} == {injected["message_index"]}
            if "tool_call_id" in injected:
                [anchor] = {(f.anchor.message_index, f.anchor.call_index) for f in errors}
                assert anchor[0] is not None and anchor[1] is not None
                call = row.trajectory.messages[anchor[0]].tool_calls[anchor[1]]
                assert call.id == injected["tool_call_id"]
    assert set(kinds) == set(INJECTED), "the sample has too few rows to show every kind"
