"""Queues: how a dataset's tasks are handed out, and the slots it has.

A queue is filled in batches; filling it again adds what is missing, re-orders what still waits and
never touches what was done. Claiming and finishing slots is `storage/tasks.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from storage.tables import (
    DatasetRow,
    ItemRow,
    QueueRow,
    TaskRow,
    TrajectoryRow,
    table_of,
)
from storage.tasks import CLAIMED, DONE, WAITING

task = table_of(TaskRow)
queue = table_of(QueueRow)
dataset = table_of(DatasetRow)
item = table_of(ItemRow)
trajectory = table_of(TrajectoryRow)


class Progress(Struct, frozen=True):
    """How far a queue is, in slots."""

    waiting: int = 0
    claimed: int = 0
    done: int = 0
    total: int = 0


class QueueSettings(Struct, frozen=True):
    """How a dataset's tasks are handed out; see `storage.tables.QueueRow`."""

    dataset_id: int
    dataset: str
    policy: str = "suspicious"
    seed: int = 0
    overlap: int = 1
    decide_alone: bool = True
    only_suspicious: bool = False


class Candidate(Struct, frozen=True):
    """A trajectory of a dataset that may be queued."""

    trajectory_id: int
    uid: str
    suspicion: float


def put_queue(conn: Connection, settings: QueueSettings) -> None:
    """Set how the dataset's tasks are handed out."""
    values = {
        "policy": settings.policy,
        "seed": settings.seed,
        "overlap": settings.overlap,
        "decide_alone": settings.decide_alone,
        "only_suspicious": settings.only_suspicious,
    }
    same = queue.c.dataset_id == settings.dataset_id
    if conn.execute(update(queue).where(same).values(**values)).rowcount == 0:
        row = {"dataset_id": settings.dataset_id, "n_tasks": 0, "n_done": 0, **values}
        conn.execute(insert(queue).values(**row))


def list_queues(conn: Connection) -> list[QueueSettings]:
    """Every queue, in the order of its dataset's id."""
    rows = conn.execute(_queue_columns.order_by(queue.c.dataset_id))
    return [QueueSettings(*row) for row in rows]


def find_queue(conn: Connection, dataset_id: int) -> QueueSettings | None:
    """The dataset's queue; None when it has none."""
    row = conn.execute(_queue_columns.where(queue.c.dataset_id == dataset_id)).one_or_none()
    return None if row is None else QueueSettings(*row)


def last_member(conn: Connection, dataset_name: str) -> int:
    """Highest trajectory id in a dataset that has a queue; 0 when it has none."""
    members = (
        select(func.max(item.c.trajectory_id))
        .join(queue, queue.c.dataset_id == item.c.dataset_id)
        .join(dataset, dataset.c.id == item.c.dataset_id)
        .where(dataset.c.name == dataset_name)
    )
    return conn.execute(members).scalar_one() or 0


def queues_of(conn: Connection, trajectory_id: int) -> list[QueueSettings]:
    """The queues that have a slot for the trajectory; when none has, those of its datasets."""
    asked = {"of_trajectory": trajectory_id}
    rows = conn.execute(_ASKING, asked).all() or conn.execute(_AROUND, asked).all()
    return [QueueSettings(*row) for row in rows]


def dataset_name(conn: Connection, dataset_id: int) -> str:
    """Name of the dataset with this id, which must exist."""
    return str(conn.execute(select(dataset.c.name).where(dataset.c.id == dataset_id)).scalar_one())


def candidates(
    conn: Connection, dataset_id: int, *, after_id: int, limit: int, only_suspicious: bool
) -> list[Candidate]:
    """Trajectories of the dataset without a decision, in the order of import, after `after_id`."""
    wanted = (
        select(trajectory.c.id, trajectory.c.uid, trajectory.c.suspicion)
        .join(item, item.c.trajectory_id == trajectory.c.id)
        .where(
            item.c.dataset_id == dataset_id,
            item.c.trajectory_id > after_id,
            trajectory.c.state != "decided",
        )
        .order_by(item.c.trajectory_id)
        .limit(limit)
    )
    if only_suspicious:
        wanted = wanted.where(trajectory.c.suspicion > 0)
    return [Candidate(*row) for row in conn.execute(wanted)]


def candidates_among(conn: Connection, trajectory_ids: Sequence[int]) -> list[Candidate]:
    """Those of these trajectories (1,000 at most) without a decision, in the order of import."""
    wanted = (
        select(trajectory.c.id, trajectory.c.uid, trajectory.c.suspicion)
        .where(trajectory.c.id.in_(trajectory_ids), trajectory.c.state != "decided")
        .order_by(trajectory.c.id)
    )
    return [Candidate(*row) for row in conn.execute(wanted)]


def put_tasks(
    conn: Connection, dataset_id: int, ranked: Sequence[tuple[int, float]], overlap: int
) -> list[int]:
    """Give every (trajectory_id, rank) `overlap` slots; the new rank also orders waiting ones.

    Returns:
        The trajectory of each slot added; slots that existed are kept with their state.
    """
    if not ranked:
        return []
    low, high = ranked[0][0], ranked[-1][0]
    present = {
        (row.trajectory_id, row.slot): row
        for row in conn.execute(
            select(task.c.id, task.c.trajectory_id, task.c.slot, task.c.rank, task.c.status).where(
                task.c.dataset_id == dataset_id, task.c.trajectory_id.between(low, high)
            )
        )
    }
    new: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for trajectory_id, rank in ranked:
        for slot in range(overlap):
            before = present.get((trajectory_id, slot))
            values = {"trajectory_id": trajectory_id, "slot": slot, "rank": rank}
            if before is None:
                new.append({"dataset_id": dataset_id, "status": WAITING, **values})
            elif before.status != DONE and before.rank != rank:
                moved.append({"moved_id": before.id, "new_rank": rank})
    if new:
        conn.execute(insert(task), new)
        _count_slots(conn, dataset_id, len(new))
        _mark_queued(conn, sorted({row["trajectory_id"] for row in new}))
    if moved:
        by_id = task.c.id == bindparam("moved_id")
        conn.execute(update(task).where(by_id).values(rank=bindparam("new_rank")), moved)
    return [row["trajectory_id"] for row in new]


def _mark_queued(conn: Connection, trajectory_ids: Sequence[int]) -> None:
    """New slots make what was new, annotated or disputed wait again (projection of the state)."""
    for start in range(0, len(trajectory_ids), 500):
        part = trajectory_ids[start : start + 500]
        conn.execute(
            update(trajectory)
            .where(
                trajectory.c.id.in_(part), trajectory.c.state.in_(["new", "annotated", "disputed"])
            )
            .values(state="queued")
        )


def unsettled(conn: Connection, settings: QueueSettings) -> list[int]:
    """Trajectories of the queue that its settings may settle otherwise than they are: those with
    waiting slots to spare, and those whose annotations a rule may decide now."""
    asked = {"of_dataset": settings.dataset_id, "overlap": settings.overlap}
    found = set(conn.execute(_WITH_SPARE_SLOTS, asked).scalars())
    if settings.decide_alone:
        found |= set(conn.execute(_UNDECIDED, {"of_dataset": settings.dataset_id}).scalars())
    return sorted(found)


def drop_spare_slots(
    conn: Connection, settings: QueueSettings, trajectory_ids: Sequence[int]
) -> None:
    """Remove these trajectories' waiting slots beyond the queue's overlap."""
    dropped = conn.execute(
        delete(task).where(
            task.c.dataset_id == settings.dataset_id,
            task.c.trajectory_id.in_(trajectory_ids),
            task.c.status == WAITING,
            task.c.slot >= settings.overlap,
        )
    ).rowcount
    _count_slots(conn, settings.dataset_id, -dropped)


def _count_slots(conn: Connection, dataset_id: int, change: int) -> None:
    conn.execute(
        update(queue)
        .where(queue.c.dataset_id == dataset_id)
        .values(n_tasks=queue.c.n_tasks + change)
    )


def progress(conn: Connection, dataset_id: int | None) -> Progress:
    """How far one queue is, or all of them. Claimed slots are counted, the others projected."""
    asked = {} if dataset_id is None else {"of_dataset": dataset_id}
    totals, claims = (_ALL_TOTALS, _ALL_CLAIMS) if dataset_id is None else (_TOTALS, _CLAIMS)
    total, done = (int(n) for n in conn.execute(totals, asked).one())
    claimed = int(conn.execute(claims, asked).scalar_one())
    return Progress(total - done - claimed, claimed, done, total)


_queue_columns = select(
    queue.c.dataset_id,
    dataset.c.name,
    queue.c.policy,
    queue.c.seed,
    queue.c.overlap,
    queue.c.decide_alone,
    queue.c.only_suspicious,
).join(dataset, dataset.c.id == queue.c.dataset_id)
_AROUND = _queue_columns.join(item, item.c.dataset_id == queue.c.dataset_id).where(
    item.c.trajectory_id == bindparam("of_trajectory")
)
_ASKING = _queue_columns.where(
    queue.c.dataset_id.in_(
        select(task.c.dataset_id).where(task.c.trajectory_id == bindparam("of_trajectory"))
    )
)
_ALL_TOTALS = select(
    func.coalesce(func.sum(queue.c.n_tasks), 0), func.coalesce(func.sum(queue.c.n_done), 0)
)
_TOTALS = _ALL_TOTALS.where(queue.c.dataset_id == bindparam("of_dataset"))
_claimed = select(func.count()).where(task.c.status == CLAIMED)
_CLAIMS = _claimed.where(task.c.dataset_id == bindparam("of_dataset"))
_ALL_CLAIMS = _claimed.where(task.c.dataset_id.in_(select(queue.c.dataset_id)))
_WITH_SPARE_SLOTS = select(task.c.trajectory_id).where(
    task.c.dataset_id == bindparam("of_dataset"),
    task.c.status == WAITING,
    task.c.slot >= bindparam("overlap"),
)
_UNDECIDED = (
    select(task.c.trajectory_id)
    .join(trajectory, trajectory.c.id == task.c.trajectory_id)
    .where(
        task.c.dataset_id == bindparam("of_dataset"),
        trajectory.c.state == "annotated",
        trajectory.c.outcome.in_(("accept", "reject")),
    )
)
