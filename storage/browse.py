"""Pages of trajectories by filter: keyset cursors, capped counts, the rarest condition first.

Lists read the narrow `trajectory` row only. A page never uses OFFSET. With several conditions the
one with the fewest members (found by counting each up to a small cap) drives the query in its own
index order and the others are probed row by row, so a rare condition costs as little as a common
one. Exact totals are not promised: counting stops at `COUNT_CAP`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, func, or_, select
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.sql.util import ClauseAdapter

from storage import search
from storage.tables import (
    AnnotationRow,
    AnnotatorRow,
    DatasetRow,
    FindingRow,
    ItemRow,
    MarkRow,
    ToolRow,
    ToolUseRow,
    TrajectoryRow,
    table_of,
)

COUNT_CAP = 10_000
"""Counts stop here and are shown as "10,000+"."""

RARE_CAP = 1_000
"""How far each condition is counted to find the rarest; also the most rows sorted by hand."""

trajectory = table_of(TrajectoryRow)
item = table_of(ItemRow)
finding = table_of(FindingRow)
mark = table_of(MarkRow)
annotation = table_of(AnnotationRow)
annotator = table_of(AnnotatorRow)
dataset = table_of(DatasetRow)
tool = table_of(ToolRow)
tool_use = table_of(ToolUseRow)


class Order(StrEnum):
    """Orders of a list, each with an index of its own."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SUSPICIOUS = "suspicious"
    LONGEST = "longest"


class Filter(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Conditions, all of which hold; None means no condition. Saved views store it as JSON."""

    dataset: str | None = None
    state: str | None = None
    outcome: str | None = None
    """accept, reject, unsure; "none" for trajectories without one."""
    check: str | None = None
    """Name of a check with a finding."""
    category: str | None = None
    """`taxonomy/category` of a committed mark."""
    tool: str | None = None
    """Name of a tool that is called."""
    annotator: str | None = None
    """Has a committed annotation of the annotator of this name."""
    day: str | None = None
    """UTC day, YYYY-MM-DD, of a committed annotation."""
    min_messages: int | None = None
    max_messages: int | None = None
    with_errors: bool | None = None
    """True: at least one finding of severity error; False: none."""
    text: str | None = None
    """Words that all occur; "quoted phrases" and prefix* as in FTS5."""
    order: Order = Order.NEWEST

    @property
    def is_empty(self) -> bool:
        """True when every trajectory passes."""
        return msgspec.structs.replace(self, order=Order.NEWEST) == Filter()


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


@dataclass(frozen=True)
class _Condition:
    """One condition as a set of trajectory ids with its index."""

    table: FromClause
    id_column: ColumnElement[int]
    where: tuple[ColumnElement[bool], ...]

    def probe(self, id_expression: ColumnElement[int]) -> ColumnElement[bool]:
        """The condition as a test of one trajectory id."""
        inner = self.table.alias()
        adapter = ClauseAdapter(inner)
        where = [adapter.traverse(clause) for clause in self.where]
        same: ColumnElement[bool] = adapter.traverse(self.id_column) == id_expression
        return select(1).select_from(inner).where(same, *where).exists()


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
        # The highest id bounds the count: nothing is ever deleted.
        total = conn.execute(select(func.count()).select_from(trajectory)).scalar_one()
        return Count(int(total), is_capped=False)
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


def _conditions(conn: Connection, wanted: Filter) -> list[_Condition]:
    found = [_Condition(trajectory, trajectory.c.id, (clause,)) for clause in _on_columns(wanted)]
    if wanted.dataset is not None:
        dataset_id = select(dataset.c.id).where(dataset.c.name == wanted.dataset).scalar_subquery()
        found.append(_Condition(item, item.c.trajectory_id, (item.c.dataset_id == dataset_id,)))
    if wanted.check is not None:
        found.append(
            _Condition(finding, finding.c.trajectory_id, (finding.c.check == wanted.check,))
        )
    if wanted.category is not None:
        found.append(_by_category(wanted.category))
    if wanted.tool is not None:
        tool_id = select(tool.c.id).where(tool.c.name == wanted.tool).scalar_subquery()
        found.append(
            _Condition(tool_use, tool_use.c.trajectory_id, (tool_use.c.tool_id == tool_id,))
        )
    if wanted.annotator is not None or wanted.day is not None:
        found.append(_by_annotation(wanted))
    if wanted.text:
        table, id_column, matches = search.match(conn, wanted.text)
        found.append(_Condition(table, id_column, (matches,)))
    return found


def _on_columns(wanted: Filter) -> list[ColumnElement[bool]]:
    """Conditions on the narrow row itself."""
    columns = trajectory.c
    found: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(columns.state == wanted.state)
    if wanted.outcome is not None:
        said = None if wanted.outcome == "none" else wanted.outcome
        found.append(columns.outcome == said)
    if wanted.min_messages is not None:
        found.append(columns.n_messages >= wanted.min_messages)
    if wanted.max_messages is not None:
        found.append(columns.n_messages <= wanted.max_messages)
    if wanted.with_errors is not None:
        found.append(columns.n_errors > 0 if wanted.with_errors else columns.n_errors == 0)
    return found


def _by_category(category: str) -> _Condition:
    taxonomy, _, name = category.partition("/")
    # A mark counts only while the annotation it belongs to is the annotator's latest.
    later = annotation.alias()
    owner = annotation.alias()
    stands = (
        select(1)
        .select_from(owner)
        .where(
            owner.c.id == mark.c.annotation_id,
            ~select(1)
            .select_from(later)
            .where(
                later.c.trajectory_id == owner.c.trajectory_id,
                later.c.annotator_id == owner.c.annotator_id,
                later.c.revision > owner.c.revision,
            )
            .exists(),
        )
        .exists()
    )
    return _Condition(
        mark, mark.c.trajectory_id, (mark.c.taxonomy == taxonomy, mark.c.category == name, stands)
    )


def _by_annotation(wanted: Filter) -> _Condition:
    where: list[ColumnElement[bool]] = [annotation.c.retracted.is_(False)]
    if wanted.annotator is not None:
        named = select(annotator.c.id).where(annotator.c.name == wanted.annotator)
        where.append(annotation.c.annotator_id == named.scalar_subquery())
    if wanted.day is not None:
        start = datetime.fromisoformat(wanted.day).replace(tzinfo=UTC)
        where.append(annotation.c.created_at >= start)
        where.append(annotation.c.created_at < start + timedelta(days=1))
    return _Condition(annotation, annotation.c.trajectory_id, tuple(where))


def _rarest(conn: Connection, conditions: Sequence[_Condition]) -> tuple[_Condition | None, int]:
    """The condition with the fewest members and that number, counted up to `RARE_CAP`."""
    best: _Condition | None = None
    fewest = RARE_CAP + 1
    for condition in conditions:
        inner = (
            select(1)
            .select_from(condition.table)
            .where(*condition.where)
            .limit(RARE_CAP + 1)
            .subquery()
        )
        n = int(conn.execute(select(func.count()).select_from(inner)).scalar_one())
        if best is None or n < fewest:
            best, fewest = condition, n
    return best, fewest


def _id_query(conn: Connection, wanted: Filter) -> Select[Any]:
    """Ids that pass, in no order: for counting."""
    conditions = _conditions(conn, wanted)
    driver, _ = _rarest(conn, conditions)
    if driver is None:
        return select(trajectory.c.id)
    return _driven_ids(driver, conditions)


def _driven_ids(driver: _Condition, conditions: Sequence[_Condition]) -> Select[Any]:
    """Ids in the driver's own index, the other conditions probed id by id."""
    rest = [c.probe(driver.id_column) for c in conditions if c is not driver]
    ids = select(driver.id_column.label("id")).where(*driver.where, *rest)
    return ids if driver.table is trajectory else ids.distinct()


def _page_query(
    conn: Connection, wanted: Filter, cursor: tuple[float, int] | None, limit: int
) -> Select[Any]:
    conditions = _conditions(conn, wanted)
    driver, fewest = _rarest(conn, conditions)
    query = select(*_COLUMNS)
    if driver is not None and wanted.order in (Order.NEWEST, Order.OLDEST):
        # The driver's index is in id order: the page comes straight off it.
        newest = wanted.order is Order.NEWEST
        ids = _driven_ids(driver, conditions)
        if cursor is not None:
            last = cursor[1]
            ids = ids.where(driver.id_column < last if newest else driver.id_column > last)
        ids = ids.order_by(driver.id_column.desc() if newest else driver.id_column).limit(limit)
        query = query.where(trajectory.c.id.in_(ids))
        return _ordered(query, wanted.order, None)
    if driver is not None and fewest <= RARE_CAP:
        query = query.where(trajectory.c.id.in_(_driven_ids(driver, conditions)))
    else:
        query = query.where(*[c.probe(trajectory.c.id) for c in conditions])
    return _ordered(query, wanted.order, cursor).limit(limit)


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
    """`taxonomy/category` of every committed mark."""
    pairs = select(mark.c.taxonomy, mark.c.category).distinct().order_by("taxonomy", "category")
    return [f"{taxonomy}/{category}" for taxonomy, category in conn.execute(pairs)]


def tools_called(conn: Connection, limit: int = 2_000) -> list[str]:
    """Names of tools seen in calls, alphabetically."""
    return list(conn.execute(select(tool.c.name).order_by(tool.c.name).limit(limit)).scalars())
