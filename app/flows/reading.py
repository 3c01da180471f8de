"""Reading files into decoded records, one after another, whatever form they are in.

Knows JSON Lines, arrays, objects in a row, gzip of each, and parquet, all told by content and never
by the file's name. Memory is bounded by one record, not by the file. A record that cannot be read
is a `Problem` with its place and a remedy, and the reading goes on. What a record means is the
business of `curation.importing`.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import msgspec

from app.flows.gzip_stream import open_gzip
from app.flows.json_splitting import Piece, ValueSplitter, split_lines
from app.flows.parquet_values import plain_columns
from app.flows.record_decoding import decoded
from curation.errors import IngestError
from curation.importing import (
    DETECTION_RECORDS,
    Format,
    ImportContext,
    Problem,
    Record,
    RecordError,
    detect,
)
from curation.tool_schemas import read_tools
from curation.trajectory import ToolSpec

SUFFIXES = (".json", ".jsonl", ".ndjson", ".gz", ".parquet", ".traj")
"""What a folder is searched for. A file named outright may be called anything."""

COMPANION_FOLDERS = frozenset(("possible_answer", "multi_turn_func_doc"))
"""Folders that hold what belongs to the files beside them, never trajectories."""

MAX_RECORD_BYTES = 64 << 20

_HEAD = 1 << 20
_PARQUET_ROWS = 256
_DAMAGED = (EOFError, zlib.error, OSError)

_KINDS = (
    (b"PK\x03\x04", "a zip archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "zstandard", "Unpack it first (`zstd -d`)."),
    (b"BZh", "bzip2", "Unpack it first (`bunzip2`)."),
    (b"\xfd7zXZ", "xz", "Unpack it first (`unxz`)."),
    (b"SQLite format 3", "an SQLite database", "Export its rows as JSON Lines."),
    (b"\xff\xfe\0\0", "UTF-32 text", "Save it as UTF-8."),
    (b"\xff\xfe", "UTF-16 text", "Save it as UTF-8."),
    (b"\xfe\xff", "UTF-16 text", "Save it as UTF-8."),
)


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files to read: those named, and those in the folders named, sorted, each once.

    Raises:
        IngestError: a path does not exist, or a folder holds nothing to read.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            inside = list(_walk(path))
            if not inside:
                raise IngestError(
                    "The folder holds no file to import.",
                    where=str(path),
                    hint=f"Looked for {', '.join(SUFFIXES)}.",
                )
        elif path.exists():
            inside = [path]
        else:
            raise IngestError("There is no such file.", where=str(path), hint="Check the path.")
        for file in inside:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f[0] != "." and f not in COMPANION_FOLDERS)
        for name in sorted(files):
            if name[0] != "." and name.lower().endswith(SUFFIXES):
                yield Path(here, name)


def read_records(
    path: Path, *, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[Record | Problem]:
    """The records of a file in order; never raises for what the file contains."""
    where = str(path)
    try:
        if not path.is_file():
            yield Problem(where, "This is not a regular file.", "Name a file or a folder.")
            return
        with path.open("rb") as file:
            magic = file.read(4)
        if magic == b"PAR1":
            yield from _parquet_rows(path)
        else:
            yield from _text_records(path, magic[:2] == b"\x1f\x8b", max_record_bytes)
    except PermissionError:
        yield Problem(where, "The file may not be read.", "Check its permissions.")
    except OSError as problem:
        yield Problem(
            where, f"The file cannot be read: {problem.strerror or problem}.", "Check it."
        )


def import_context(
    path: Path,
    tools: Sequence[ToolSpec] = (),
    tool_sets: Mapping[str, Sequence[ToolSpec]] = {},
) -> ImportContext:
    """The context for the records of `path`, with the files beside it as companions."""
    return ImportContext(
        tools=tools,
        tool_sets=tool_sets,
        file_name=path.name,
        companions=_companions(path.parent),
    )


def _companions(folder: Path) -> Callable[[str], list[Any] | None]:
    def load(relative: str) -> list[Any] | None:
        path = folder / relative
        if not path.is_file():
            return None
        return [r.value for r in read_records(path) if isinstance(r, Record)]

    return load


def detect_format(path: Path, *, max_record_bytes: int = MAX_RECORD_BYTES) -> Format | None:
    """The format of a file by its first records; None when unknown or unreadable."""
    records = (
        r.value
        for r in read_records(path, max_record_bytes=max_record_bytes)
        if isinstance(r, Record)
    )
    return detect(list(islice(records, DETECTION_RECORDS)))


def read_tool_sets(path: Path) -> dict[str, tuple[ToolSpec, ...]]:
    """Tool definitions by the name, without endings, of the file they stand in: a file of tools, or
    a folder of such files.

    Raises:
        IngestError: as `read_tool_file`, or the folder holds no file.
    """
    files = find_files([path]) if path.is_dir() else [path]
    return {file.name.partition(".")[0]: read_tool_file(file) for file in files}


def read_tool_file(path: Path) -> tuple[ToolSpec, ...]:
    """Tool definitions from a file: a list, a map, or one definition per line.

    Raises:
        IngestError: the file is missing, unreadable or holds no named tool.
    """
    where = str(path)
    if not path.is_file():
        raise IngestError("There is no such file of tools.", where=where, hint="Check --tools.")
    values: list[Any] = []
    for record in read_records(path):
        if isinstance(record, Problem):
            raise IngestError(record.message, where=record.where, hint=record.hint)
        values.append(record.value)
    try:
        tools = read_tools(values[0] if len(values) == 1 else values)
    except RecordError as problem:
        raise IngestError(problem.message, where=where, hint=problem.hint) from None
    if not tools or not all(tool.name for tool in tools):
        raise IngestError(
            "The file holds no tool definitions, or one without a name.",
            where=where,
            hint="Give a JSON list of definitions with name and parameters.",
        )
    return tools


# --- text -------------------------------------------------------------------------------------


def _open(path: Path, zipped: bool) -> io.BufferedIOBase:
    return open_gzip(path) if zipped else io.BufferedReader(io.FileIO(path), _HEAD)


def _head(path: Path, zipped: bool) -> bytes:
    """The first MiB; of a damaged gzip what comes before the damage."""
    parts: list[bytes] = []
    size = 0
    with _open(path, zipped) as stream:
        try:
            while size < _HEAD and (part := stream.read1(_HEAD - size)):
                parts.append(part)
                size += len(part)
        except _DAMAGED:
            if not zipped:
                raise
    return b"".join(parts)


def _text_records(path: Path, zipped: bool, limit: int) -> Iterator[Record | Problem]:
    where = str(path)
    head = _head(path, zipped)
    refusal = _not_text(head)
    if refusal is not None:
        message, hint = refusal
        damage = _damage(path, zipped) if zipped and not head else None
        yield damage or Problem(where, message, hint)
        return
    with _open(path, zipped) as stream:
        if head.startswith(b"\xef\xbb\xbf"):
            stream.read(3)
            head = head[3:]
        pieces = _split(stream, head, limit)
        position = 0
        line = 1
        try:
            for position, piece in enumerate(pieces, start=1):
                line = piece.line
                yield decoded(piece, where, position, limit)
                if piece.problem == "trailing":
                    return
        except _DAMAGED as problem:
            if not zipped:
                raise
            yield _cut(where, line, position, problem)
            return
        if not position:
            yield Problem(where, "The list is empty.", "Give a file with at least one record.")


def _damage(path: Path, zipped: bool) -> Problem | None:
    """Why nothing at all came out of a gzip file; None when it is a sound empty one."""
    try:
        with _open(path, zipped) as stream:
            stream.read1(1)
    except _DAMAGED as problem:
        return _cut(str(path), 0, 0, problem)
    return None


def _cut(where: str, line: int, position: int, problem: Exception) -> Problem:
    kept = f"The {position} records before it were read." if position else "Nothing was read."
    return Problem(
        f"{where}:{line}" if line else where,
        f"The gzip data is damaged or cut off after this place: {problem}. {kept}",
        "Fetch or compress the file again.",
    )


def _not_text(head: bytes) -> tuple[str, str] | None:
    """Message and hint when the file is no JSON at all, judged by its first MiB."""
    for sign, kind, hint in _KINDS:
        if head.startswith(sign):
            return f"The file is {kind}, which is not read.", hint
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n"):
        return "The file is empty.", "Give a file with at least one record."
    if head[:4].count(b"\0") >= 2 and head[:4].strip(b"\0") in (b"{", b"[", b'{\0"', b"[\0{"):
        return "The file is UTF-16 or UTF-32 text, which is not read.", "Save it as UTF-8."
    if b"\0" in head:
        return "The file is binary, not JSON text.", "Give JSON, JSON Lines, gzip or parquet."
    return None


def _split(stream: io.BufferedIOBase, head: bytes, limit: int) -> Iterator[Piece]:
    """Choose how records are told apart, by the first MiB.

    A first line that is a whole value makes JSON Lines, except that a lone array is an array of
    records. Otherwise a bracket opens an array and a brace an object over several lines, unless a
    later line is a whole object: then it is JSON Lines whose first line is broken. Objects that
    share their line with others are told apart by their brackets.
    """
    text = head.lstrip()
    lines = text.split(b"\n", 50)
    first = lines[0]
    if text[:1] == b"[":
        if len(lines) > 1 and text[len(first) :].strip() and _is_value(first):
            return split_lines(stream, limit)
        if any(_is_object(x) and _is_object(y) for x, y in pairwise(lines[1:-1])):
            return split_lines(stream, limit)  # no array has two lines without a comma between
        return iter(ValueSplitter(stream, limit, in_array=True))
    if text[:1] == b"{":
        whole = len(lines) == 1 or _is_value(first) or any(_is_object(x) for x in lines[1:-1])
        if whole and not _shares_its_line(first):
            return split_lines(stream, limit)
        return iter(ValueSplitter(stream, limit, in_array=False))
    if any(_is_object(x) for x in lines):
        return split_lines(stream, limit)
    return iter((Piece(1, first[:80], "scalar" if _is_value(first) else "foreign"),))


def _shares_its_line(line: bytes) -> bool:
    """Whether two whole objects stand on one line: `{…}{…}` or `{…}, {…}`."""
    if _is_value(line):
        return False
    pieces = islice(ValueSplitter(io.BytesIO(line), len(line), in_array=False), 2)
    return [_is_object(p.data) for p in pieces if not p.problem] == [True, True]


def _is_value(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_object(line: bytes) -> bool:
    return line[:1] == b"{" and _is_value(line)


# --- parquet ----------------------------------------------------------------------------------


def _parquet_rows(path: Path) -> Iterator[Record | Problem]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    where = str(path)
    row = 0
    try:
        with pq.ParquetFile(path) as file:
            plain = plain_columns(file.schema_arrow)
            for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
                for value in _rows_of(batch):
                    row += 1
                    if isinstance(value, str):
                        yield Problem(
                            f"{where}: row {row}",
                            f"The row cannot be read: {value}.",
                            "Write the table again with text columns as UTF-8.",
                        )
                    else:
                        for column, change in plain.items():
                            value[column] = change(value[column])
                        yield Record(f"{where}: row {row}", row, value)
            if not row:
                yield Problem(where, "The table has no rows.", "Give a table with records.")
    except (pa.ArrowException, OSError) as problem:
        yield Problem(
            f"{where}: row {row + 1}" if row else where,
            f"The parquet file is damaged: {problem}. {row} rows before it were read.",
            "Fetch or write the file again.",
        )


def _rows_of(batch: Any) -> Iterator[dict[str, Any] | str]:
    """The rows of a batch; the reason in words for a row that cannot be decoded."""
    try:
        yield from batch.to_pylist()
        return
    except UnicodeDecodeError:
        pass
    for index in range(batch.num_rows):
        try:
            yield batch.slice(index, 1).to_pylist()[0]
        except UnicodeDecodeError as problem:
            yield f"a text is not UTF-8 ({problem.reason})"
