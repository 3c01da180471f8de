"""How much stands in the categories of a taxonomy: what a new version would change the name of."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection, case, func, literal_column, select

from curation.queueing import State
from storage.annotations import stands
from storage.renames import category_now, renames_in_force
from storage.tables import AnnotationRow, MarkRow, TrajectoryRow, table_of

annotation = table_of(AnnotationRow)
mark = table_of(MarkRow)
trajectory = table_of(TrajectoryRow)


class CategoryUse(Struct, frozen=True):
    """How much stands in a category."""

    marks: int = 0
    """Marks of committed annotations that stand."""
    trajectories: int = 0
    decided: int = 0
    """Of these trajectories, how many are decided."""


def use_of(conn: Connection, name: str) -> dict[str, CategoryUse]:
    """What stands in each category of a taxonomy, under the names that hold now."""
    renames = renames_in_force(conn)
    category = category_now(renames).label("category")
    decided = case((trajectory.c.state == State.DECIDED.value, mark.c.trajectory_id))
    rows = conn.execute(
        select(
            category,
            func.count(),
            func.count(func.distinct(mark.c.trajectory_id)),
            func.count(func.distinct(decided)),
        )
        .join(annotation, annotation.c.id == mark.c.annotation_id)
        .join(trajectory, trajectory.c.id == mark.c.trajectory_id)
        .where(mark.c.taxonomy == name, stands(annotation))
        .group_by(literal_column("1"))
    )
    return {row[0]: CategoryUse(*row[1:]) for row in rows}
