"""Counts for the overview: one small query per chart, each row a bar that leads to trajectories.

Everything is grouped in the database; nothing here grows with the number of trajectories but the
time of the scan. Days are UTC days.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, case, func, literal_column, select
from sqlalchemy.sql.selectable import FromClause

from storage.annotations import stands
from storage.conditions import STAGES, annotation, is_listed
from storage.renames import category_now, renames_in_force
from storage.tables import (
    AnnotatorRow,
    DatasetRow,
    FindingRow,
    ItemRow,
    MarkRow,
    TaskRow,
    TrajectoryRow,
    table_of,
)

trajectory = table_of(TrajectoryRow)
item = table_of(ItemRow)
dataset = table_of(DatasetRow)
finding = table_of(FindingRow)
mark = table_of(MarkRow)
annotator = table_of(AnnotatorRow)
task = table_of(TaskRow)


class Bar(Struct, frozen=True):
    """One bar: a label, an optional second label, and a count."""

    label: str
    part: str
    n: int


class DayCount(Struct, frozen=True):
    """How many on one UTC day, split by `part` (an outcome or an annotator)."""

    day: str
    part: str
    n: int


def funnel(conn: Connection, only: str | None = None) -> list[Bar]:
    """Trajectories at each stage of the way, each stage a subset of "imported"."""
    imported = _within(
        select(
            func.count().label("imported"),
            *(_count_if(reached).label(stage) for stage, reached in STAGES.items()),
        ).select_from(trajectory),
        trajectory.c.id,
        only,
    )
    row = conn.execute(imported).one()
    return [Bar(stage, "", int(n or 0)) for stage, n in row._mapping.items()]


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def findings_by_check(conn: Connection, only: str | None = None, limit: int = 30) -> list[Bar]:
    """Trajectories with a finding of each check; `part` is the severity."""
    n = func.count(func.distinct(finding.c.trajectory_id)).label("n")
    query = (
        select(finding.c.check, finding.c.severity, n)
        .group_by(finding.c.check, finding.c.severity)
        .order_by(n.desc(), finding.c.check)
        .limit(limit)
    )
    return _bars(conn, _within(query, finding.c.trajectory_id, only))


def findings_by_tool(conn: Connection, only: str | None = None, limit: int = 20) -> list[Bar]:
    """Trajectories with a finding of severity error in a call of each tool."""
    n = func.count(func.distinct(finding.c.trajectory_id)).label("n")
    query = (
        select(finding.c.tool, finding.c.severity, n)
        .where(finding.c.tool.is_not(None), finding.c.severity == literal_column("'error'"))
        .group_by(finding.c.tool, finding.c.severity)
        .order_by(n.desc(), finding.c.tool)
        .limit(limit)
    )
    return _bars(conn, _within(query, finding.c.trajectory_id, only))


def marks_by_category(conn: Connection, only: str | None = None, limit: int = 30) -> list[Bar]:
    """Trajectories that a standing annotation marks, by category (`label`) of each taxonomy
    (`part`)."""
    n = func.count(func.distinct(mark.c.trajectory_id)).label("n")
    category = category_now(renames_in_force(conn)).label("category")
    query = (
        select(category, mark.c.taxonomy, n)
        .join(annotation, annotation.c.id == mark.c.annotation_id)
        .where(stands(annotation))
        .group_by(literal_column("1"), mark.c.taxonomy)
        .order_by(n.desc(), literal_column("1"))
        .limit(limit)
    )
    return _bars(conn, _within(query, mark.c.trajectory_id, only))


def outcomes_by_day(conn: Connection, only: str | None = None, days: int = 30) -> list[DayCount]:
    """Trajectories with a standing annotation per UTC day and outcome, over the last `days` days.
    Annotators who agree on a day count once."""
    return _by_day(conn, annotation.c.outcome, annotation, only, days)


def annotations_by_annotator(
    conn: Connection, only: str | None = None, days: int = 30
) -> list[DayCount]:
    """Trajectories with a standing annotation per UTC day and annotator, over the last `days`
    days."""
    joined = annotation.join(annotator, annotator.c.id == annotation.c.annotator_id)
    return _by_day(conn, annotator.c.name, joined, only, days)


def states(conn: Connection, only: str | None = None) -> dict[str, int]:
    """How many trajectories are in each state."""
    query = select(trajectory.c.state, func.count()).group_by(trajectory.c.state)
    return {str(s): int(n) for s, n in conn.execute(_within(query, trajectory.c.id, only))}


def _by_day(
    conn: Connection,
    part: ColumnElement[str],
    source: FromClause,
    only: str | None,
    days: int,
) -> list[DayCount]:
    since = datetime.now(UTC) - timedelta(days=days)
    # Grouping by the stored instant's day differs between databases, so days are cut here; rows
    # are narrow and bounded by what people can annotate in a month.
    query = (
        select(annotation.c.created_at, part, annotation.c.trajectory_id)
        .select_from(source)
        .where(stands(annotation), annotation.c.created_at >= since)
    )
    seen: set[tuple[str, str, int]] = {
        (created_at.date().isoformat(), str(label), trajectory_id)
        for created_at, label, trajectory_id in conn.execute(
            _within(query, annotation.c.trajectory_id, only)
        )
    }
    counts = Counter((day, label) for day, label, _ in seen)
    return [DayCount(day, label, n) for (day, label), n in sorted(counts.items())]


def _within(
    query: Select[*tuple[Any, ...]], id_column: ColumnElement[int], only: str | None
) -> Select[*tuple[Any, ...]]:
    """Restrict a query to the trajectories of one dataset, or to those that Browse lists."""
    if only is None:
        return query.where(is_listed(id_column))
    members = (
        select(item.c.trajectory_id)
        .join(dataset, dataset.c.id == item.c.dataset_id)
        .where(dataset.c.name == only)
    )
    return query.where(id_column.in_(members))


def _bars(conn: Connection, query: Select[*tuple[Any, ...]]) -> list[Bar]:
    return [Bar(str(label), str(part), int(n)) for label, part, n in conn.execute(query)]
