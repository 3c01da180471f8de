"""Reading an export's files back before they are published: how it knows that it did not lie.

Every byte is hashed again, every row is parsed strictly and counted, and the content of the rows
that `export_comparing` names is taken back out of the layout and compared with what the store gave.
Where any run of rows can be read by itself, blocks are read side by side; other files are read part
by part in one process, which takes what their libraries hold in memory with it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from app.flows.export_comparing import Digest, compared_rows, content_of
from app.flows.export_writing import Written
from app.flows.side_by_side import Workers, streamed
from curation.errors import ExportError
from curation.export_manifest import FileEntry
from curation.exporting import LAYOUTS, Layout

_HASHED_AT_A_TIME = 1 << 20
PART_ROWS = 1_000


class Span(Struct, frozen=True):
    """A part of a file to be read: one block, or the whole of it."""

    path: str
    layout: str
    first: int
    """Number of its first row in the file."""
    offset: int
    size: int | None
    """Bytes; None for the whole file."""
    compared: tuple[int, ...]
    """Its rows whose content is wanted, counted from its first."""


class Found(Struct, frozen=True):
    """What a span holds."""

    rows: int
    contents: list[bytes]
    """Of the compared rows, in order."""
    problem: str = ""
    """Why the row after `rows` cannot be read."""


def read_back(folder: Path, layout: Layout, written: Written, workers: Workers) -> None:
    """Read a file of blocks and compare it with what the store gave.

    Raises:
        ExportError: rows, content or bytes differ, or a row cannot be read.
    """
    path = folder / written.entry.name
    _compare(path, written.entry, workers.map(read_span, _spans(path, layout, written)))


def read_whole(folder: Path, layout: Layout, written: Written, *, apart: bool) -> None:
    """The same for a file that only one can read. `apart`: in a process of its own."""
    path = folder / written.entry.name
    rows = [b.first + n for b in written.blocks for n in compared_rows(b.first, b.n_rows)]
    span = Span(str(path), layout.name, 0, 0, None, tuple(rows))
    parts = streamed(read_parts, span) if apart else read_parts(span)
    _compare(path, written.entry, ((span, part) for part in parts))


def _compare(path: Path, entry: FileEntry, spans: Iterable[tuple[Span, Found]]) -> None:
    digest, rows, sha256 = Digest(), 0, hashlib.sha256()
    try:
        with path.open("rb") as file:
            for span, found in spans:
                if found.problem:
                    row = rows + found.rows + 1
                    raise _untrue(entry, f"row {row} does not read back: {found.problem}")
                digest.add(found.contents)
                rows += found.rows
                # Here, while others parse: a file's bytes are hashed in order, by one.
                sha256.update(file.read(span.size or 0))
            while more := file.read(_HASHED_AT_A_TIME):
                sha256.update(more)
    except OSError as problem:
        raise _untrue(entry, f"it does not read back: {problem}") from None
    if rows != entry.rows:
        raise _untrue(entry, f"it holds {rows} rows where {entry.rows} were written")
    if digest.hexdigest() != entry.content_sha256:
        raise _untrue(entry, "its rows differ from those in the store")
    if sha256.hexdigest() != entry.sha256:
        raise _untrue(entry, "its bytes differ from those written")


def _spans(path: Path, layout: Layout, written: Written) -> Iterator[Span]:
    for block in written.blocks:
        compared = tuple(compared_rows(block.first, block.n_rows))
        yield Span(str(path), layout.name, block.first, block.offset, block.size, compared)


def read_span(span: Span) -> Found:
    """Parse every row of a span; pure but for the file, so it runs in any process."""
    whole = Found(0, [])
    for part in read_parts(span):
        whole = Found(whole.rows + part.rows, whole.contents + part.contents, part.problem)
    return whole


def read_parts(span: Span) -> Iterator[Found]:
    """The same part by part, so that no file is held in memory."""
    compared = frozenset(span.compared)
    contents: list[bytes] = []
    rows = told = 0
    try:
        with Path(span.path).open("rb") as file:
            file.seek(span.offset)
            part = file if span.size is None else io.BytesIO(file.read(span.size))
            for example in LAYOUTS.get(span.layout).rows(part, compared.__contains__):
                if example is not None and rows in compared:
                    contents.append(content_of(example))
                rows += 1
                if rows - told == PART_ROWS:
                    yield Found(PART_ROWS, contents)
                    contents, told = [], rows
    except (OSError, ValueError, msgspec.MsgspecError) as problem:
        yield Found(rows - told, contents, str(problem))
    else:
        yield Found(rows - told, contents)


def _untrue(entry: FileEntry, what: str) -> ExportError:
    return ExportError(
        f"The file was not published: {what}.",
        where=entry.name,
        hint="Check the disk and export again; nothing was changed in the folder.",
    )
