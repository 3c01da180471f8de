"""Adjudicate: what differs between annotators, side by side, and a person's decision.

Decisions are appended; the latest counts, and a withdrawal is a decision too. A person's decision
is based on a case as it was shown: when somebody said something meanwhile, it is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.deciding import record_decision, record_withdrawal
from curation.adjudication import Differences, Said, differences
from curation.annotation import Annotation, Outcome
from curation.checking import Finding
from curation.diffing import MessageChange, diff_trajectories
from curation.errors import AnnotationError, NotFound, StoreError
from curation.queueing import State
from curation.simulated import SimulatedResult
from curation.trajectory import Trajectory
from curation.tries import StepTries, tries_by_step
from storage import decisions, trajectories
from storage.annotations import CommittedAnnotation, standing_annotations
from storage.annotators import AnnotatorInfo, take_turn
from storage.corrections import CorrectionInfo, corrections_of
from storage.datasets import dataset_id, items_of
from storage.decisions import CaseRow, DecisionInfo
from storage.engine import Store
from storage.findings import findings_of
from storage.predictions import predictions_of
from storage.trajectories import StoredTrajectory

__all__ = [
    "Case",
    "CaseAnnotation",
    "CaseRow",
    "CorrectionsApart",
    "Decided",
    "ProposedCorrection",
    "count_cases",
    "decide",
    "load_case",
    "open_cases",
    "withdraw",
]


class ProposedCorrection(Struct, frozen=True):
    """A correction somebody proposed, with its diff against the trajectory."""

    uid: str
    author: str
    reason: str
    trajectory: Trajectory
    changes: tuple[MessageChange, ...]
    simulated: tuple[SimulatedResult, ...] = ()
    """Results of it that a model proposed."""


class CaseAnnotation(Struct, frozen=True):
    """What one annotator says in a case."""

    annotator: str
    revision: int
    annotation: Annotation
    created_at: datetime
    correction: ProposedCorrection | None = None


class CorrectionsApart(Struct, frozen=True):
    """In what the corrections of two annotators are not the same, call by matched call."""

    one: str
    other: str
    """Names of the annotators."""
    changes: tuple[MessageChange, ...]
    """From the one's to the other's."""


class Case(Struct, frozen=True):
    """Everything a person needs to decide on one trajectory."""

    uid: str
    trajectory: Trajectory
    state: State
    outcome: Outcome | None
    dataset: str
    source_id: str
    source: dict[str, Any]
    findings: tuple[Finding, ...]
    annotations: tuple[CaseAnnotation, ...]
    differences: Differences
    corrections: tuple[ProposedCorrection, ...]
    """Every correction proposed, also those no standing annotation carries."""
    apart: tuple[CorrectionsApart, ...]
    """For every two standing annotations with different corrections."""
    tries: dict[int, StepTries]
    """Message index -> other answers for that step."""
    decision: DecisionInfo | None
    """The decision that stands; None when there is none or it was withdrawn."""
    history: tuple[DecisionInfo, ...]
    """Every decision and withdrawal, the latest first."""
    fingerprint: str
    """Changes when anybody says something about the trajectory; `decide` and `withdraw` ask for
    it."""


class Decided(Struct, frozen=True):
    """The answer to a decision or a withdrawal."""

    uid: str
    state: State
    decision: DecisionInfo | None


def open_cases(
    store: Store, dataset: str | None = None, after_id: int | None = None, limit: int = 50
) -> list[CaseRow]:
    """Disputed and undecided annotated trajectories after `after_id`, in the order of import.

    Raises:
        NotFound: no such dataset.
    """
    with store.read() as conn:
        number = None if dataset is None else dataset_id(conn, dataset)
        return decisions.list_cases(
            conn, dataset_id=number, after_id=after_id or 0, limit=min(limit, 500)
        )


def count_cases(store: Store, dataset: str | None = None) -> int:
    """How many cases are open, counted up to 10,000."""
    with store.read() as conn:
        return decisions.count_cases(conn, None if dataset is None else dataset_id(conn, dataset))


def load_case(store: Store, uid: str) -> Case:
    """The case of one trajectory, whatever its state.

    Raises:
        NotFound: no such trajectory.
    """
    with store.read() as conn:
        return _case(conn, trajectories.load(conn, uid))


def _case(conn: Connection, stored: StoredTrajectory) -> Case:
    standing = standing_annotations(conn, stored.id)
    proposals = [_proposal(conn, stored, c) for c in corrections_of(conn, stored.id)]
    by_author = {(p.author, p.uid): p for p in proposals}
    history = decisions.decisions_of(conn, stored.id)
    items = items_of(conn, stored.id)
    annotations = tuple(
        CaseAnnotation(
            annotator=one.annotator,
            revision=one.revision,
            annotation=one.annotation,
            created_at=one.created_at,
            correction=by_author.get((one.annotator, one.annotation.correction_uid or "")),
        )
        for one in standing
    )
    return Case(
        uid=stored.uid,
        trajectory=stored.trajectory,
        state=State(stored.state),
        outcome=Outcome(stored.outcome) if stored.outcome else None,
        dataset=items[0].dataset if items else "",
        source_id=items[0].source_id if items else "",
        source=items[0].source if items else {},
        findings=tuple(findings_of(conn, stored.id)),
        annotations=annotations,
        differences=differences([Said(one.annotator, one.annotation) for one in standing]),
        corrections=tuple(proposals),
        apart=tuple(_apart(annotations)),
        tries=tries_by_step(
            stored.trajectory.messages,
            ((one.message_index, one.answer) for one in predictions_of(conn, stored.id)),
        ),
        decision=history[0] if history and history[0].outcome is not None else None,
        history=tuple(history),
        fingerprint=_fingerprint(standing, history),
    )


def _proposal(
    conn: Connection, parent: StoredTrajectory, proposed: CorrectionInfo
) -> ProposedCorrection:
    corrected = trajectories.load_by_id(conn, proposed.trajectory_id).trajectory
    return ProposedCorrection(
        uid=proposed.uid,
        author=proposed.author,
        reason=proposed.reason,
        trajectory=corrected,
        changes=tuple(diff_trajectories(parent.trajectory, corrected)),
        simulated=proposed.simulated,
    )


def _apart(annotations: Sequence[CaseAnnotation]) -> Iterator[CorrectionsApart]:
    for one, other in combinations(annotations, 2):
        mine, theirs = one.correction, other.correction
        if mine is not None and theirs is not None and mine.uid != theirs.uid:
            changes = diff_trajectories(mine.trajectory, theirs.trajectory)
            yield CorrectionsApart(one.annotator, other.annotator, tuple(changes))


def _fingerprint(standing: list[CommittedAnnotation], history: list[DecisionInfo]) -> str:
    """Of the ids of what stands: rows are never changed, so ids say everything."""
    said = ",".join(str(one.id) for one in standing)
    decided = str(history[0].id) if history else ""
    return hashlib.sha256(f"{said};{decided}".encode()).hexdigest()[:16]


def decide(
    store: Store,
    uid: str,
    *,
    decided_by: AnnotatorInfo,
    outcome: Outcome | str,
    result_uid: str | None = None,
    adopt_annotator: str | None = None,
    note: str = "",
    seen: str | None = None,
) -> Decided:
    """Append a person's decision.

    Args:
        outcome: accept or reject.
        result_uid: what export uses: the trajectory itself or a correction of it; None: the
            adopted annotation's correction, else the trajectory itself.
        adopt_annotator: whose verdicts and marks become those of the decision; None: nobody's.
        seen: `Case.fingerprint` of what the person looked at; None does not ask.

    Raises:
        NotFound: no such trajectory, or the adopted annotator said nothing.
        AnnotationError: the outcome is no decision, or the result is no version of the trajectory.
        StoreError: somebody said something since the case was shown.
    """
    outcome = _decidable(outcome)
    with store.write() as conn:
        take_turn(conn)
        parent_id = trajectories.id_of(conn, uid)
        standing = standing_annotations(conn, parent_id)
        _refuse_stale(conn, parent_id, standing, seen)
        adopted = _adopted(standing, adopt_annotator, outcome)
        state = record_decision(
            conn,
            parent_id,
            outcome=outcome,
            adopted=adopted,
            by=decided_by,
            note=note,
            result_id=None if result_uid is None else _version(conn, parent_id, uid, result_uid),
        )
        return Decided(uid, state, decisions.latest_decision(conn, parent_id))


def withdraw(
    store: Store, uid: str, by: AnnotatorInfo, note: str = "", *, seen: str | None = None
) -> Decided:
    """Take the standing decision back, by appending; then a person has to decide again.

    Args:
        seen: `Case.fingerprint` of what the person looked at; None does not ask.

    Raises:
        NotFound: no such trajectory.
        AnnotationError: no decision stands.
        StoreError: somebody said something since the case was shown.
    """
    with store.write() as conn:
        take_turn(conn)
        trajectory_id = trajectories.id_of(conn, uid)
        _refuse_stale(conn, trajectory_id, standing_annotations(conn, trajectory_id), seen)
        latest = decisions.latest_decision(conn, trajectory_id)
        if latest is None or latest.outcome is None:
            raise AnnotationError(
                "No decision stands that could be withdrawn.",
                where=uid,
                hint="Reload the page; somebody may have withdrawn it already.",
            )
        return Decided(uid, record_withdrawal(conn, trajectory_id, by=by, note=note), None)


def _decidable(outcome: Outcome | str) -> Outcome:
    try:
        known = Outcome(outcome)
    except ValueError:
        known = Outcome.UNSURE
    if known is Outcome.UNSURE:
        raise AnnotationError(
            f"{str(outcome)!r} is not a decision.",
            where="decide",
            hint="Decide accept or reject; leave the case open while you are unsure.",
        )
    return known


def _refuse_stale(
    conn: Connection, trajectory_id: int, standing: list[CommittedAnnotation], seen: str | None
) -> None:
    if seen is None:
        return
    if seen != _fingerprint(standing, decisions.decisions_of(conn, trajectory_id, limit=1)):
        raise StoreError(
            "Somebody annotated or decided this trajectory since you opened it.",
            where="decide",
            hint="Look at the case as it is now; then decide or withdraw.",
        )


def _adopted(
    standing: list[CommittedAnnotation], annotator: str | None, outcome: Outcome
) -> Annotation:
    if annotator is None:
        return Annotation(outcome=outcome)
    for one in standing:
        if one.annotator == annotator:
            return one.annotation
    raise NotFound(
        f"{annotator} has no committed annotation of this trajectory.",
        hint=f"There are those of: {', '.join(one.annotator for one in standing) or 'nobody'}.",
    )


def _version(conn: Connection, parent_id: int, uid: str, result_uid: str) -> int:
    """Id of the trajectory itself or of a correction of it."""
    if result_uid == uid:
        return parent_id
    for proposed in corrections_of(conn, parent_id):
        if proposed.uid == result_uid:
            return proposed.trajectory_id
    raise AnnotationError(
        f"{result_uid} is neither this trajectory nor a correction of it.",
        where="decide",
        hint="Choose one of the versions that the case shows.",
    )
