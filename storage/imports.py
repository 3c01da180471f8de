"""What was imported into a dataset, and how: append-only, one row an import."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select

from storage.preparation import plain_text
from storage.tables import DatasetRow, ImportRow, table_of

imported = table_of(ImportRow)
dataset = table_of(DatasetRow)


class ImportRecord(Struct, frozen=True):
    """What an import was asked to do."""

    paths: tuple[str, ...]
    format: str
    tools: str = ""
    """File of tool definitions that was given apart; "" for none."""
    mapping: str = ""
    """Text of the field mapping; "" for none."""


class StoredImport(Struct, frozen=True):
    """An import that was begun."""

    id: int
    dataset: str
    created_at: datetime
    about: ImportRecord


def add_import(conn: Connection, dataset_id: int, about: ImportRecord) -> None:
    """Note that an import into a dataset begins."""
    values = {
        "dataset_id": dataset_id,
        "paths": plain_text(msgspec.json.encode(about.paths).decode()),
        "format": about.format,
        "tools": plain_text(about.tools),
        "mapping": plain_text(about.mapping),
        "created_at": datetime.now(UTC),
    }
    conn.execute(insert(imported).values(values))


def list_imports(
    conn: Connection, name: str | None = None, limit: int | None = None
) -> list[StoredImport]:
    """Imports into the dataset called `name`, or into any; the latest first."""
    columns = (imported.c.paths, imported.c.format, imported.c.tools, imported.c.mapping)
    query = (
        select(imported.c.id, dataset.c.name, imported.c.created_at, *columns)
        .join(dataset, dataset.c.id == imported.c.dataset_id)
        .order_by(imported.c.id.desc())
        .limit(limit)
    )
    if name is not None:
        query = query.where(dataset.c.name == name)
    return [
        StoredImport(
            number,
            of,
            created_at,
            ImportRecord(msgspec.json.decode(paths, type=tuple[str, ...]), *rest),
        )
        for number, of, created_at, paths, *rest in conn.execute(query)
    ]
