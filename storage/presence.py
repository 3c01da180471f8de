"""Which browser session has which trajectory on screen, by when it last said so.

Rows are a sign of life, not a record: they are replaced, and forgotten when they are old. The
caller holds the annotator (`hold_annotator`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from storage.tables import AnnotatorRow, PresenceRow, table_of

presence = table_of(PresenceRow)
annotator = table_of(AnnotatorRow)


def say_here(
    conn: Connection, annotator_id: int, session_id: str, trajectory_id: int, now: datetime
) -> None:
    """The session has this trajectory on screen now."""
    say_gone(conn, annotator_id, session_id)
    conn.execute(
        insert(presence).values(
            annotator_id=annotator_id,
            session_id=session_id,
            trajectory_id=trajectory_id,
            seen_at=now,
        )
    )


def say_gone(conn: Connection, annotator_id: int, session_id: str) -> None:
    """The session has nothing on screen any more."""
    conn.execute(
        delete(presence).where(
            presence.c.annotator_id == annotator_id, presence.c.session_id == session_id
        )
    )


def forget_before(conn: Connection, annotator_id: int, when: datetime) -> None:
    """Forget the annotator's sessions that gave no sign of life since."""
    conn.execute(
        delete(presence).where(presence.c.annotator_id == annotator_id, presence.c.seen_at < when)
    )


def sessions_at(
    conn: Connection, trajectory_id: int, since: datetime
) -> list[tuple[int, str, str]]:
    """(annotator id, annotator, session) that have the trajectory on screen, by name."""
    rows = conn.execute(
        select(presence.c.annotator_id, annotator.c.name, presence.c.session_id)
        .join(annotator, annotator.c.id == presence.c.annotator_id)
        .where(presence.c.trajectory_id == trajectory_id, presence.c.seen_at >= since)
        .order_by(annotator.c.name, presence.c.session_id)
    )
    return [(row.annotator_id, row.name, row.session_id) for row in rows]
