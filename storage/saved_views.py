"""Named filters of Browse."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from storage.browse import Filter
from storage.tables import SavedViewRow, table_of

saved_view = table_of(SavedViewRow)


class SavedView(Struct, frozen=True):
    """A filter under a name."""

    name: str
    filter: Filter


def list_views(conn: Connection) -> list[SavedView]:
    """All saved views by name."""
    rows = conn.execute(select(saved_view.c.name, saved_view.c.query).order_by(saved_view.c.name))
    return [SavedView(name, msgspec.json.decode(query, type=Filter)) for name, query in rows]


def save_view(conn: Connection, name: str, wanted: Filter) -> None:
    """Store `wanted` as `name`; a view of that name is replaced."""
    conn.execute(delete(saved_view).where(saved_view.c.name == name))
    query = msgspec.json.encode(wanted).decode()
    conn.execute(insert(saved_view).values(name=name, query=query, created_at=datetime.now(UTC)))


def drop_view(conn: Connection, name: str) -> None:
    """Forget the view called `name`."""
    conn.execute(delete(saved_view).where(saved_view.c.name == name))
