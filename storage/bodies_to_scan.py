"""Stored bodies of a dataset, or of everything, one page after the other."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from storage.tables import BodyRow, ItemRow, ToolSetRow, TrajectoryRow, table_of

PAGE = 500

body = table_of(BodyRow)
item = table_of(ItemRow)
tool_set = table_of(ToolSetRow)
trajectory = table_of(TrajectoryRow)


def count_members(conn: Connection, dataset_id: int) -> int:
    """How many trajectories a dataset has."""
    query = select(func.count()).where(item.c.dataset_id == dataset_id)
    return int(conn.execute(query).scalar_one())


def iter_members(conn: Connection, dataset_id: int | None) -> Iterator[tuple[str, bytes, bytes]]:
    """(uid, packed messages, packed tools) in the order of import; None: of everything."""
    query = (
        select(trajectory.c.id, trajectory.c.uid, body.c.content, tool_set.c.body)
        .join(body, body.c.trajectory_id == trajectory.c.id)
        .join(tool_set, tool_set.c.id == trajectory.c.tool_set_id)
        .order_by(trajectory.c.id)
        .limit(PAGE)
    )
    if dataset_id is not None:
        query = query.join(
            item, (item.c.trajectory_id == trajectory.c.id) & (item.c.dataset_id == dataset_id)
        )
    after = 0
    while rows := conn.execute(query.where(trajectory.c.id > after)).all():
        for number, uid, content, tools in rows:
            yield uid, content, tools
            after = number
