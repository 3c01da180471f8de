"""Many rows at once, through the driver: no statement objects, no ORM, one call a table.

Column order is the caller's; values must already be what the driver takes (use `stored_time` for
datetimes). Single rows go through SQLAlchemy Core where they belong.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table

from storage.tables import UtcDateTime

MAX_KEYS = 5_000
"""How many keys one IN list may carry; both databases take more, slower."""

_time = UtcDateTime()


@lru_cache(maxsize=64)
def _insert_sql(dialect: str, table: str, columns: tuple[str, ...]) -> str:
    mark = "?" if dialect == "sqlite" else "%s"
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join([mark] * len(columns))})'


def insert_many(
    conn: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert `rows`, tuples in the order of `columns`."""
    if rows:
        conn.exec_driver_sql(_insert_sql(conn.dialect.name, table.name, columns), list(rows))


def insert_new(
    conn: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> int:
    """Insert those of `rows` that break no unique constraint; returns how many those were."""
    if not rows:
        return 0
    sql = _insert_sql(conn.dialect.name, table.name, columns) + " ON CONFLICT DO NOTHING"
    return conn.exec_driver_sql(sql, list(rows)).rowcount


def replace_many(
    conn: Connection,
    table: Table,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Insert `rows`, tuples of keys and then columns; where the keys are taken, set the columns."""
    if rows:
        changes = ", ".join(f'"{column}" = excluded."{column}"' for column in columns)
        taken = ", ".join(f'"{key}"' for key in keys)
        sql = _insert_sql(conn.dialect.name, table.name, (*keys, *columns))
        conn.exec_driver_sql(f"{sql} ON CONFLICT ({taken}) DO UPDATE SET {changes}", list(rows))


@lru_cache(maxsize=64)
def _update_sql(dialect: str, table: str, columns: tuple[str, ...]) -> str:
    mark = "?" if dialect == "sqlite" else "%s"
    changes = ", ".join(f'"{column}" = {mark}' for column in columns)
    return f'UPDATE "{table}" SET {changes} WHERE "id" = {mark}'


def change_many(
    conn: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Set `columns` of rows by id; each tuple holds their values and, last, the id."""
    if rows:
        conn.exec_driver_sql(_update_sql(conn.dialect.name, table.name, columns), list(rows))


def stored_time(conn: Connection, value: datetime) -> Any:
    """`value` as the driver stores it: what SQLAlchemy's own column type would send."""
    process = _time.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    return process(value) if process is not None else value
