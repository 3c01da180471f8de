"""Queue: which trajectories wait for annotators, in which order, and who gives them back.

Filling is idempotent: again with other settings it adds what is missing, re-orders what still
waits, drops spare waiting slots and lets the new rule decide what it can; what was claimed, done or
decided stays. It writes in chunks, so that annotators' saves slip between; what an interrupted
filling left over, the next one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from app.flows.running import Run
from app.flows.settling import settle_states
from curation.errors import StoreError
from curation.queueing import Policy, rank
from storage import queues, tasks
from storage.annotators import AnnotatorInfo, take_turn
from storage.datasets import dataset_id
from storage.engine import Store
from storage.queues import Candidate, Progress, QueueSettings

CHUNK = 2_000
"""Trajectories queued per transaction."""

SETTLED = 100
"""Trajectories settled per transaction, each by a dozen statements."""

MAX_OVERLAP = 20
"""More annotators than this for one trajectory is a typing error."""


class QueueInfo(Struct, frozen=True):
    """One queue and how far it is, in slots."""

    dataset: str
    policy: Policy
    seed: int
    overlap: int
    decide_alone: bool
    only_suspicious: bool
    waiting: int
    claimed: int
    done: int
    total: int


def fill_queue(
    store: Store,
    dataset: str,
    *,
    policy: Policy | str | None = None,
    seed: int | None = None,
    overlap: int | None = None,
    decide_alone: bool | None = None,
    only_suspicious: bool | None = None,
    newer_than: int = 0,
    run: Run | None = None,
) -> int:
    """Queue the dataset's trajectories that have no decision; returns the number of slots added.

    What is not given stays as the queue has it (see `configure`).

    Args:
        overlap: annotators per trajectory.
        decide_alone: let a rule decide where all annotators agree (with overlap 1: where the one
            annotator accepts or rejects); otherwise a person rules on every trajectory.
        only_suspicious: leave out what no check found anything in.
        newer_than: add only what was imported since `last_import` said this.

    Raises:
        NotFound: no such dataset.
        StoreError: an unknown policy, or an overlap out of range.
        Cancelled: the user stopped it; finished chunks stay.
    """
    run = run or Run()
    with store.write() as conn:
        take_turn(conn)
        queue = configure(
            conn,
            dataset_id(conn, dataset),
            policy=policy,
            seed=seed,
            overlap=overlap,
            decide_alone=decide_alone,
            only_suspicious=only_suspicious,
        )
    _settle_under(store, queue, run)
    added, after, done = 0, newer_than, 0
    while True:
        with store.write() as conn:
            take_turn(conn)
            chunk = queues.candidates(
                conn,
                queue.dataset_id,
                after_id=after,
                limit=CHUNK,
                only_suspicious=queue.only_suspicious,
            )
            added += len(add_slots(conn, queue, chunk))
        done += len(chunk)
        run.report(done, unit="trajectories")
        if len(chunk) < CHUNK:
            return added
        after = chunk[-1].trajectory_id
        store.give_way()


def configure(
    conn: Connection,
    number: int,
    *,
    policy: Policy | str | None = None,
    seed: int | None = None,
    overlap: int | None = None,
    decide_alone: bool | None = None,
    only_suspicious: bool | None = None,
) -> QueueSettings:
    """Set how the dataset is handed out. None keeps what the queue has; a new one hands out
    everything, the most suspicious first, each to one annotator, who decides alone.

    Raises:
        StoreError: an unknown policy, or an overlap out of range.
    """
    if overlap is not None and not 1 <= overlap <= MAX_OVERLAP:
        raise StoreError(
            f"An overlap of {overlap} is not possible.",
            where="queue",
            hint=f"Ask 1 to {MAX_OVERLAP} annotators for each trajectory.",
        )
    given = {
        "policy": None if policy is None else _known(policy).value,
        "seed": seed,
        "overlap": overlap,
        "decide_alone": decide_alone,
        "only_suspicious": only_suspicious,
    }
    now = queues.find_queue(conn, number) or QueueSettings(
        number, queues.dataset_name(conn, number)
    )
    queue = replace(now, **{name: value for name, value in given.items() if value is not None})
    queues.put_queue(conn, queue)
    return queue


def last_import(store: Store, dataset: str) -> int:
    """What an import into a queued dataset comes after: for `fill_queue(newer_than=...)`.

    0 when there is no such dataset or it has no queue yet: then all of it is to be queued. New
    means new to the store: what another dataset held already waits, or was decided, there.
    """
    with store.read() as conn:
        return queues.last_member(conn, dataset)


def _settle_under(store: Store, queue: QueueSettings, run: Run) -> None:
    """Drop spare slots and let the rule decide what it can, a few trajectories at a time."""
    with store.read() as conn:
        ids = queues.unsettled(conn, queue)
    for start in range(0, len(ids), SETTLED):
        chunk = ids[start : start + SETTLED]
        with store.write() as conn:
            take_turn(conn)
            queues.drop_spare_slots(conn, queue, chunk)
            settle_states(conn, chunk)
        run.report(start + len(chunk), len(ids), "trajectories settled")
        store.give_way()


def add_slots(conn: Connection, queue: QueueSettings, candidates: Iterable[Candidate]) -> list[int]:
    """Give each candidate its slots, in the queue's order; the trajectory of each slot added."""
    ranked = [
        (
            one.trajectory_id,
            rank(
                Policy(queue.policy),
                suspicion=one.suspicion,
                position=one.trajectory_id,
                uid=one.uid,
                seed=queue.seed,
            ),
        )
        for one in candidates
    ]
    return queues.put_tasks(conn, queue.dataset_id, ranked, queue.overlap)


def _known(policy: Policy | str) -> Policy:
    try:
        return Policy(policy)
    except ValueError:
        raise StoreError(
            f"There is no queue policy {policy!r}.",
            where="queue",
            hint=f"There are: {', '.join(Policy)}.",
        ) from None


def queue_overview(store: Store) -> list[QueueInfo]:
    """Every queue with its progress, in the order in which the datasets were made."""
    with store.read() as conn:
        return [
            _info(queue, queues.progress(conn, queue.dataset_id))
            for queue in queues.list_queues(conn)
        ]


def _info(queue: queues.QueueSettings, progress: Progress) -> QueueInfo:
    return QueueInfo(
        dataset=queue.dataset,
        policy=Policy(queue.policy),
        seed=queue.seed,
        overlap=queue.overlap,
        decide_alone=queue.decide_alone,
        only_suspicious=queue.only_suspicious,
        waiting=progress.waiting,
        claimed=progress.claimed,
        done=progress.done,
        total=progress.total,
    )


def release(store: Store, annotator: AnnotatorInfo, uids: Sequence[str]) -> int:
    """Give the annotator's claims on these trajectories back to the queue; unknown uids are no
    claims. Returns the number of slots given back."""
    with store.write() as conn:
        take_turn(conn)
        return tasks.release(conn, annotator.id, tasks.ids_of(conn, uids))
