"""What each annotator likes to have otherwise: one small JSON value per name."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from storage.tables import PreferenceRow, table_of

preference = table_of(PreferenceRow)


def get_preference(conn: Connection, annotator_id: int, name: str) -> str | None:
    """The JSON of a preference; None when it was never put."""
    found = conn.execute(select(preference.c.value).where(*_of(annotator_id, name)))
    return found.scalar_one_or_none()


def put_preference(conn: Connection, annotator_id: int, name: str, value: str) -> None:
    """Store a preference, replacing its value.

    Two transactions of one annotator must not both find it absent: hold the annotator first
    (`storage.annotators.hold_annotator`).
    """
    said = {"value": value, "changed_at": datetime.now(UTC)}
    changed = conn.execute(update(preference).where(*_of(annotator_id, name)).values(**said))
    if changed.rowcount == 0:
        conn.execute(insert(preference).values(annotator_id=annotator_id, name=name, **said))


def _of(annotator_id: int, name: str) -> tuple[ColumnElement[bool], ...]:
    return preference.c.annotator_id == annotator_id, preference.c.name == name
