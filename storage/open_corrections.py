"""Corrections that are not saved yet: one per annotator and trajectory, replaced as they grow.

A draft is no human act, so nothing is appended here. A revision number grows with every change, and
what a page sends names the one it was made over: how two tabs do not overwrite each other is
`app/flows/open_corrections.py`. The caller holds the annotator (`hold_annotator`).
"""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from storage.tables import OpenCorrectionRow, table_of

open_correction = table_of(OpenCorrectionRow)


class OpenCorrection(Struct, frozen=True):
    """What one annotator has not saved yet of one trajectory."""

    revision: int
    session_id: str
    n: int
    content: str
    """JSON object; "" when nothing is open."""


def find_open(conn: Connection, trajectory_id: int, annotator_id: int) -> OpenCorrection | None:
    """What is kept; None when nothing ever was."""
    row = conn.execute(
        select(
            open_correction.c.revision,
            open_correction.c.session_id,
            open_correction.c.n,
            open_correction.c.content,
        ).where(
            open_correction.c.trajectory_id == trajectory_id,
            open_correction.c.annotator_id == annotator_id,
        )
    ).one_or_none()
    return None if row is None else OpenCorrection(*row)


def put_open(
    conn: Connection,
    *,
    trajectory_id: int,
    annotator_id: int,
    session_id: str,
    n: int,
    content: str,
) -> int:
    """Keep `content` in the place of what was kept; returns its revision."""
    before = find_open(conn, trajectory_id, annotator_id)
    revision = 1 if before is None else before.revision + 1
    values = {
        "revision": revision,
        "session_id": session_id,
        "n": n,
        "content": content,
        "kept_at": datetime.now(UTC),
    }
    if before is None:
        row = {"trajectory_id": trajectory_id, "annotator_id": annotator_id, **values}
        conn.execute(insert(open_correction).values(row))
    else:
        conn.execute(
            update(open_correction)
            .where(
                open_correction.c.trajectory_id == trajectory_id,
                open_correction.c.annotator_id == annotator_id,
            )
            .values(values)
        )
    return revision
