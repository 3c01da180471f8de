"""What is in the store, read out for the command line: one trajectory, counts, streams of rows."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from curation.annotation import Annotation
from curation.checking import Finding, Severity
from curation.expansion.lineage import Lineage
from curation.marks import Mark
from curation.steps import pair_results
from curation.trajectory import Anchor, Trajectory, quoted
from storage import charts
from storage.annotations import iter_standing, standing_annotations
from storage.charts import Bar
from storage.corrections import CorrectionInfo, corrections_of
from storage.datasets import DatasetInfo, ItemInfo, dataset_id, items_of, list_datasets
from storage.decisions import DecisionInfo, latest_decision
from storage.engine import Store
from storage.expansions import grown_from, lineage_of
from storage.findings import findings_of, iter_findings
from storage.matches import VerificationCounts, verification_counts
from storage.passes import PassLine, iter_pass_lines
from storage.trajectories import load
from storage.verdicts import VerdictLine, iter_verdict_lines

SHOWN_CHARACTERS = 2_000
"""Longest text of one message in the readable form; what is left out is said."""


class FindingLine(Struct, frozen=True):
    """A finding as a line of `loopwright findings`."""

    dataset: str
    uid: str
    source_id: str
    check: str
    severity: Severity
    message_index: int | None
    call_index: int | None
    pointer: str | None
    message: str


class AnnotationLine(Struct, frozen=True):
    """A standing annotation as a line of `loopwright annotations`."""

    datasets: list[str]
    uid: str
    source_ids: list[str]
    annotator: str
    annotator_kind: str
    revision: int
    created_at: str
    """ISO 8601, UTC."""
    annotation: Annotation


class Shown(Struct, frozen=True):
    """A trajectory with everything said of it."""

    uid: str
    parent_uid: str | None
    state: str
    outcome: str | None
    items: list[ItemInfo]
    trajectory: Trajectory
    findings: list[Finding]
    annotations: list[AnnotationLine]
    corrections: list[CorrectionInfo]
    decision: DecisionInfo | None
    lineage: Lineage | None = None
    """The error that it was grown from."""
    grown: list[str] = []
    """uids of the samples that were grown from errors of it."""


class Statistics(Struct, frozen=True):
    """How much there is and how far it got."""

    datasets: list[DatasetInfo]
    funnel: list[Bar]
    findings_by_check: list[Bar]
    marks_by_category: list[Bar]
    verification: VerificationCounts
    """Of predictions."""


def finding_lines(
    store: Store, dataset: str | None = None, severity: Severity | None = None
) -> Iterator[FindingLine]:
    """Every finding, streamed in one snapshot.

    Raises:
        NotFound: there is no such dataset.
    """
    with store.read() as conn:
        if dataset is not None:
            dataset_id(conn, dataset)
        for row in iter_findings(conn, dataset, severity):
            found, anchor = row.finding, row.finding.anchor
            yield FindingLine(
                row.dataset,
                row.uid,
                row.source_id,
                found.check,
                found.severity,
                anchor.message_index,
                anchor.call_index,
                anchor.pointer,
                found.message,
            )


def pass_lines(
    store: Store, dataset: str | None = None, rubric: str | None = None
) -> Iterator[PassLine]:
    """What passes of judges say of every place, streamed in one snapshot.

    Raises:
        NotFound: there is no such dataset.
    """
    with store.read() as conn:
        if dataset is not None:
            dataset_id(conn, dataset)
        yield from iter_pass_lines(conn, dataset, rubric)


def annotation_lines(store: Store, dataset: str | None = None) -> Iterator[AnnotationLine]:
    """Every annotation that stands, oldest first.

    Raises:
        NotFound: there is no such dataset.
    """
    with store.read() as conn:
        wanted = dataset_id(conn, dataset) if dataset is not None else None
        for said in iter_standing(conn, wanted):
            items = items_of(conn, said.trajectory_id)
            yield AnnotationLine(
                [i.dataset for i in items],
                said.uid,
                [i.source_id for i in items],
                said.annotator,
                said.annotator_kind,
                said.revision,
                said.created_at.isoformat(),
                said.annotation,
            )


def show(store: Store, uid: str) -> Shown:
    """One trajectory.

    Raises:
        NotFound: there is none of that uid.
    """
    with store.read() as conn:
        stored = load(conn, uid)
        items = items_of(conn, stored.id)
        said = [
            AnnotationLine(
                [i.dataset for i in items],
                uid,
                [i.source_id for i in items],
                a.annotator,
                a.annotator_kind,
                a.revision,
                a.created_at.isoformat(),
                a.annotation,
            )
            for a in standing_annotations(conn, stored.id)
        ]
        return Shown(
            uid=stored.uid,
            parent_uid=stored.parent_uid,
            state=stored.state,
            outcome=stored.outcome,
            items=items,
            trajectory=stored.trajectory,
            findings=findings_of(conn, stored.id),
            annotations=said,
            corrections=corrections_of(conn, stored.id),
            decision=latest_decision(conn, stored.id),
            lineage=lineage_of(conn, stored.id),
            grown=grown_from(conn, stored.id),
        )


def statistics(
    store: Store, dataset: str | None = None, *, mastered_by: str = "strict"
) -> Statistics:
    """Counts of all, or of one dataset, in one snapshot.

    Args:
        mastered_by: the matcher whose match counts as mastery.

    Raises:
        NotFound: there is no such dataset.
    """
    with store.read() as conn:
        number = None if dataset is None else dataset_id(conn, dataset)
        return Statistics(
            [d for d in list_datasets(conn) if dataset in (None, d.name)],
            charts.funnel(conn, dataset),
            charts.findings_by_check(conn, dataset),
            charts.marks_by_category(conn, dataset),
            verification_counts(conn, number, mastered_by),
        )


def verdict_lines(store: Store, dataset: str | None = None) -> Iterator[VerdictLine]:
    """Every verdict in force, and what was judged without one, streamed in one snapshot.

    Raises:
        NotFound: there is no such dataset.
    """
    with store.read() as conn:
        yield from iter_verdict_lines(conn, None if dataset is None else dataset_id(conn, dataset))


def as_text(shown: Shown) -> str:
    """A trajectory as text for a terminal; long messages are cut and say so."""
    places = ", ".join(f"{i.dataset} ({i.source_id})" for i in shown.items) or "no dataset"
    lines = [f"{shown.uid}  in {places}  state {shown.state}, outcome {shown.outcome or 'none'}"]
    if shown.parent_uid:
        lines.append(f"a correction of {shown.parent_uid}")
    if shown.lineage:
        lines.append(
            f"expanded from message {shown.lineage.message_index} of {shown.lineage.parent_uid} "
            f"by {shown.lineage.model}, {shown.lineage.directive}"
        )
    lines.extend(f"expanded to {uid}" for uid in shown.grown)
    names = ", ".join(tool.name for tool in shown.trajectory.tools)
    lines.append(f"tools: {names or 'none'}")
    results = pair_results(shown.trajectory.messages).results
    answers = {result: place for place, result in results.items()}
    step = 0
    for index, message in enumerate(shown.trajectory.messages):
        if message.role == "assistant":
            step += 1
        heading = f"[{index}] {message.role}"
        if message.role == "assistant":
            heading += f", step {step}"
        if index in answers:
            heading += f", result of call {answers[index][1]} in [{answers[index][0]}]"
        lines.extend(["", heading, *_indented(message.text)])
        for call_index, call in enumerate(message.tool_calls):
            lines.append(
                f"    call {call_index}: {_shortened(f'{call.name} {call.raw_arguments}')}"
            )
        lines.extend(
            f"    ! {f.severity}: {f.message} {f.hint}".rstrip()
            for f in shown.findings
            if f.anchor.message_index == index
        )
    lines.extend(
        f"! {f.severity}: {f.message}" for f in shown.findings if f.anchor.message_index is None
    )
    for line in shown.annotations:
        lines.append(f"{line.annotator} said {line.annotation.outcome or 'nothing decisive'}")
        lines.extend(f"    {_marked(m, shown.trajectory)}" for m in line.annotation.marks)
        lines.extend(
            f"    message {i} {', '.join(labels)}" for i, labels in line.annotation.recovery.items()
        )
    return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in _shortened(text).splitlines()]


def _shortened(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]} … ({len(text) - SHOWN_CHARACTERS:,} characters more)"


def _marked(mark: Mark, trajectory: Trajectory) -> str:
    words = quoted(trajectory.messages, mark.anchor)
    asked = mark.expected_clarification
    return " · ".join(
        part
        for part in (
            f"{mark.category} {_place(mark.anchor)}",
            f"in the {mark.anchor.field}: {_shortened(words)!r}" if words else "",
            "root cause" if mark.root_cause else "",
            "follows from another mark" if mark.caused_by else "",
            "" if mark.train else "do not learn",
            f"should have asked: {_shortened(asked)}" if asked else "",
        )
        if part
    )


def _place(anchor: Anchor) -> str:
    parts = [
        f"message {anchor.message_index}" if anchor.message_index is not None else "",
        f"call {anchor.call_index}" if anchor.call_index is not None else "",
        anchor.pointer or "",
    ]
    return " ".join(part for part in parts if part) or "the whole"
