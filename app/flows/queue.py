"""Queue: which trajectories wait for annotators, in which order, and who gives them back.

Filling is idempotent: again with other settings it adds what is missing, re-orders what still
waits and drops spare waiting slots; what was claimed or done stays. It writes in chunks, so that
annotators' saves slip between.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from app.flows.running import Run
from app.flows.settling import settle_states
from curation.errors import StoreError
from curation.queueing import Policy, rank
from storage import queues, tasks
from storage.annotators import AnnotatorInfo, take_turn
from storage.datasets import dataset_id
from storage.engine import Store
from storage.queues import Progress

CHUNK = 2_000
"""Trajectories queued per transaction."""

MAX_OVERLAP = 20
"""More annotators than this for one trajectory is a typing error."""


class QueueInfo(Struct, frozen=True):
    """One queue and how far it is, in slots."""

    dataset: str
    policy: Policy
    seed: int
    overlap: int
    decide_alone: bool
    waiting: int
    claimed: int
    done: int
    total: int


def fill_queue(
    store: Store,
    dataset: str,
    *,
    policy: Policy | str = Policy.SUSPICIOUS,
    seed: int = 0,
    overlap: int = 1,
    decide_alone: bool = True,
    only_suspicious: bool = False,
    run: Run | None = None,
) -> int:
    """Queue the dataset's trajectories that have no decision; returns the number of slots added.

    Args:
        overlap: annotators per trajectory.
        decide_alone: let a rule decide where all annotators agree (with overlap 1: where the one
            annotator accepts or rejects); otherwise a person rules on every trajectory.
        only_suspicious: leave out what no check found anything in.

    Raises:
        NotFound: no such dataset.
        StoreError: an unknown policy, or an overlap out of range.
    """
    run = run or Run()
    policy = _known(policy)
    if not 1 <= overlap <= MAX_OVERLAP:
        raise StoreError(
            f"An overlap of {overlap} is not possible.",
            where="queue",
            hint=f"Ask 1 to {MAX_OVERLAP} annotators for each trajectory.",
        )
    with store.write() as conn:
        take_turn(conn)
        number = dataset_id(conn, dataset)
        queues.put_queue(
            conn,
            number,
            policy=policy.value,
            seed=seed,
            overlap=overlap,
            decide_alone=decide_alone,
        )
        settle_states(conn, queues.drop_spare_slots(conn, number, overlap))
        queues.recount(conn, number)
    added, after, done = 0, 0, 0
    while True:
        with store.write() as conn:
            take_turn(conn)
            chunk = queues.candidates(
                conn, number, after_id=after, limit=CHUNK, only_suspicious=only_suspicious
            )
            ranked = [
                (
                    c.trajectory_id,
                    rank(
                        policy,
                        suspicion=c.suspicion,
                        position=c.trajectory_id,
                        uid=c.uid,
                        seed=seed,
                    ),
                )
                for c in chunk
            ]
            added += queues.put_tasks(conn, number, ranked, overlap)
            if len(chunk) < CHUNK:
                queues.recount(conn, number)
        done += len(chunk)
        run.report(done, unit="trajectories")
        if len(chunk) < CHUNK:
            return added
        after = chunk[-1].trajectory_id


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
