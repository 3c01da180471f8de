"""One row of an export, traced back: from the files in its folder, no database needed.

The files are read line by line, so memory does not grow with the export.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from curation.errors import ExportError
from curation.export_lineage import LINEAGE, Lineage
from curation.export_manifest import INDEX, MANIFEST, Manifest
from curation.lineage_story import RowPlace, told

Line = TypeVar("Line")


class RowStory(Struct, frozen=True):
    """Where one row comes from."""

    place: RowPlace
    split: str
    lineage: Lineage | None
    """None in exports from before lineage was kept."""
    told: list[str]
    """The same in sentences."""


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export.

    Raises:
        ExportError: the folder holds no export that can be read.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ExportError(
            f"There is no export to read here: {problem}.",
            where=str(folder),
            hint=f"Name a folder that holds a {MANIFEST} of Loopwright.",
        ) from None
    if manifest.made_by != "loopwright":
        raise ExportError("This is no export of Loopwright.", where=str(folder))
    return manifest


def lines_of(path: Path, kind: type[Line]) -> Iterator[Line]:
    """The lines of a file beside the rows; none when there is no such file.

    Raises:
        ExportError: a line cannot be read.
    """
    decoder = msgspec.json.Decoder(kind)
    number = 1
    try:
        with path.open("rb") as file:
            for line in file:
                yield decoder.decode(line)
                number += 1
    except FileNotFoundError:
        return
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ExportError(
            f"The line does not read: {problem}.",
            where=f"{path}:{number}",
            hint="The file was changed after the export; export again.",
        ) from None


def trace(folder: Path, row: str) -> RowStory:
    """The story of a row, named `<file>:<line>`; the first line is 1, as in an editor.

    Raises:
        ExportError: there is no such export or row.
    """
    manifest = read_manifest(folder)
    name, _, number = row.rpartition(":")
    if not name or not number.isascii() or not number.isdigit() or not int(number):
        raise ExportError(
            f"{row!r} names no row.", where="row", hint="Write it as train.jsonl:17 (from 1)."
        )
    entry = next((e for e in manifest.files if name in (e.name, e.split)), None)
    if entry is None:
        names = ", ".join(e.name for e in manifest.files)
        raise ExportError(
            f"The export has no file {name!r}.", where=str(folder), hint=f"There is {names}."
        )
    wanted = int(number) - 1
    for place in lines_of(folder / INDEX, RowPlace):
        if place.row == wanted and place.file == entry.name:
            return _story(folder, place, entry.split)
    raise ExportError(
        f"{entry.name} has {entry.rows:,} rows, so there is no row {int(number):,}.",
        where=str(folder / INDEX),
        hint="Rows are counted from 1.",
    )


def _story(folder: Path, place: RowPlace, split: str) -> RowStory:
    line = next((one for one in lines_of(folder / LINEAGE, Lineage) if one.uid == place.uid), None)
    return RowStory(place, split, line, told(place, line, split))
