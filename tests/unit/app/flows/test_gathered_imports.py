"""Spans of a trace that lie spread over a file: one trajectory, also after an interruption."""

from __future__ import annotations

import json
from pathlib import Path

from app.flows.ingest import ingest
from app.flows.preparing import Plan, prepare
from storage.engine import Store


def _spans(folder: Path) -> Path:
    """Three traces whose two spans never stand side by side."""
    lines = []
    for start in (1, 2):
        for trace in "abc":
            said = [("user", f"Room {trace}?"), ("assistant", "Big."), ("user", "How big?")]
            story = [
                {"role": role, "parts": [{"type": "text", "content": text}]} for role, text in said
            ]
            attributes = {
                "gen_ai.operation.name": "chat",
                "gen_ai.input.messages": story[: start * 2 - 1],
                "gen_ai.output.messages": [
                    {"role": "assistant", "parts": [{"type": "text", "content": "Big."}]}
                ],
            }
            lines.append(
                {"trace_id": trace, "name": "chat", "start_time": start, "attributes": attributes}
            )
    path = folder / "spans.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_traces_are_imported_whole_and_once(store: Store, tmp_path: Path) -> None:
    path = _spans(tmp_path)
    report = ingest(store, [path], dataset="rooms")
    assert (report.format, report.records, report.added) == ("otel-genai", 3, 3)
    assert ingest(store, [path], dataset="rooms").duplicates == 3


def test_an_interrupted_import_goes_on_after_the_traces_that_are_done(tmp_path: Path) -> None:
    path = _spans(tmp_path)
    (whole,) = prepare(Plan(files=(str(path),)))
    (rest,) = prepare(Plan(files=(str(path),), after_items=1))
    assert [row.source_id for row in whole.rows] == ["a", "b", "c"]
    assert [row.trajectory.uid for row in rest.rows] == [
        row.trajectory.uid for row in whole.rows[1:]
    ]
