"""Studio-wide settings and secrets that must survive a restart."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, insert, select, update

from storage.tables import SettingRow, table_of

setting = table_of(SettingRow)


def get_setting(conn: Connection, name: str) -> str | None:
    """The value of a setting; None when it was never put."""
    found = conn.execute(select(setting.c.value).where(setting.c.name == name))
    return found.scalar_one_or_none()


def put_setting(conn: Connection, name: str, value: str) -> None:
    """Store a setting, replacing its value."""
    changed = conn.execute(update(setting).where(setting.c.name == name).values(value=value))
    if changed.rowcount == 0:
        conn.execute(insert(setting).values(name=name, value=value))


def ensure_secret(conn: Connection, name: str) -> str:
    """The secret called `name` (64 hex digits), created at random on first use."""
    known = get_setting(conn, name)
    if known is not None:
        return known
    secret = secrets.token_hex(32)
    put_setting(conn, name, secret)
    return secret
