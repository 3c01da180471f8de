"""What a filter of Browse means: its conditions as sets of trajectory ids, each with an index.

A condition can be read in its own index order (`table`, `id_column`, `where`) or asked of one id
(`probe`). Which way is cheaper is decided in `storage/browse.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, false, literal_column, select
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.sql.util import ClauseAdapter

from curation.filters import Filter, MarkedAs, Order, Stage
from curation.queueing import State
from storage import search
from storage.annotations import stands
from storage.renames import names_of, renames_in_force
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

__all__ = [
    "IS_LISTED",
    "STAGES",
    "Condition",
    "Filter",
    "MarkedAs",
    "Order",
    "Stage",
    "conditions_of",
    "is_listed",
]

trajectory = table_of(TrajectoryRow)
item = table_of(ItemRow)
finding = table_of(FindingRow)
mark = table_of(MarkRow)
annotation = table_of(AnnotationRow)
annotator = table_of(AnnotatorRow)
dataset = table_of(DatasetRow)
tool = table_of(ToolRow)
tool_use = table_of(ToolUseRow)


@dataclass(frozen=True)
class Condition:
    """One condition as a set of trajectory ids, with what its index can do."""

    table: FromClause
    id_column: ColumnElement[int]
    where: tuple[ColumnElement[bool], ...]
    is_indexed: bool = True
    """Members can be listed without reading the whole table."""
    in_id_order: bool = True
    """The index lists members by trajectory id, so the newest fifty come straight off it."""
    plain: ColumnElement[bool] | None = None
    """The same on the row being read, written so that no index is drawn in; None: probe."""

    def probe(self, id_expression: ColumnElement[int]) -> ColumnElement[bool]:
        """The condition as a test of one trajectory id."""
        inner = self.table.alias()
        adapter = ClauseAdapter(inner)
        where = [adapter.traverse(clause) for clause in self.where]
        same: ColumnElement[bool] = adapter.traverse(self.id_column) == id_expression
        return select(1).select_from(inner).where(same, *where).exists()

    def of_row(self) -> ColumnElement[bool]:
        """The condition as a test of the trajectory row that is being read."""
        return self.plain if self.plain is not None else self.probe(trajectory.c.id)


STAGES: dict[str, ColumnElement[bool]] = {
    Stage.CHECKED: trajectory.c.checked_with > "",
    Stage.QUEUED: trajectory.c.state.in_([s.value for s in State if s is not State.NEW]),
    Stage.ANNOTATED: trajectory.c.state.in_(("annotated", "disputed", "decided")),
    Stage.DECIDED: trajectory.c.state == "decided",
    Stage.ACCEPTED: and_(trajectory.c.state == "decided", trajectory.c.outcome == "accept"),
}
"""What a stage or a later one means: the funnel counts and Browse lists by the same words."""

IS_LISTED = Condition(item, item.c.trajectory_id, ())
"""In some dataset. Corrections are not: they are seen where their parent is."""


def is_listed(id_column: ColumnElement[int]) -> ColumnElement[bool]:
    """The same for counts over many rows: a look into the few that are not listed."""
    return id_column.not_in(
        select(trajectory.c.id).where(
            trajectory.c.parent_id.is_not(None), ~IS_LISTED.probe(trajectory.c.id)
        )
    )


def conditions_of(conn: Connection, wanted: Filter) -> list[Condition]:
    """The conditions of a filter, those that usually have few members first."""
    found: list[Condition] = []
    if wanted.text:
        table, id_column, matches = search.match(conn, wanted.text)
        found.append(Condition(table, id_column, (matches,)))
    if wanted.category is not None:
        found.append(_by_category(conn, wanted.category))
    if wanted.marked is not None:
        found.append(_by_marked(wanted.marked))
    if any(v is not None for v in (wanted.annotator, wanted.said, wanted.day)):
        found.append(_by_annotation(wanted))
    if wanted.check is not None:
        found.append(
            Condition(finding, finding.c.trajectory_id, (finding.c.check == wanted.check,))
        )
    if wanted.tool is not None:
        tool_id = select(tool.c.id).where(tool.c.name == wanted.tool).scalar_subquery()
        found.append(
            Condition(tool_use, tool_use.c.trajectory_id, (tool_use.c.tool_id == tool_id,))
        )
    if wanted.broken_tool is not None:
        found.append(_by_broken_tool(wanted.broken_tool))
    found += _on_row(wanted)
    if wanted.dataset is not None:
        dataset_id = select(dataset.c.id).where(dataset.c.name == wanted.dataset).scalar_subquery()
        found.append(Condition(item, item.c.trajectory_id, (item.c.dataset_id == dataset_id,)))
    return found


def _on_row(wanted: Filter) -> list[Condition]:
    """Conditions on columns of the narrow row itself."""
    row = trajectory.c
    found: list[Condition] = []
    if wanted.with_errors:
        # Literal, not bound: only then is the partial index of rows with errors considered.
        found.append(Condition(trajectory, row.id, (row.n_errors > literal_column("0"),)))
    if wanted.outcome is not None:
        said = None if wanted.outcome == "none" else wanted.outcome
        found.append(Condition(trajectory, row.id, (row.outcome == said,)))
    if wanted.state is not None:
        found.append(Condition(trajectory, row.id, (row.state == wanted.state,)))
    if wanted.reached is not None:
        stage = STAGES.get(wanted.reached, false())
        found.append(Condition(trajectory, row.id, (stage,), in_id_order=False))
    low, high = wanted.min_messages, wanted.max_messages
    if low is not None or high is not None:
        found.append(_by_length(0 if low is None else low, high))
    if wanted.with_errors is False:
        clean = row.n_errors == 0
        found.append(Condition(trajectory, row.id, (clean,), is_indexed=False, plain=clean))
    return found


def _by_length(low: int, high: int | None) -> Condition:
    length = trajectory.c.n_messages
    same_length = length.op("+")(0)
    bounds, plain = [length >= low], [same_length >= low]
    if high is not None:
        bounds.append(length <= high)
        plain.append(same_length <= high)
    return Condition(
        trajectory, trajectory.c.id, tuple(bounds), in_id_order=False, plain=and_(*plain)
    )


def _by_broken_tool(name: str) -> Condition:
    # Literal, not bound: only then is the partial index of errors considered.
    where = (finding.c.severity == literal_column("'error'"), finding.c.tool == name)
    return Condition(finding, finding.c.trajectory_id, where)


def _by_category(conn: Connection, category: str) -> Condition:
    taxonomy, _, name = category.partition("/")
    names = names_of(renames_in_force(conn), taxonomy, name)
    named = mark.c.category == name if len(names) == 1 else mark.c.category.in_(names)
    where = (mark.c.taxonomy == taxonomy, named, _counts())
    return Condition(mark, mark.c.trajectory_id, where, in_id_order=False)


def _by_marked(said: str) -> Condition:
    saying: dict[str, ColumnElement[bool]] = {
        MarkedAs.ROOT_CAUSE: mark.c.root_cause,
        MarkedAs.DO_NOT_LEARN: ~mark.c.train,
    }
    where = (saying.get(said, false()), _counts())
    # No index lists them: each trajectory is asked for its few marks.
    return Condition(mark, mark.c.trajectory_id, where, is_indexed=False)


def _counts() -> ColumnElement[bool]:
    """The mark is of an annotation that stands."""
    owner = annotation.alias()
    return (
        select(1).select_from(owner).where(owner.c.id == mark.c.annotation_id, stands(owner))
    ).exists()


def _by_annotation(wanted: Filter) -> Condition:
    where: list[ColumnElement[bool]] = [stands(annotation)]
    if wanted.annotator is not None:
        named = select(annotator.c.id).where(annotator.c.name == wanted.annotator)
        where.append(annotation.c.annotator_id == named.scalar_subquery())
    if wanted.said is not None:
        where.append(annotation.c.outcome == wanted.said)
    if wanted.day is not None:
        start = datetime.fromisoformat(wanted.day).replace(tzinfo=UTC)
        where.append(annotation.c.created_at >= start)
        where.append(annotation.c.created_at < start + timedelta(days=1))
    return Condition(annotation, annotation.c.trajectory_id, tuple(where), in_id_order=False)
