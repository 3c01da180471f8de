"""Who proposed which correction of a trajectory, and why.

The corrected trajectory itself is an ordinary row (`storage/trajectories.py: add_correction`).
Rows are appended; the latest of one author for one correction counts.
"""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import Connection, func, insert, select

from storage.tables import AnnotatorRow, CorrectionRow, TrajectoryRow, table_of

correction = table_of(CorrectionRow)
annotator = table_of(AnnotatorRow)
trajectory = table_of(TrajectoryRow)


class CorrectionInfo(Struct, frozen=True):
    """One author's reason for one corrected trajectory."""

    id: int
    uid: str
    """uid of the corrected trajectory."""
    trajectory_id: int
    parent_id: int
    annotator_id: int
    author: str
    reason: str
    created_at: datetime


def append_correction(
    conn: Connection, *, parent_id: int, trajectory_id: int, annotator_id: int, reason: str
) -> None:
    """Record that the annotator proposes `trajectory_id` in place of `parent_id`.

    The same proposal with the same reason is on record already and adds nothing.
    """
    before = find_correction(conn, parent_id, trajectory_id, annotator_id)
    if before is not None and before.reason == reason:
        return
    conn.execute(
        insert(correction).values(
            parent_id=parent_id,
            trajectory_id=trajectory_id,
            annotator_id=annotator_id,
            reason=reason,
            created_at=datetime.now(UTC),
        )
    )


def find_correction(
    conn: Connection, parent_id: int, trajectory_id: int, annotator_id: int
) -> CorrectionInfo | None:
    """The latest row of this author for this correction, or None."""
    found = [
        c
        for c in corrections_of(conn, parent_id)
        if c.trajectory_id == trajectory_id and c.annotator_id == annotator_id
    ]
    return found[0] if found else None


def corrections_of(conn: Connection, parent_id: int) -> list[CorrectionInfo]:
    """Every correction proposed for a trajectory, one row per author and correction, in order."""
    latest = (
        select(func.max(correction.c.id))
        .where(correction.c.parent_id == parent_id)
        .group_by(correction.c.trajectory_id, correction.c.annotator_id)
    )
    rows = conn.execute(
        select(
            correction.c.id,
            trajectory.c.uid,
            correction.c.trajectory_id,
            correction.c.parent_id,
            correction.c.annotator_id,
            annotator.c.name,
            correction.c.reason,
            correction.c.created_at,
        )
        .join(trajectory, trajectory.c.id == correction.c.trajectory_id)
        .join(annotator, annotator.c.id == correction.c.annotator_id)
        .where(correction.c.id.in_(latest))
        .order_by(correction.c.id)
    )
    return [CorrectionInfo(*row) for row in rows]
