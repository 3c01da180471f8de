"""Bulk actions: one act on everything a filter finds, in chunks, each chunk its own transaction.

A lead who accepts or rejects in bulk rules on the outcome and keeps what annotators said beside it:
their corrections and marks go into the decision. Where annotators contradict each other the case is
left for a person, and what another person decided is never overruled or withdrawn. What is
already as wanted is left alone, so an interrupted run can simply be started again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.deciding import record_decision, record_withdrawal
from app.flows.identity import annotator_named
from app.flows.queue import add_slots, configure
from app.flows.running import Run
from curation.adjudication import Said, differences, merge
from curation.annotation import Annotation, Outcome
from curation.errors import SettingsError
from storage import browse, queues
from storage.annotations import standing_among
from storage.annotators import AnnotatorInfo, take_turn, tidy_name
from storage.browse import Filter
from storage.datasets import dataset_id
from storage.decisions import DecisionInfo, decisions_in_force
from storage.engine import Store

CHUNK = 100
"""Trajectories per transaction."""


class Action(StrEnum):
    """What can be done with all that was found."""

    QUEUE = "queue"
    ACCEPT = "accept"
    REJECT = "reject"
    WITHDRAW = "withdraw"


OUTCOMES = {Action.ACCEPT: Outcome.ACCEPT, Action.REJECT: Outcome.REJECT}


class BulkReport(Struct, frozen=True):
    """What a bulk action did, or would do."""

    found: int
    changed: int
    left_alone: int
    """Already as wanted, or left for one of the reasons below."""
    adopted: int = 0
    """Changed: decided with what annotators said, their corrections and marks."""
    overruled: int = 0
    """Adopted although they had said the opposite outcome."""
    disputed: int = 0
    """Left alone: annotators contradict each other, so a person has to decide."""
    by_person: int = 0
    """Left alone: a person decided otherwise; a withdrawal leaves what another person decided."""


class _Course(Struct, frozen=True):
    """What becomes of one trajectory."""

    trajectory_id: int
    changes: bool = False
    adopted: Annotation | None = None
    """What the decision takes over from annotators; None when nobody said anything."""
    disputed: bool = False
    by_person: bool = False


def bulk(
    store: Store,
    wanted: Filter,
    action: Action,
    *,
    by: str,
    note: str = "",
    run: Run | None = None,
) -> BulkReport:
    """Do `action` with every trajectory that `wanted` finds, signed by annotator `by`.

    The ids are read once before the first change, because the action changes what the filter
    finds (accepting everything undecided empties "undecided").

    Raises:
        SettingsError: queueing without a dataset in the filter.
        Cancelled: the user stopped it; finished chunks stay.
    """
    run = run or Run()
    if action is Action.QUEUE and wanted.dataset is None:
        raise SettingsError(
            "A queue belongs to one dataset.", where="bulk", hint="Filter by dataset first."
        )
    person = annotator_named(store, by)
    with store.read() as conn:
        ids = [i for chunk in browse.iter_ids(conn, wanted, 10_000) for i in chunk]
    report = BulkReport(0, 0, 0)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with store.write() as conn:
            take_turn(conn)
            if action is Action.QUEUE:
                courses = _queue(conn, wanted.dataset or "", chunk)
            else:
                courses = list(_courses(conn, chunk, action, person.name))
                _follow(conn, courses, action, person, note)
        report = _counted(report, courses, action)
        run.report(report.found, len(ids), "trajectories")
        store.give_way()
    return report


def foresee(store: Store, wanted: Filter, action: Action, *, by: str) -> BulkReport:
    """What `bulk` would report of accepting, rejecting or withdrawing now; nothing is changed."""
    report = BulkReport(0, 0, 0)
    with store.read() as conn:
        for ids in browse.iter_ids(conn, wanted, 1_000):
            report = _counted(report, list(_courses(conn, ids, action, tidy_name(by))), action)
    return report


def _counted(before: BulkReport, courses: Sequence[_Course], action: Action) -> BulkReport:
    """The report with these trajectories added."""
    changed = sum(c.changes for c in courses)
    adopted = [c.adopted.outcome for c in courses if c.adopted is not None]
    opposite = {Action.ACCEPT: Outcome.REJECT, Action.REJECT: Outcome.ACCEPT}.get(action)
    return BulkReport(
        found=before.found + len(courses),
        changed=before.changed + changed,
        left_alone=before.left_alone + len(courses) - changed,
        adopted=before.adopted + len(adopted),
        overruled=before.overruled + sum(said is opposite for said in adopted),
        disputed=before.disputed + sum(c.disputed for c in courses),
        by_person=before.by_person + sum(c.by_person for c in courses),
    )


def _courses(conn: Connection, ids: Sequence[int], action: Action, by: str) -> Iterator[_Course]:
    """What the action makes of each of these trajectories, as they are now."""
    in_force = decisions_in_force(conn, ids)
    if action is Action.WITHDRAW:
        for i in ids:
            yield _withdrawing(i, in_force.get(i), by)
        return
    standing = standing_among(conn, ids)
    for i in ids:
        said = [Said(one.annotator, one.annotation) for one in standing.get(i, ())]
        yield _deciding(i, OUTCOMES[action], in_force.get(i), said)


def _withdrawing(trajectory_id: int, stands: DecisionInfo | None, by: str) -> _Course:
    """A rule's decision and one's own are taken back, another person's is theirs."""
    others = stands is not None and stands.decided_by not in (None, by)
    return _Course(trajectory_id, changes=stands is not None and not others, by_person=others)


def _deciding(
    trajectory_id: int, outcome: Outcome, stands: DecisionInfo | None, said: Sequence[Said]
) -> _Course:
    if stands is not None and stands.outcome is outcome:
        return _Course(trajectory_id)
    if stands is not None and stands.decided_by is not None:
        return _Course(trajectory_id, by_person=True)
    if differences(said).is_dispute:
        return _Course(trajectory_id, disputed=True)
    return _Course(trajectory_id, changes=True, adopted=merge(said) if said else None)


def _follow(
    conn: Connection, courses: Iterable[_Course], action: Action, person: AnnotatorInfo, note: str
) -> None:
    for course in courses:
        if not course.changes:
            continue
        if action is Action.WITHDRAW:
            record_withdrawal(conn, course.trajectory_id, by=person, note=note)
            continue
        outcome = OUTCOMES[action]
        record_decision(
            conn,
            course.trajectory_id,
            outcome=outcome,
            adopted=course.adopted or Annotation(outcome=outcome),
            by=person,
            note=note,
        )


def _queue(conn: Connection, dataset: str, ids: Sequence[int]) -> list[_Course]:
    """Add slots under the queue's settings; a dataset without a queue gets one."""
    queue = configure(conn, dataset_id(conn, dataset))
    added = set(add_slots(conn, queue, queues.candidates_among(conn, ids)))
    return [_Course(i, changes=i in added) for i in ids]
