"""The generator: the same every time, covering every domain, kind and length, well formed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from curation.synthesis import KINDS, SyntheticRow, make_row
from curation.synthesis.__main__ import main
from curation.synthesis.domain import Domain
from curation.synthesis.domains import DOMAINS
from curation.synthesis.writing import blocks


def encoded(row: SyntheticRow) -> bytes:
    return msgspec.json.encode(row)


def test_a_row_depends_on_seed_and_number_only() -> None:
    once = [encoded(make_row(5, i)) for i in range(40)]
    backwards = [encoded(make_row(5, i)) for i in reversed(range(40))]
    assert once == backwards[::-1]


def test_other_seeds_and_numbers_give_other_rows() -> None:
    texts = {encoded(make_row(seed, i)) for seed in (5, 6) for i in range(100)}
    assert len(texts) == 200


def test_no_two_conversations_are_alike(rows: list[SyntheticRow]) -> None:
    assert len({msgspec.json.encode(row.messages) for row in rows}) == len(rows)


def test_processes_do_not_change_the_rows() -> None:
    alone = b"".join(row for row, _ in blocks(1200, 3))
    shared = b"".join(row for row, _ in blocks(1200, 3, jobs=2))
    assert alone == shared
    assert alone.count(b"\n") == 1200


def test_every_domain_and_kind_occurs(rows: list[SyntheticRow]) -> None:
    assert {r.domain for r in rows} == {d.name for d in DOMAINS}
    assert {r.scenario for r in rows} == set(KINDS)
    assert len(DOMAINS) >= 7
    assert sum(len(d.tools) for d in DOMAINS) >= 30


def test_conversations_have_2_to_60_messages(rows: list[SyntheticRow]) -> None:
    lengths = Counter(len(r.messages) for r in rows)
    assert min(lengths) == 2
    assert 50 < max(lengths) <= 60
    assert sum(n for length, n in lengths.items() if length >= 26) > 20


def test_about_a_third_of_the_rows_carry_errors(rows: list[SyntheticRow]) -> None:
    share = sum(bool(r.planted) for r in rows) / len(rows)
    assert 0.28 < share < 0.4


def test_predictions_come_with_models_perplexity_and_verdicts(rows: list[SyntheticRow]) -> None:
    predicted = [r for r in rows if r.predictions]
    assert len(predicted) > len(rows) / 5
    for row in predicted:
        assert len(row.verdicts) == len(row.predictions)
        assert 2 <= len({p["model"] for p in row.predictions}) <= 3
        for prediction, truth in zip(row.predictions, row.verdicts, strict=True):
            assert prediction["message_index"] == truth.message_index
            assert row.messages[truth.message_index]["role"] == "assistant"
            assert prediction["perplexity"] > 1
    verdicts = Counter(v.verdict for r in predicted for v in r.verdicts)
    assert set(verdicts) == {"BOTH_CORRECT", "PRED_WRONG", "LABEL_WRONG", "BOTH_WRONG"}


def test_a_right_prediction_beside_a_right_reference_makes_the_same_calls(
    rows: list[SyntheticRow],
) -> None:
    seen = 0
    for row in rows:
        for prediction, truth in zip(row.predictions, row.verdicts, strict=True):
            if truth.verdict != "BOTH_CORRECT":
                continue
            reference = row.messages[truth.message_index]["tool_calls"]
            made = prediction["message"]["tool_calls"]
            assert [_meaning(c) for c in reference] == [_meaning(c) for c in made]
            seen += 1
    assert seen > 100


def _meaning(call: dict[str, dict[str, str]]) -> tuple[str, object]:
    function = call["function"]
    return function["name"], msgspec.json.decode(function["arguments"])


def test_the_truth_is_not_in_the_record(rows: list[SyntheticRow]) -> None:
    for row in rows[:100]:
        assert set(row.record()) == {
            "id", "group", "domain", "scenario", "messages", "tools", "predictions",
        }  # fmt: skip


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda d: d.name)
def test_the_tools_of_a_domain_have_valid_schemas(domain: Domain) -> None:
    for tool in domain.tools:
        schema = tool["function"]["parameters"]
        Draft202012Validator.check_schema(schema)
        assert set(schema["required"]) <= set(schema["properties"])
        assert tool["function"]["description"]


def test_the_schemas_use_the_keywords_that_real_tools_use() -> None:
    text = msgspec.json.encode([d.tools for d in DOMAINS]).decode()
    for keyword in ("enum", "pattern", "format", "minimum", "items", "minItems", "maxLength"):
        assert f'"{keyword}":' in text, keyword


def test_every_domain_names_only_tools_it_has() -> None:
    for domain in DOMAINS:
        names = set(domain.schemas)
        assert set(domain.invented) <= names
        assert not {n for made_up in domain.invented.values() for n in made_up} & names
        assert set(domain.siblings) | set(domain.siblings.values()) <= names
        assert set(domain.swaps) <= names


def test_the_command_writes_rows_and_truth(tmp_path: Path) -> None:
    out, truth = tmp_path / "rows.jsonl", tmp_path / "truth.jsonl"
    assert main(["--n", "7", "--seed", "4", "--out", str(out), "--truth", str(truth)]) == 0
    rows = [msgspec.json.decode(line) for line in out.read_bytes().splitlines()]
    truths = [msgspec.json.decode(line) for line in truth.read_bytes().splitlines()]
    assert [r["id"] for r in rows] == [t["id"] for t in truths]
    assert rows[6] == msgspec.to_builtins(make_row(4, 6).record())


def test_the_command_works_with_several_processes(tmp_path: Path) -> None:
    """As a real command: processes it starts must find the code although it runs as a script."""
    out = tmp_path / "rows.jsonl"
    command = ["-m", "curation.synthesis", "--n", "30", "--jobs", "2", "--out", str(out)]
    subprocess.run([sys.executable, *command], check=True, timeout=240)
    assert len(out.read_bytes().splitlines()) == 30


def test_the_command_says_when_it_cannot_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "no" / "rows.jsonl"
    assert main(["--n", "1", "--out", str(missing)]) == 2
    assert "cannot be written" in capsys.readouterr().err
