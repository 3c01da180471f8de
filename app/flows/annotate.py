"""Annotate: hand out trajectories, take in acts, commit what they amount to.

A browser sends every act it has not seen acknowledged, as often as it needs to: delivery is
idempotent on (session, n). One delivery is one transaction, so an acknowledged act is on disk and
a failed delivery leaves nothing behind. What an op does is `app/flows/delivery.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.delivery import Delivery, Draft, Performed, draft_of
from app.flows.open_corrections import Kept, kept_of
from app.flows.ops import Op, OpResult, Undone
from curation.annotation import Annotation
from curation.checking import Finding
from curation.checklists import ChecklistItem
from curation.errors import AnnotationError
from curation.expansion.lineage import Lineage
from curation.simulated import SimulatedResult
from curation.trajectory import Trajectory
from curation.tries import StepTries, tries_by_step
from storage import corrections, findings, predictions, queues, tasks, trajectories
from storage.annotators import AnnotatorInfo, hold_annotator, take_turn
from storage.checklists import items_of as items_of_tools
from storage.datasets import dataset_id, items_of
from storage.engine import Store
from storage.expansions import lineage_of
from storage.queues import Progress

__all__ = [
    "LEASE",
    "MAX_OPS",
    "Claimed",
    "CorrectionOnScreen",
    "Draft",
    "Op",
    "OpResult",
    "Opened",
    "Performed",
    "Undone",
    "claim_next",
    "draft_of",
    "open_trajectory",
    "perform",
    "progress_of",
    "renew",
]

LEASE = timedelta(minutes=15)
"""How long a claim is kept without a sign of life; every act renews it."""

MAX_OPS = 2_000
"""Ops in one delivery; an outbox that grew larger is sent in parts."""


class CorrectionOnScreen(Struct, frozen=True):
    """The correction that goes with an annotation."""

    uid: str
    author: str
    reason: str
    trajectory: Trajectory
    attested: tuple[int, ...] = ()
    """Message indexes of it that the author says are still true."""
    simulated: tuple[SimulatedResult, ...] = ()
    """Results of it that a model proposed."""


class Opened(Struct, frozen=True):
    """A trajectory as one annotator sees it."""

    uid: str
    trajectory: Trajectory
    state: str
    findings: tuple[Finding, ...]
    draft: Draft
    dataset: str
    source_id: str
    source: dict[str, Any]
    parent_uid: str | None = None
    lineage: Lineage | None = None
    """The error that it was grown from."""
    correction: CorrectionOnScreen | None = None
    tries: dict[int, StepTries] = {}
    checklists: dict[str, list[ChecklistItem]] = {}
    """Of the tools that are called, by name."""
    """Message index -> other answers for that step."""
    kept: Kept = Kept()
    """A correction that this annotator has open and not saved yet."""


class Claimed(Struct, frozen=True):
    """A trajectory handed to an annotator."""

    opened: Opened
    leased_until: datetime


# --- handing out ---------------------------------------------------------------------------------


def claim_next(
    store: Store,
    annotator: AnnotatorInfo,
    dataset: str | None,
    exclude: Sequence[str] = (),
    *,
    lease: timedelta = LEASE,
) -> Claimed | None:
    """The next trajectory for this annotator; None when nothing is left for them.

    What they already hold comes first, then the first free slot by the queue's order; without a
    dataset the queues are tried one after the other.

    Args:
        exclude: uids not to hand out (what the browser has already fetched).

    Raises:
        NotFound: no such dataset.
    """
    now = datetime.now(UTC)
    until = now + lease
    with store.write() as conn:
        hold_annotator(conn, annotator.id)
        wanted = None if dataset is None else dataset_id(conn, dataset)
        task = tasks.resume(
            conn, annotator_id=annotator.id, dataset_id=wanted, exclude=exclude, until=until
        )
        numbers = [q.dataset_id for q in queues.list_queues(conn)] if wanted is None else [wanted]
        for number in numbers:
            if task is not None:
                break
            task = tasks.claim(
                conn, annotator_id=annotator.id, dataset_id=number, now=now, until=until
            )
    if task is None:
        return None
    with store.read() as conn:
        stored = trajectories.load_by_id(conn, task.trajectory_id)
        return Claimed(_open(conn, stored, annotator.id, task.dataset_id), until)


def progress_of(store: Store, dataset: str | None) -> Progress:
    """How far one queue is, or all of them together."""
    with store.read() as conn:
        return queues.progress(conn, None if dataset is None else dataset_id(conn, dataset))


def open_trajectory(store: Store, uid: str, annotator: AnnotatorInfo) -> Opened:
    """A trajectory as this annotator sees it, without claiming it.

    Raises:
        NotFound: no such trajectory.
    """
    with store.read() as conn:
        return _open(conn, trajectories.load(conn, uid), annotator.id, None)


def renew(
    store: Store, annotator: AnnotatorInfo, uids: Sequence[str], *, lease: timedelta = LEASE
) -> list[str]:
    """Extend the annotator's leases; returns those of the uids that they (still) hold."""
    with store.write() as conn:
        take_turn(conn)
        until = datetime.now(UTC) + lease
        return [
            uid for uid in uids if tasks.renew(conn, annotator.id, tasks.ids_of(conn, [uid]), until)
        ]


def _open(
    conn: Connection,
    stored: trajectories.StoredTrajectory,
    annotator_id: int,
    from_dataset: int | None,
) -> Opened:
    draft = draft_of(conn, stored.id, annotator_id)
    number = from_dataset or tasks.dataset_at_work(conn, annotator_id, stored.id)
    name = None if number is None else queues.dataset_name(conn, number)
    items = items_of(conn, stored.id)
    item = next((i for i in items if i.dataset == name), items[0] if items else None)
    answered = predictions.predictions_of(conn, stored.id)
    return Opened(
        uid=stored.uid,
        trajectory=stored.trajectory,
        state=stored.state,
        findings=tuple(findings.findings_of(conn, stored.id)),
        draft=draft,
        dataset=item.dataset if item else "",
        source_id=item.source_id if item else "",
        source=item.source if item else {},
        parent_uid=stored.parent_uid,
        lineage=lineage_of(conn, stored.id),
        correction=shown_correction(conn, stored.id, draft.annotation, annotator_id),
        checklists=items_of_tools(conn, {call.name for _, _, call in stored.trajectory.calls()}),
        tries=tries_by_step(
            stored.trajectory.messages, ((one.message_index, one.answer) for one in answered)
        ),
        kept=kept_of(conn, stored.id, annotator_id),
    )


def shown_correction(
    conn: Connection, parent_id: int, annotation: Annotation, annotator_id: int
) -> CorrectionOnScreen | None:
    """The correction an annotation carries, with author and reason; None when it has none."""
    if annotation.correction_uid is None:
        return None
    stored = trajectories.load(conn, annotation.correction_uid)
    proposed = corrections.find_correction(conn, parent_id, stored.id, annotator_id)
    return CorrectionOnScreen(
        uid=stored.uid,
        author=proposed.author if proposed else "",
        reason=proposed.reason if proposed else "",
        trajectory=stored.trajectory,
        attested=proposed.attested if proposed else (),
        simulated=proposed.simulated if proposed else (),
    )


# --- taking in -----------------------------------------------------------------------------------


def perform(
    store: Store,
    annotator: AnnotatorInfo,
    session_id: str,
    ops: Sequence[Op],
    *,
    lease: timedelta = LEASE,
) -> Performed:
    """Perform ops in the order of their numbers, in one transaction; repeats change nothing.

    Raises:
        AnnotationError: the session is another annotator's, or the delivery is too large.
    """
    if len(ops) > MAX_OPS:
        raise AnnotationError(
            f"{len(ops)} ops are too many for one delivery.",
            where="acts",
            hint=f"Send at most {MAX_OPS} at once.",
        )
    with store.write() as conn:
        take_turn(conn)
        hold_annotator(conn, annotator.id)
        delivery = Delivery(conn, annotator, session_id, datetime.now(UTC), lease)
        return delivery.take(sorted(ops, key=lambda op: op.n))
