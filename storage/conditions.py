"""What a filter of Browse means: its conditions as sets of trajectory ids, each with an index.

A condition can be read in its own index order (`table`, `id_column`, `where`) or asked of one id
(`probe`). Which way is cheaper is decided in `storage/browse.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, select
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


@dataclass(frozen=True)
class Condition:
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


IS_LISTED = Condition(item, item.c.trajectory_id, ())
"""In some dataset. Corrections are not: they are seen where their parent is."""


def conditions_of(conn: Connection, wanted: Filter) -> list[Condition]:
    found = [Condition(trajectory, trajectory.c.id, (clause,)) for clause in _on_columns(wanted)]
    if wanted.dataset is not None:
        dataset_id = select(dataset.c.id).where(dataset.c.name == wanted.dataset).scalar_subquery()
        found.append(Condition(item, item.c.trajectory_id, (item.c.dataset_id == dataset_id,)))
    if wanted.check is not None:
        found.append(
            Condition(finding, finding.c.trajectory_id, (finding.c.check == wanted.check,))
        )
    if wanted.category is not None:
        found.append(_by_category(wanted.category))
    if wanted.tool is not None:
        tool_id = select(tool.c.id).where(tool.c.name == wanted.tool).scalar_subquery()
        found.append(
            Condition(tool_use, tool_use.c.trajectory_id, (tool_use.c.tool_id == tool_id,))
        )
    if wanted.annotator is not None or wanted.day is not None:
        found.append(_by_annotation(wanted))
    if wanted.text:
        table, id_column, matches = search.match(conn, wanted.text)
        found.append(Condition(table, id_column, (matches,)))
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


def _by_category(category: str) -> Condition:
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
    return Condition(
        mark, mark.c.trajectory_id, (mark.c.taxonomy == taxonomy, mark.c.category == name, stands)
    )


def _by_annotation(wanted: Filter) -> Condition:
    where: list[ColumnElement[bool]] = [annotation.c.retracted.is_(False)]
    if wanted.annotator is not None:
        named = select(annotator.c.id).where(annotator.c.name == wanted.annotator)
        where.append(annotation.c.annotator_id == named.scalar_subquery())
    if wanted.day is not None:
        start = datetime.fromisoformat(wanted.day).replace(tzinfo=UTC)
        where.append(annotation.c.created_at >= start)
        where.append(annotation.c.created_at < start + timedelta(days=1))
    return Condition(annotation, annotation.c.trajectory_id, tuple(where))
