"""Labels that a source carries become annotations like any other, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.flows.adjudicate import load_case
from app.flows.annotate import Op, perform
from app.flows.ingest import IngestReport, ingest
from app.flows.queue import fill_queue
from curation.annotation import Annotation, Outcome, StepVerdict
from curation.exporting import Include
from storage.annotations import CommittedAnnotation, standing_annotations
from storage.annotators import ensure_annotator
from storage.candidates import iter_candidates
from storage.engine import Store
from storage.matches import accepted_at
from storage.trajectories import load_by_id
from tests.unit.curation.formats.samples import SAMPLES


def write(folder: Path, name: str, **keys: Any) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps([{**SAMPLES[name].records[0], **keys}]))
    return path


def standing(store: Store, trajectory_id: int = 1) -> list[CommittedAnnotation]:
    with store.read() as conn:
        return standing_annotations(conn, trajectory_id)


def state(store: Store, trajectory_id: int = 1) -> str:
    with store.read() as conn:
        return load_by_id(conn, trajectory_id).state


def counts(report: IngestReport) -> tuple[int, int, int]:
    return report.added, report.annotations, report.n_problems


def test_a_label_is_its_annotators_annotation_and_is_kept_once(
    any_store: Store, tmp_path: Path
) -> None:
    path = write(tmp_path, "who-and-when")
    assert counts(ingest(any_store, [path], dry_run=True)) == (1, 1, 0)
    assert counts(ingest(any_store, [path])) == (1, 1, 0)
    (one,) = standing(any_store)
    assert (one.annotator, one.annotator_kind, one.revision) == ("Who&When", "human", 1)
    assert one.annotation == Annotation(
        Outcome.REJECT, step_verdicts={1: StepVerdict.INCORRECT}, note="It adds."
    )
    assert state(any_store) == "annotated"
    assert counts(ingest(any_store, [path])) == (0, 0, 0)
    assert counts(ingest(any_store, [path], dry_run=True)) == (0, 0, 0)
    assert standing(any_store) == [one]


def test_a_source_that_was_corrected_makes_a_new_revision(store: Store, tmp_path: Path) -> None:
    ingest(store, [write(tmp_path, "agent-error-bench")])
    step = {"step": 2, "planning": {"failure_type": "inefficient_plan", "reasoning": "Slow."}}
    changed = {"critical_failure_step": 2, "critical_failure_module": "planning"}
    path = write(tmp_path, "agent-error-bench", step_annotations=[step], **changed)
    assert counts(ingest(store, [path])) == (0, 1, 0)
    (one,) = standing(store)
    assert one.revision == 2
    assert [(m.category, m.root_cause) for m in one.annotation.marks] == [
        ("inefficient_plan", True)
    ]
    assert one.annotation.step_verdicts == {3: StepVerdict.INCORRECT}
    assert one.annotation.note == ""


def test_what_was_changed_by_hand_under_the_name_stays(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path, "who-and-when")
    ingest(store, [path])
    with store.write() as conn:
        who = ensure_annotator(conn, "Who&When")
        uid = load_by_id(conn, 1).uid
    ops = [Op(1, uid, "outcome", {"outcome": "unsure"}), Op(2, uid, "commit")]
    perform(store, who, "page", ops)
    report = ingest(store, [path])
    assert counts(report) == (0, 0, 1)
    assert "changed it by hand" in report.problems[0].message
    assert standing(store)[0].annotation.outcome is Outcome.UNSURE


def test_people_who_say_otherwise_are_in_dispute_with_it(store: Store, tmp_path: Path) -> None:
    ingest(store, [write(tmp_path, "who-and-when")], dataset="runs")
    fill_queue(store, "runs")
    with store.write() as conn:
        ada = ensure_annotator(conn, "Ada")
        uid = load_by_id(conn, 1).uid
    ops = [Op(1, uid, "outcome", {"outcome": "accept"}), Op(2, uid, "commit")]
    perform(store, ada, "page", ops)
    assert state(store) == "disputed"
    assert [one.annotator for one in load_case(store, uid).annotations] == ["Who&When", "Ada"]


def test_it_fills_a_slot_of_a_queue_that_is_there(store: Store, tmp_path: Path) -> None:
    bare = dict(SAMPLES["agent-error-bench"].records[0])
    for key in ("critical_failure_step", "critical_failure_module", "step_annotations"):
        bare.pop(key)
    path = tmp_path / "runs.json"
    path.write_text(json.dumps([bare]))
    ingest(store, [path], dataset="runs")
    fill_queue(store, "runs", overlap=1)
    assert state(store) == "queued"
    ingest(store, [write(tmp_path, "agent-error-bench")], dataset="runs")
    assert state(store) == "decided"  # the queue lets one annotator decide, as it does by default


def test_alternatives_of_a_benchmark_count_as_accepted(any_store: Store, tmp_path: Path) -> None:
    path = write(tmp_path, "rotbench")
    report = ingest(any_store, [path])
    assert (report.predictions, report.annotations) == (1, 1)
    with any_store.read() as conn:
        (other,) = accepted_at(conn, 1, 2)
        (row,) = iter_candidates(conn, Include.ANNOTATED)
    assert other.tool_calls[0].name == "paint.order"
    (said,) = row.said
    assert (said.annotator, said.annotation.outcome) == ("RoTBench", Outcome.ACCEPT)


SHARED = next(
    (p / "shared/data" for p in Path(__file__).parents if (p / "shared/data").is_dir()), None
)


@pytest.mark.skipif(SHARED is None, reason="the public test data is not beside the project")
@pytest.mark.parametrize("name", ["who_and_when", "rotbench"])
def test_labels_of_real_rows_are_all_kept(store: Store, name: str) -> None:
    assert SHARED is not None
    folder = SHARED / name
    report = ingest(store, [folder])
    expected = {"who_and_when": (132, 132, 3), "rotbench": (180, 48, 0)}[name]
    assert counts(report) == expected
    assert counts(ingest(store, [folder])) == (0, 0, expected[2])
