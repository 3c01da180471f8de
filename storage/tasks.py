"""The queue: tasks are slots, claimed by a lease, done by a commit.

A claim is one conditional UPDATE, so two annotators can never hold one slot, on either database.
An annotator never gets a trajectory twice, whichever slot or dataset it waits in: what they hold,
did, or said of it without a task all count. A lease that ran out can be taken by anybody; until
somebody does, it still belongs to its holder, who merely paused.

What a commit means for a trajectory's state is not decided here (`app/flows/settling.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    and_,
    bindparam,
    exists,
    literal,
    or_,
    select,
    union_all,
    update,
)

from storage.annotations import stands
from storage.tables import (
    AnnotationRow,
    QueueRow,
    TaskRow,
    TrajectoryRow,
    table_of,
)

task = table_of(TaskRow)
queue = table_of(QueueRow)
trajectory = table_of(TrajectoryRow)
annotation = table_of(AnnotationRow)

WAITING, CLAIMED, DONE = "waiting", "claimed", "done"


class TaskInfo(Struct, frozen=True):
    """A claimed slot."""

    id: int
    dataset_id: int
    trajectory_id: int
    slot: int


def claim(
    conn: Connection, *, annotator_id: int, dataset_id: int, now: datetime, until: datetime
) -> TaskInfo | None:
    """Take the first free slot of the dataset for the annotator; None when there is none.

    One statement: the slot is chosen and taken at once, and the condition on its state is checked
    again on the row that is written. PostgreSQL skips rows that others are just taking.
    """
    asked = {"by": annotator_id, "from_dataset": dataset_id, "at": now, "until": until}
    row = conn.execute(_CLAIM, asked).one_or_none()
    return None if row is None else TaskInfo(*row)


def _first_free(*, expired: bool) -> Any:
    """The best waiting (or expired) slot: two index ranges, because an OR would sort them all."""
    t = task.alias("e" if expired else "w")
    mine = task.alias("mine")
    said = annotation.alias("said")
    by = bindparam("by", type_=Integer)
    has_it = exists(
        select(literal(1)).where(
            mine.c.trajectory_id == t.c.trajectory_id, mine.c.annotator_id == by
        )
    )
    has_said = exists(
        select(literal(1)).where(
            said.c.trajectory_id == t.c.trajectory_id,
            said.c.annotator_id == by,
            stands(said),
        )
    )
    found = (
        select(t.c.id, t.c.rank)
        .where(
            t.c.dataset_id == bindparam("from_dataset", type_=Integer),
            t.c.status == (CLAIMED if expired else WAITING),
            ~has_it,
            ~has_said,
        )
        .order_by(t.c.rank, t.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=t)
    )
    if expired:
        found = found.where(t.c.leased_until < _at)
    return found.subquery()


def _claim_statement() -> Any:
    waiting, expired = _first_free(expired=False), _first_free(expired=True)
    free = union_all(
        select(waiting.c.id, waiting.c.rank), select(expired.c.id, expired.c.rank)
    ).subquery("free")
    first = select(free.c.id).order_by(free.c.rank, free.c.id).limit(1).scalar_subquery()
    is_free = or_(
        task.c.status == WAITING, and_(task.c.status == CLAIMED, task.c.leased_until < _at)
    )
    return (
        update(task)
        .where(task.c.id == first, is_free)
        .values(status=CLAIMED, annotator_id=bindparam("by", type_=Integer), leased_until=_until)
        .returning(*_task_columns)
    )


def resume(
    conn: Connection,
    *,
    annotator_id: int,
    dataset_id: int | None,
    exclude: Collection[str],
    until: datetime,
) -> TaskInfo | None:
    """The first slot the annotator already holds, its lease renewed; None when they hold none."""
    held = (
        select(*_task_columns)
        .join(trajectory, trajectory.c.id == task.c.trajectory_id)
        .where(
            task.c.annotator_id == annotator_id,
            task.c.status == CLAIMED,
            trajectory.c.uid.not_in(list(exclude)),
        )
        .order_by(task.c.rank, task.c.id)
        .limit(1)
    )
    if dataset_id is not None:
        held = held.where(task.c.dataset_id == dataset_id)
    row = conn.execute(held).one_or_none()
    if row is None:
        return None
    still = conn.execute(
        update(task)
        .where(task.c.id == row.id, task.c.annotator_id == annotator_id, task.c.status == CLAIMED)
        .values(leased_until=until)
    )
    return TaskInfo(*row) if still.rowcount else None


def renew(
    conn: Connection, annotator_id: int, trajectory_ids: Iterable[int], until: datetime
) -> int:
    """Extend the annotator's leases on these trajectories, also those that ran out untaken."""
    asked = {"by": annotator_id, "those": list(trajectory_ids), "until": until}
    return conn.execute(_RENEW, asked).rowcount


def release(conn: Connection, annotator_id: int, trajectory_ids: Iterable[int]) -> int:
    """Give the annotator's claims on these trajectories back; returns how many slots."""
    return conn.execute(
        update(task)
        .where(*_held_by(annotator_id, trajectory_ids))
        .values(status=WAITING, annotator_id=None, leased_until=None)
    ).rowcount


def _held_by(annotator_id: int, trajectory_ids: Iterable[int]) -> tuple[ColumnElement[bool], ...]:
    return (
        task.c.annotator_id == annotator_id,
        task.c.status == CLAIMED,
        task.c.trajectory_id.in_(list(trajectory_ids)),
    )


def finish(conn: Connection, annotator_id: int, trajectory_id: int, now: datetime) -> int:
    """Let the annotator's commit fill one slot in every dataset that asks for this trajectory.

    The slot they hold is preferred; without one (a deep link, a lease that ran out) a free one is
    taken, so that nobody is asked for what was just said. Returns the number of slots filled.
    """
    rows = conn.execute(_SLOTS, {"of_trajectory": trajectory_id}).all()
    filled = 0
    for dataset_id in sorted({row.dataset_id for row in rows}):
        slots = [row for row in rows if row.dataset_id == dataset_id]
        if any(row.annotator_id == annotator_id and row.status == DONE for row in slots):
            continue
        chosen = _slot_to_fill(slots, annotator_id, now)
        if chosen is not None:
            conn.execute(
                update(task)
                .where(task.c.id == chosen)
                .values(status=DONE, annotator_id=annotator_id, leased_until=None)
            )
            _count_done(conn, dataset_id, 1)
            filled += 1
    return filled


def _slot_to_fill(slots: Sequence[Row[Any]], annotator_id: int, now: datetime) -> int | None:
    held = [r.id for r in slots if r.status == CLAIMED and r.annotator_id == annotator_id]
    waiting = [r.id for r in slots if r.status == WAITING]
    expired = [r.id for r in slots if r.status == CLAIMED and r.leased_until < now]
    return next(iter([*held, *waiting, *expired]), None)


def reopen(conn: Connection, annotator_id: int, trajectory_id: int, until: datetime) -> int:
    """Give slots that the annotator had finished back to them; returns how many."""
    rows = conn.execute(
        update(task)
        .where(
            task.c.trajectory_id == trajectory_id,
            task.c.annotator_id == annotator_id,
            task.c.status == DONE,
        )
        .values(status=CLAIMED, leased_until=until)
        .returning(task.c.dataset_id)
    ).all()
    for row in rows:
        _count_done(conn, row.dataset_id, -1)
    return len(rows)


def _count_done(conn: Connection, dataset_id: int, change: int) -> None:
    conn.execute(
        update(queue).where(queue.c.dataset_id == dataset_id).values(n_done=queue.c.n_done + change)
    )


def ids_of(conn: Connection, uids: Collection[str]) -> list[int]:
    """Ids of the trajectories with these uids; unknown uids are left out."""
    rows = conn.execute(select(trajectory.c.id).where(trajectory.c.uid.in_(list(uids))))
    return list(rows.scalars())


def slots_of(conn: Connection, trajectory_id: int) -> tuple[int, int]:
    """(slots not done, slots) of a trajectory over all datasets."""
    rows = conn.execute(_STATUS_OF, {"of_trajectory": trajectory_id}).all()
    return sum(1 for row in rows if row.status != DONE), len(rows)


def dataset_at_work(conn: Connection, annotator_id: int, trajectory_id: int) -> int | None:
    """The dataset whose task brought the trajectory to this annotator; any other, or None."""
    asked = {"by": annotator_id, "of_trajectory": trajectory_id}
    return conn.execute(_AT_WORK, asked).scalar_one_or_none()


# Statements of every key, built once: building them would cost more than running them.
_task_columns = (task.c.id, task.c.dataset_id, task.c.trajectory_id, task.c.slot)
_at = bindparam("at", type_=task.c.leased_until.type)
_until = bindparam("until", type_=task.c.leased_until.type)
_CLAIM = _claim_statement()
_of_trajectory = task.c.trajectory_id == bindparam("of_trajectory")
_STATUS_OF = select(task.c.status).where(_of_trajectory)
_AT_WORK = (
    select(task.c.dataset_id)
    .where(_of_trajectory)
    .order_by((task.c.annotator_id == bindparam("by")).desc(), task.c.dataset_id)
    .limit(1)
)
_RENEW = (
    update(task)
    .where(
        task.c.annotator_id == bindparam("by"),
        task.c.status == CLAIMED,
        task.c.trajectory_id.in_(bindparam("those", expanding=True)),
    )
    .values(leased_until=_until)
)
_SLOTS = (
    select(task).where(_of_trajectory).order_by(task.c.dataset_id, task.c.slot).with_for_update()
)
