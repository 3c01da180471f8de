"""Who has a say in trajectories already: asked of many at once, answered with sets of ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from curation.queueing import State
from storage.annotations import stands
from storage.tables import ActRow, AnnotationRow, TaskRow, TrajectoryRow, table_of
from storage.tasks import CLAIMED

act = table_of(ActRow)
annotation = table_of(AnnotationRow)
task = table_of(TaskRow)
trajectory = table_of(TrajectoryRow)

_AT_ONCE = 500


def decided(conn: Connection, trajectory_ids: Collection[int]) -> set[int]:
    """Those with a decision in force."""
    return set(_asked(conn, _DECIDED, trajectory_ids))


def held_by_others(
    conn: Connection, annotator_id: int, trajectory_ids: Collection[int]
) -> set[int]:
    """Those that somebody else has claimed. A lease that ran out and was not taken counts: its
    holder merely paused."""
    return set(_asked(conn, _HELD, trajectory_ids, annotator_id))


def committed_by(conn: Connection, annotator_id: int, trajectory_ids: Collection[int]) -> set[int]:
    """Those of which a committed annotation of this annotator stands."""
    return set(_asked(conn, _COMMITTED, trajectory_ids, annotator_id))


def begun_by(conn: Connection, annotator_id: int, trajectory_ids: Collection[int]) -> set[int]:
    """Those of which this annotator said anything, whether it stands or not."""
    return set(_asked(conn, _BEGUN, trajectory_ids, annotator_id))


def _asked(
    conn: Connection,
    statement: Select[Any],
    trajectory_ids: Collection[int],
    annotator_id: int | None = None,
) -> Iterator[int]:
    ids = list(trajectory_ids)
    for start in range(0, len(ids), _AT_ONCE):
        asked: dict[str, object] = {"those": ids[start : start + _AT_ONCE]}
        if annotator_id is not None:
            asked["by"] = annotator_id
        yield from conn.execute(statement, asked).scalars()


# Built once: a batch asks them at every act.
_those: Any = bindparam("those", expanding=True)
_by: Any = bindparam("by")
_DECIDED = select(trajectory.c.id).where(
    trajectory.c.id.in_(_those), trajectory.c.state == State.DECIDED.value
)
_HELD = select(task.c.trajectory_id).where(
    task.c.trajectory_id.in_(_those), task.c.status == CLAIMED, task.c.annotator_id != _by
)
_COMMITTED = select(annotation.c.trajectory_id).where(
    annotation.c.trajectory_id.in_(_those), annotation.c.annotator_id == _by, stands(annotation)
)
_BEGUN = (
    select(act.c.trajectory_id)
    .where(act.c.trajectory_id.in_(_those), act.c.annotator_id == _by)
    .distinct()
)
