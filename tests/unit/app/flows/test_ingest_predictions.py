"""Predictions come in by three formats, once, and are compared with what is accepted."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from app.flows.ingest import ingest
from app.flows.ingest_predictions import ingest_and_match, ingest_predictions
from app.flows.match import match
from app.flows.running import Run
from curation.errors import IngestError, NotFound
from curation.predictions import PredictionKind
from storage.engine import Store
from storage.predictions import StoredPrediction, predictions_of
from storage.trajectories import id_of

TOOL = {
    "name": "get_weather",
    "description": "",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def _call(city: str) -> dict[str, Any]:
    return {"name": "get_weather", "arguments": {"city": city}}


def _write(path: Path, rows: list[Any]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def questions(store: Store, tmp_path: Path) -> Store:
    """Three trajectories `w0` … `w2` of one step each, and `long` of two, in the dataset `d`."""
    rows = []
    for i, city in enumerate(("Oslo", "Rome", "Lima")):
        user = {"role": "user", "content": f"Weather in {city}?"}
        step = {"role": "assistant", "tool_calls": [_call(city)]}
        rows.append({"id": f"w{i}", "messages": [user, step], "tools": [TOOL]})
    two = [*rows[0]["messages"], {"role": "tool", "content": "sun"}]
    two.append({"role": "assistant", "content": "Sunny."})
    rows.append({"id": "long", "messages": two, "tools": [TOOL]})
    ingest(store, [_write(tmp_path / "d.jsonl", rows)], dataset="d")
    return store


def _ours(source_id: str, city: str, **more: Any) -> dict[str, Any]:
    return {"source_id": source_id, "message": {"tool_calls": [_call(city)]}, **more}


def _all(store: Store) -> list[StoredPrediction]:
    with store.read() as conn:
        return [one for i in range(1, 10) for one in predictions_of(conn, i)]


def test_our_rows_are_read_with_their_log_probabilities_and_compared(
    questions: Store, tmp_path: Path
) -> None:
    path = _write(
        tmp_path / "p.jsonl",
        [
            _ours("w0", "Oslo", logprobs=[math.log(0.5), math.log(0.125)], kind="greedy"),
            _ours("w1", "Bonn", model="other", note="kept"),
            _ours("w2", "Lima", logprobs={"content": [{"logprob": -1.0}, {"logprob": -3.0}]}),
            _ours("long", "Oslo", message_index=1, n_samples=4, kind="sampled"),
        ],
    )
    report, matched = ingest_and_match(questions, [path], dataset="d", model="m")
    assert (report.records, report.added, report.n_problems) == (4, 4, 0)
    first, second, third, fourth = _all(questions)
    assert first.perplexity == pytest.approx(4.0)  # ln 2 + ln 8 over 2 tokens is ln 4
    assert (first.kind, first.n_tokens) == (PredictionKind.GREEDY, 2)
    assert third.perplexity == pytest.approx(math.exp(2))
    assert (second.model, second.source) == ("other", {"note": "kept"})
    assert (fourth.n_samples, fourth.kind) == (4, PredictionKind.SAMPLED)
    assert first.matches == {"strict": True, "looptool": True, "bfcl": True}
    assert second.matches == {"strict": False, "looptool": False, "bfcl": False}
    assert [one.mismatch for one in _all(questions)] == ["", "value", "", ""]
    assert matched.compared == matched.counts.compared == 4
    assert matched.counts.mastered == 3


def test_importing_twice_adds_nothing_and_compares_nothing(
    questions: Store, tmp_path: Path
) -> None:
    path = _write(tmp_path / "p.jsonl", [_ours("w0", "Oslo"), _ours("w0", "Oslo")])
    report, _ = ingest_and_match(questions, [path], dataset="d", model="m")
    assert (report.added, report.duplicates) == (1, 1)
    report, matched = ingest_and_match(questions, [path], dataset="d", model="m")
    assert (report.added, report.duplicates, matched.compared) == (0, 2, 0)
    assert match(questions, "d", again=True).compared == 1


def test_bad_rows_are_problems_with_their_line_and_the_others_are_kept(
    questions: Store, tmp_path: Path
) -> None:
    path = _write(
        tmp_path / "p.jsonl",
        [
            _ours("w0", "Oslo"),
            "{broken",
            _ours("nobody", "Oslo"),
            _ours("long", "Oslo"),
            _ours("w1", "Rome", message_index=0),
            {"message": {"content": "x"}, "uid": ""},
            _ours("w1", "Rome", perplexity="low"),
            _ours("w1", "Rome", logprobs=[0.7]),
            _ours("w1", "Rome", kind="guessed"),
            _ours("w1", "Rome", n_samples=0),
            {"source_id": "w1", "message": {"content": "half \udc00"}},
            _ours("w2", "Lima"),
        ],
    )
    report = ingest_predictions(questions, [path], dataset="d", model="m")
    assert (report.records, report.added, report.unmatched) == (10, 2, 1)
    assert report.n_problems == len(report.problems) == 10
    assert [p.where.rpartition(":")[2] for p in report.problems].count("2") == 1
    assert all(p.hint for p in report.problems)
    said = "\n".join(f"{p.message} {p.hint}" for p in report.problems)
    for word in ("'nobody'", "message_index", "message 0", "uid or source_id", "perplexity",
                 "log-prob", "guessed", "n_samples", "surrogate"):  # fmt: skip
        assert word in said


def test_rows_for_another_dataset_are_one_problem_a_file(
    questions: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.ingest_predictions.BATCH", 2)
    rows = [_ours("w0", "Oslo"), *(_ours(f"other-{i}", "Oslo") for i in range(5))]
    paths = [_write(tmp_path / name, rows) for name in ("a.jsonl", "b.jsonl")]
    report = ingest_predictions(questions, paths, dataset="d", model="m")
    assert (report.added, report.duplicates, report.unmatched) == (1, 1, 10)
    assert [problem.where for problem in report.problems] == [f"{path}:2" for path in paths]
    for problem in report.problems:
        assert "5 rows" in problem.message and "'other-0'" in problem.message


def test_a_rehearsal_says_the_same_and_stores_nothing(questions: Store, tmp_path: Path) -> None:
    pairs = [
        {"messages": [{"role": "user", "content": f"{i % 4}?"}], "tools": [TOOL], "id": f"p{i}",
         "label": [_call("Oslo")], "prediction": [_call("Rome")]}
        for i in range(6)
    ]  # fmt: skip
    path = _write(tmp_path / "pairs.jsonl", pairs)
    tried = ingest_predictions(questions, [path], dataset="new", model="m", dry_run=True)
    assert _all(questions) == []
    with questions.read() as conn, pytest.raises(NotFound):
        id_of(conn, "new")
    done = ingest_predictions(questions, [path], dataset="new", model="m")
    assert tried == done
    assert (done.added, done.duplicates) == (4, 2)


def test_rehearsed_batches_know_of_each_other(
    questions: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.ingest_predictions.BATCH", 1)
    path = _write(tmp_path / "p.jsonl", [_ours("w0", "Oslo"), _ours("w0", "Oslo")])
    report = ingest_predictions(questions, [path], dataset="d", model="m", dry_run=True)
    assert (report.added, report.duplicates) == (1, 1)


def test_a_pair_becomes_a_trajectory_and_its_verdict_stays_a_published_truth(
    store: Store, tmp_path: Path
) -> None:
    row = {
        "id": "p1",
        "messages": [{"role": "user", "content": "Weather in Oslo?"}],
        "tools": [TOOL],
        "label": "No idea.",
        "prediction": {"content": None, "tool_calls": [_call("Oslo")]},
        "verdict": "LABEL_WRONG",
        "category": "simple",
    }
    ingest_and_match(
        store, [_write(tmp_path / "pairs.jsonl", [row])], dataset="pairs", model="glyphh"
    )
    (one,) = _all(store)
    assert (one.message_index, one.model, one.standing) == (1, "glyphh", "")
    assert one.source == {"truth": {"verdict": "LABEL_WRONG"}}
    assert one.mismatch == "needless-call"


def test_what_no_format_knows_and_what_has_no_name(questions: Store, tmp_path: Path) -> None:
    path = _write(tmp_path / "x.jsonl", [{"a": 1}])
    report = ingest_predictions(questions, [path], dataset="d", model="m")
    assert (report.n_problems, report.added) == (1, 0)
    assert "loopwright formats" in report.problems[0].hint
    with pytest.raises(IngestError, match="no name"):
        ingest_predictions(questions, [path], dataset="d", model=" ")
    known = _write(tmp_path / "p.jsonl", [_ours("w0", "Oslo")])
    with pytest.raises(NotFound, match="no dataset 'nix'"):
        ingest_predictions(questions, [known], dataset="nix", model="m")


class _Stops(Run):
    """Keeps checkpoints, and stops after the first one."""

    def __init__(self, checkpoint: dict[str, Any]) -> None:
        self.checkpoint = checkpoint
        self.saved: list[dict[str, Any]] = []

    def save(self, conn: object, checkpoint: dict[str, Any]) -> None:
        self.saved.append(checkpoint)

    def report(self, done: int, total: int | None = None, unit: str = "") -> None:
        if self.saved and not self.checkpoint:
            raise KeyboardInterrupt


def test_an_import_that_was_stopped_goes_on_where_it_stood(
    questions: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.ingest_predictions.BATCH", 2)
    rows = [_ours("w0", city) for city in ("A", "B", "C", "D", "E")]
    path = _write(tmp_path / "p.jsonl", rows)
    first = _Stops({})
    with pytest.raises(KeyboardInterrupt):
        ingest_predictions(questions, [path], dataset="d", model="m", run=first)
    assert len(_all(questions)) == 2
    rest = _Stops(first.saved[-1])
    report = ingest_predictions(questions, [path], dataset="d", model="m", run=rest)
    assert (report.records, report.added, report.duplicates) == (5, 5, 0)
    assert len(_all(questions)) == 5


def test_answers_that_come_with_their_trajectories_are_compared_too(
    store: Store, tmp_path: Path
) -> None:
    step = {"role": "assistant", "content": None, "tool_calls": [_call("Oslo")]}
    row = {
        "messages": [{"role": "user", "content": "Oslo?"}, step],
        "tools": [TOOL],
        "predictions": [
            {"message_index": 1, "model": "m", "message": {"tool_calls": [_call(city)]}}
            for city in ("Oslo", "Rome")
        ],
    }
    report = ingest(store, [_write(tmp_path / "own.jsonl", [row])], dataset="own")
    assert report.predictions == 2
    assert [one.matches["strict"] for one in _all(store)] == [True, False]
