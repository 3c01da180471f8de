"""The exports that were made: one row each, with the manifest.

What an export reads is `storage.candidates`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select

from storage.tables import ExportRow, table_of

export = table_of(ExportRow)


class ExportInfo(Struct, frozen=True):
    """One finished export."""

    id: int
    type: str
    layout: str
    out: str
    n_rows: int
    manifest: dict[str, Any]
    created_at: datetime


def record_export(
    conn: Connection, *, type: str, layout: str, out: str, n_rows: int, manifest: bytes
) -> int:
    """Remember a finished export with its manifest; returns its id."""
    inserted = conn.execute(
        insert(export).values(
            type=type,
            layout=layout,
            out=out,
            n_rows=n_rows,
            manifest=manifest.decode(),
            created_at=datetime.now(UTC),
        )
    )
    (export_id,) = inserted.inserted_primary_key or (None,)
    assert export_id is not None
    return int(export_id)


def list_exports(conn: Connection, limit: int = 50) -> list[ExportInfo]:
    """Finished exports, the latest first."""
    rows = conn.execute(select(export).order_by(export.c.id.desc()).limit(limit))
    return [
        ExportInfo(
            row.id,
            row.type,
            row.layout,
            row.out,
            row.n_rows,
            msgspec.json.decode(row.manifest),
            row.created_at,
        )
        for row in rows
    ]
