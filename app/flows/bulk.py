"""Bulk actions: one act on everything a filter finds, in chunks, each chunk its own transaction.

A person's standing decision is never overruled in bulk, and what is already as wanted is left
alone, so an interrupted run can simply be started again.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.identity import annotator_named
from app.flows.queue import add_slots, configure
from app.flows.running import Run
from app.flows.settling import settle_state
from curation.annotation import Annotation, Outcome
from curation.errors import SettingsError
from storage import browse, decisions, queues
from storage.annotators import AnnotatorInfo
from storage.browse import Filter
from storage.datasets import dataset_id
from storage.engine import Store

CHUNK = 500


class Action(StrEnum):
    """What can be done with all that was found."""

    QUEUE = "queue"
    ACCEPT = "accept"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class BulkReport(Struct, frozen=True):
    """What a bulk action did."""

    found: int
    changed: int
    left_alone: int
    """Already as wanted, or decided by a person."""


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
    changed = 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with store.write() as conn:
            changed += _act(conn, wanted, action, chunk, person, note)
        run.report(start + len(chunk), len(ids), "trajectories")
    return BulkReport(len(ids), changed, len(ids) - changed)


def _act(
    conn: Connection,
    wanted: Filter,
    action: Action,
    ids: list[int],
    person: AnnotatorInfo,
    note: str,
) -> int:
    match action:
        case Action.QUEUE:
            return _queue(conn, wanted.dataset or "", ids)
        case Action.ACCEPT:
            return sum(_decide(conn, i, Outcome.ACCEPT, person, note) for i in ids)
        case Action.REJECT:
            return sum(_decide(conn, i, Outcome.REJECT, person, note) for i in ids)
        case Action.WITHDRAW:
            return sum(_withdraw(conn, i, person, note) for i in ids)


def _queue(conn: Connection, dataset: str, ids: list[int]) -> int:
    """Add slots under the queue's settings; a dataset without a queue gets one."""
    queue = configure(conn, dataset_id(conn, dataset))
    return len(set(add_slots(conn, queue, queues.candidates_among(conn, ids))))


def _decide(
    conn: Connection, trajectory_id: int, outcome: Outcome, person: AnnotatorInfo, note: str
) -> int:
    latest = decisions.latest_decision(conn, trajectory_id)
    stands = latest is not None and latest.outcome is not None
    if stands and latest is not None and (latest.decided_by or latest.outcome is outcome):
        return 0
    decisions.append_decision(
        conn,
        trajectory_id=trajectory_id,
        outcome=outcome,
        result_id=trajectory_id,
        adopted=Annotation(outcome=outcome),
        decided_by=person.id,
        rule="",
        note=note,
    )
    settle_state(conn, trajectory_id)
    return 1


def _withdraw(conn: Connection, trajectory_id: int, person: AnnotatorInfo, note: str) -> int:
    latest = decisions.latest_decision(conn, trajectory_id)
    if latest is None or latest.outcome is None:
        return 0
    decisions.append_decision(
        conn,
        trajectory_id=trajectory_id,
        outcome=None,
        result_id=None,
        adopted=Annotation(),
        decided_by=person.id,
        rule="",
        note=note,
    )
    settle_state(conn, trajectory_id)
    return 1
