"""Field mappings where people write them: read a file, begin with a proposal, look at rows.

What a mapping says is `curation.field_mapping`; importing with one is `app.flows.ingest`.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from app.flows.reading import import_context, read_records
from curation.errors import IngestError
from curation.field_mapping import FieldMapping, read_mapping
from curation.importing import ImportContext, Imported, Problem, Record, RecordError, pivot_record
from curation.mapped_rows import MappedRows
from curation.mapping_proposal import propose_mapping
from curation.trajectory import ToolSpec
from storage import imports
from storage.engine import Store
from storage.imports import StoredImport

OF_DATASET = "dataset:"
"""Begins the name of a mapping that is kept with a dataset."""

EDITED = "mapping"
"""How errors name the mapping in the editor."""

LOOKED_AT = 3
MAX_SHOWN = 20_000
"""Characters of a record that are shown."""


class RowLook(Struct, frozen=True):
    """What a mapping makes of one record: a trajectory, or the problem with it."""

    where: str
    imported: Imported | None
    problem: Problem | None = None


def read_mapping_file(name: str, store: Store) -> tuple[str, str]:
    """Text of a mapping and its name in errors; `dataset:NAME` is the one kept with a dataset.

    Raises:
        IngestError: there is no such file or no such mapping, or it is no text.
    """
    if name.startswith(OF_DATASET):
        dataset = name.removeprefix(OF_DATASET)
        kept = kept_mappings(store)
        if dataset not in kept:
            known = ", ".join(OF_DATASET + one for one in kept) or "none so far"
            raise IngestError(
                f"No import into {dataset!r} had a field mapping.",
                hint=f"Mappings are kept for: {known}.",
            )
        return kept[dataset], name
    path = Path(name)
    if not path.is_file():
        raise IngestError("There is no such mapping.", where=name, hint="Check --mapping.")
    try:
        return path.read_text("utf-8"), path.name
    except UnicodeDecodeError:
        raise IngestError(
            "The mapping is not UTF-8 text.", where=name, hint="Save it so."
        ) from None


def kept_mappings(store: Store) -> dict[str, str]:
    """Dataset -> text of the mapping that its latest import with one had."""
    found: dict[str, str] = {}
    for one in list_imports(store):
        if one.about.mapping:
            found.setdefault(one.dataset, one.about.mapping)
    return found


def list_imports(store: Store, dataset: str | None = None) -> list[StoredImport]:
    """What was imported into a dataset, or into any, and how; the latest first."""
    with store.read() as conn:
        return imports.list_imports(conn, dataset)


def first_records(path: Path, n: int = LOOKED_AT) -> list[Record | Problem]:
    """The first records of a file."""
    return list(islice(read_records(path), n))


def proposed(records: list[Record | Problem]) -> str:
    """A mapping to begin with, from the first record that could be read."""
    return propose_mapping(next((r.value for r in records if isinstance(r, Record)), None))


def shown_record(record: Record) -> str:
    """A record as indented JSON, cut where it is very long."""
    text = msgspec.json.format(msgspec.json.encode(record.value)).decode()
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "\n…"


def look(
    mapping: FieldMapping, path: Path, records: list[Record | Problem], tools: tuple[ToolSpec, ...]
) -> list[RowLook]:
    """What a mapping makes of records of `path`."""
    rows = MappedRows(mapping)
    context = import_context(path, tools)
    return [
        RowLook(item.where, None, item)
        if isinstance(item, Problem)
        else _looked(rows, item, context)
        for item in records
    ]


def _looked(rows: MappedRows, record: Record, context: ImportContext) -> RowLook:
    try:
        (imported,) = pivot_record(rows, record, context)
    except RecordError as problem:
        return RowLook(record.where, None, problem.at(record.where))
    return RowLook(record.where, imported)


def checked_mapping(text: str) -> FieldMapping:
    """The mapping as it stands in the editor.

    Raises:
        IngestError: it says something that a mapping cannot; names the line.
    """
    return read_mapping(text, EDITED)
