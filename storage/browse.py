"""Pages of trajectories by filter: keyset cursors, capped counts, the rarest condition first.

Lists read the narrow `trajectory` row only. A page never uses OFFSET. With several conditions the
one with the fewest members (found by counting each up to a small cap) drives the query in its own
index order and the others are probed row by row, so a rare condition costs as little as a common
one. Exact totals are not promised: counting stops at `COUNT_CAP`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Select, func, or_, select

from storage.conditions import (
    IS_LISTED,
    STAGES,
    Condition,
    Filter,
    MarkedAs,
    Order,
    Stage,
    conditions_of,
)
from storage.renames import renames_in_force
from storage.tables import (
    DatasetRow,
    FindingRow,
    ItemRow,
    MarkRow,
    ToolRow,
    TrajectoryRow,
    table_of,
)

__all__ = [
    "STAGES",
    "Count",
    "Filter",
    "ListedTrajectory",
    "MarkedAs",
    "Order",
    "Page",
    "Stage",
    "count",
    "iter_ids",
    "page",
]

COUNT_CAP = 10_000
"""Counts stop here and are shown as "10,000+"."""

RARE_CAP = 1_000
"""How far each condition is counted to find the rarest; also the most rows sorted by hand."""

COUNT_RARE_CAP = 50 * RARE_CAP
"""The same before counting, which may have to look at every member of the rarest."""

trajectory = table_of(TrajectoryRow)
item = table_of(ItemRow)
dataset = table_of(DatasetRow)
finding = table_of(FindingRow)
mark = table_of(MarkRow)
tool = table_of(ToolRow)


class ListedTrajectory(Struct, frozen=True):
    """One row of a list."""

    id: int
    uid: str
    preview: str
    n_messages: int
    n_calls: int
    n_errors: int
    n_warnings: int
    suspicion: float
    state: str
    outcome: str | None
    dataset: str
    source_id: str


class Page(Struct, frozen=True):
    """Rows and the cursor of the next page; None when this is the last one."""

    rows: tuple[ListedTrajectory, ...]
    next_cursor: tuple[float, int] | None


class Count(Struct, frozen=True):
    """How many trajectories pass, counted up to a cap."""

    n: int
    is_capped: bool

    def __str__(self) -> str:
        return f"{self.n:,}{'+' if self.is_capped else ''}"


def page(
    conn: Connection, wanted: Filter, cursor: tuple[float, int] | None = None, limit: int = 50
) -> Page:
    """One page of `wanted`, after `cursor` (the `next_cursor` of the page before)."""
    rows = conn.execute(_page_query(conn, wanted, cursor, limit + 1)).all()
    ids = [row.id for row in rows[:limit]]
    memberships = _memberships(conn, ids, wanted.dataset)
    listed = tuple(
        ListedTrajectory(
            id=row.id,
            uid=row.uid,
            preview=row.preview,
            n_messages=row.n_messages,
            n_calls=row.n_calls,
            n_errors=row.n_errors,
            n_warnings=row.n_warnings,
            suspicion=row.suspicion,
            state=row.state,
            outcome=row.outcome,
            dataset=memberships.get(row.id, ("", ""))[0],
            source_id=memberships.get(row.id, ("", ""))[1],
        )
        for row in rows[:limit]
    )
    more = len(rows) > limit
    return Page(listed, _cursor_of(wanted.order, listed[-1]) if more else None)


def count(conn: Connection, wanted: Filter, cap: int = COUNT_CAP) -> Count:
    """How many trajectories pass, at most `cap` counted."""
    if wanted.is_empty:
        # Counting every row is exact and cheap; corrections are the few that are not listed.
        total = conn.execute(select(func.count()).select_from(trajectory)).scalar_one()
        apart = conn.execute(
            select(func.count())
            .select_from(trajectory)
            .where(trajectory.c.parent_id.is_not(None), ~IS_LISTED.probe(trajectory.c.id))
        ).scalar_one()
        return Count(int(total) - int(apart), is_capped=False)
    inner = _id_query(conn, wanted).limit(cap + 1).subquery()
    n = int(conn.execute(select(func.count()).select_from(inner)).scalar_one())
    return Count(min(n, cap), is_capped=n > cap)


def iter_ids(conn: Connection, wanted: Filter, chunk: int = 1_000) -> Iterator[list[int]]:
    """Every id that passes, in ascending order, in chunks: what bulk actions work on."""
    by_id = msgspec.structs.replace(wanted, order=Order.OLDEST)
    cursor: tuple[float, int] | None = None
    while True:
        rows = conn.execute(_page_query(conn, by_id, cursor, chunk)).all()
        if not rows:
            return
        yield [int(row.id) for row in rows]
        cursor = (0.0, int(rows[-1].id))


def _rarest(
    conn: Connection, conditions: Sequence[Condition], cap: int = RARE_CAP
) -> tuple[Condition | None, int]:
    """The indexed condition with the fewest members and that number, counted up to `cap`."""
    best: Condition | None = None
    fewest = cap + 1
    for condition in conditions:
        if not condition.is_indexed:
            continue
        members = select(1).select_from(condition.table).where(*condition.where)
        some = members.limit(cap + 1).subquery()
        n = int(conn.execute(select(func.count()).select_from(some)).scalar_one())
        if best is None or n < fewest:
            best, fewest = condition, n
    return best, fewest


def _id_query(conn: Connection, wanted: Filter) -> Select[Any]:
    """Ids that pass, in no order: for counting."""
    conditions = conditions_of(conn, wanted)
    # Counting may have to look at every member of the driver, so it is chosen with more care.
    driver, _ = _rarest(conn, conditions, COUNT_RARE_CAP if len(conditions) > 1 else RARE_CAP)
    if driver is None:
        return _walk(select(trajectory.c.id), conditions)
    return _driven_ids(driver, conditions)


def _driven_ids(driver: Condition, conditions: Sequence[Condition]) -> Select[Any]:
    """Ids off the driver's own index, the other conditions probed id by id."""
    rest = [c.probe(driver.id_column) for c in conditions if c is not driver]
    if driver.table is not item:
        rest.append(IS_LISTED.probe(driver.id_column))
    ids = select(driver.id_column.label("id")).where(*driver.where, *rest)
    return ids if driver.table is trajectory else ids.distinct()


def _walk(query: Select[Any], conditions: Sequence[Condition]) -> Select[Any]:
    """Trajectories in the order of the list, each condition asked of each row."""
    return query.where(*[c.of_row() for c in (*conditions, IS_LISTED)])


def _page_query(
    conn: Connection, wanted: Filter, cursor: tuple[float, int] | None, limit: int
) -> Select[Any]:
    conditions = conditions_of(conn, wanted)
    by_id = wanted.order in (Order.NEWEST, Order.OLDEST)
    ready = next((c for c in conditions if c.is_indexed and c.in_id_order), None)
    query = select(*_COLUMNS)
    # One condition in the list's own order needs no counting to be read off its index.
    if not (by_id and ready is not None and len(conditions) == 1):
        driver, fewest = _rarest(conn, conditions)
        if driver is not None and fewest <= RARE_CAP:
            query = query.where(trajectory.c.id.in_(_driven_ids(driver, conditions)))
            return _ordered(query, wanted.order, cursor).limit(limit)
    if by_id and ready is not None:
        newest = wanted.order is Order.NEWEST
        ids = _driven_ids(ready, conditions)
        if cursor is not None:
            last = cursor[1]
            ids = ids.where(ready.id_column < last if newest else ready.id_column > last)
        ids = ids.order_by(ready.id_column.desc() if newest else ready.id_column).limit(limit)
        return _ordered(query.where(trajectory.c.id.in_(ids)), wanted.order, None)
    return _ordered(_walk(query, conditions), wanted.order, cursor).limit(limit)


_COLUMNS = (
    trajectory.c.id,
    trajectory.c.uid,
    trajectory.c.preview,
    trajectory.c.n_messages,
    trajectory.c.n_calls,
    trajectory.c.n_errors,
    trajectory.c.n_warnings,
    trajectory.c.suspicion,
    trajectory.c.state,
    trajectory.c.outcome,
)


def _ordered(query: Select[Any], order: Order, cursor: tuple[float, int] | None) -> Select[Any]:
    key, row_id = trajectory.c.id, trajectory.c.id
    match order:
        case Order.NEWEST:
            query = query.where(row_id < cursor[1]) if cursor else query
            return query.order_by(row_id.desc())
        case Order.OLDEST:
            query = query.where(row_id > cursor[1]) if cursor else query
            return query.order_by(row_id)
        case Order.SUSPICIOUS:
            key = trajectory.c.suspicion
        case Order.LONGEST:
            key = trajectory.c.n_messages
    if cursor:
        value, last = cursor
        # `key <= value` lets the index start at the right place; the rest splits ties.
        query = query.where(key <= value, or_(key < value, row_id < last))
    return query.order_by(key.desc(), row_id.desc())


def _cursor_of(order: Order, row: ListedTrajectory) -> tuple[float, int]:
    match order:
        case Order.SUSPICIOUS:
            return (row.suspicion, row.id)
        case Order.LONGEST:
            return (float(row.n_messages), row.id)
        case _:
            return (0.0, row.id)


def _memberships(
    conn: Connection, ids: Sequence[int], only: str | None
) -> dict[int, tuple[str, str]]:
    """Dataset name and source id of each trajectory (the filtered dataset, else the first)."""
    query = (
        select(item.c.trajectory_id, dataset.c.name, item.c.source_id)
        .join(dataset, dataset.c.id == item.c.dataset_id)
        .where(item.c.trajectory_id.in_(ids))
        .order_by(item.c.dataset_id.desc())
    )
    if only is not None:
        query = query.where(dataset.c.name == only)
    return {row[0]: (row[1], row[2]) for row in conn.execute(query)}


def checks_found(conn: Connection) -> list[str]:
    """Names of checks that have findings. A skip scan: one index step a check, not a row."""
    names: list[str] = []
    query = select(func.min(finding.c.check))
    name = conn.execute(query).scalar()
    while name is not None:
        names.append(name)
        name = conn.execute(query.where(finding.c.check > name)).scalar()
    return names


def categories_marked(conn: Connection) -> list[str]:
    """`taxonomy/category` of every committed mark, as the category is called now."""
    pairs = select(mark.c.taxonomy, mark.c.category).distinct()
    renames = renames_in_force(conn)
    found = {
        (name, renames.get((name, category), category)) for name, category in conn.execute(pairs)
    }
    return [f"{taxonomy}/{category}" for taxonomy, category in sorted(found)]


def tools_called(conn: Connection, limit: int = 2_000) -> list[str]:
    """Names of tools seen in calls, alphabetically."""
    return list(conn.execute(select(tool.c.name).order_by(tool.c.name).limit(limit)).scalars())
