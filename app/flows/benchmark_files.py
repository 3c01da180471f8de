"""Reading the files of a benchmark: by the import formats, else as plain questions.

Nothing is added to a dataset. Of an entry only what is compared is kept: what the user says, the
calls, and the tools.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.flows.gzip_stream import open_gzip
from app.flows.reading import (
    MAX_RECORD_BYTES,
    detect_format,
    find_files,
    import_context,
    read_records,
    read_tool_sets,
)
from curation.asked import asked as asked_of
from curation.decontamination import BenchmarkFile
from curation.errors import IngestError
from curation.importing import (
    FORMATS,
    Format,
    ImportContext,
    Problem,
    Record,
    RecordError,
    gathered,
    pivot_record,
)
from curation.tool_schemas import read_tools
from curation.trajectory import (
    Message,
    Role,
    ToolSpec,
    Trajectory,
    canonical_json,
    encode_messages,
    encode_tools,
)
from curation.word_prints import encode_prints, prints_of
from storage.benchmarks import NewEntry
from storage.compression import pack

PLAIN = "questions"
"""Name of the format of a file that holds nothing but questions."""
QUESTION_KEYS = ("question", "query", "prompt", "instruction", "problem", "input", "user", "text")
"""Where a question stands in a JSON record of no known format; the first that is there."""
MOST_PROBLEMS = 100


class BenchmarkEntries(Struct, frozen=True):
    """What the files of a benchmark hold."""

    entries: tuple[NewEntry, ...]
    files: tuple[BenchmarkFile, ...]
    n_problems: int
    problems: tuple[Problem, ...]
    """The first `MOST_PROBLEMS`."""


def read_benchmark(
    paths: Sequence[Path],
    *,
    format: str = "auto",
    tools: Path | None = None,
    max_record_bytes: int = MAX_RECORD_BYTES,
) -> BenchmarkEntries:
    """The entries of files and folders.

    Args:
        format: name of an import format, `PLAIN`, or "auto" to tell each file's by its content.
        tools: definitions for files whose rows carry none: a file, or a folder of files.

    Raises:
        IngestError: a path does not exist, the format is unknown, or there is no entry in them.
    """
    if format not in ("auto", PLAIN, *FORMATS.names()):
        raise IngestError(
            f"There is no format {format!r}.",
            hint=f"Choose auto, {PLAIN} or one of {', '.join(FORMATS.names())}.",
        )
    sets = read_tool_sets(tools) if tools is not None else {}
    offered = tuple(tool for found in sets.values() for tool in found)
    entries: dict[str, NewEntry] = {}
    files: list[BenchmarkFile] = []
    problems: list[Problem] = []
    for path in find_files(paths):
        entry = _format_of(path, format, max_record_bytes)
        context = import_context(path, offered, sets)
        n = 0
        for found in _found(path, entry, context, max_record_bytes):
            if isinstance(found, Problem):
                problems.append(found)
                continue
            n += 1
            entries.setdefault(found.hash, found)
        name = entry.name if entry is not None else PLAIN
        files.append(BenchmarkFile(path.name, _sha256(path), n, name))
    if not entries:
        first = problems[0] if problems else Problem(str(paths[0]) if paths else "", "", "")
        raise IngestError(
            f"No entry of a benchmark was found. {first.message}".rstrip(),
            where=first.where,
            hint=first.hint or "Give its question files, or a text file with one question a line.",
        )
    return BenchmarkEntries(
        tuple(entries.values()), tuple(files), len(problems), tuple(problems[:MOST_PROBLEMS])
    )


def _format_of(path: Path, name: str, max_record_bytes: int) -> Format | None:
    if name == PLAIN:
        return None
    if name != "auto":
        return FORMATS.get(name)
    return detect_format(path, max_record_bytes=max_record_bytes)


def _found(
    path: Path, entry: Format | None, context: ImportContext, max_record_bytes: int
) -> Iterator[NewEntry | Problem]:
    if entry is None:
        yield from _plain(path, max_record_bytes)
        return
    for item in gathered(entry, read_records(path, max_record_bytes=max_record_bytes)):
        if isinstance(item, Problem):
            yield item
            continue
        try:
            for imported in pivot_record(entry, item, context):
                yield _entry(imported.trajectory, imported.source_id, item.where)
        except RecordError as problem:
            yield problem.at(item.where)
        yield from context.take_problems()


def _entry(whole: Trajectory, source_id: str, where: str) -> NewEntry | Problem:
    """An entry to store, reduced to what is compared."""
    asked = (m for m in whole.messages if not m.extra.get("is_demo"))
    kept = [
        Message(m.role, m.text) if m.role is Role.USER else Message(m.role, None, m.tool_calls)
        for m in asked
        if m.role is Role.USER or m.tool_calls
    ]
    if not any(m.role is Role.USER and m.content for m in kept):
        return Problem(where, "The user asks nothing here.", "Nothing of it is compared.")
    reduced = Trajectory(tuple(kept), whole.tools)
    try:
        messages, tools = encode_messages(reduced.messages), encode_tools(reduced.tools)
        digest = hashlib.sha256(canonical_json([source_id, reduced])).hexdigest()[:32]
    except UnicodeEncodeError:
        return Problem(where, "A text holds half of a surrogate pair.", "Write the whole pair.")
    prints = encode_prints(prints_of([asked_of(reduced)]))
    return NewEntry(digest, source_id, pack(messages), pack(tools), prints)


# --- plain questions --------------------------------------------------------------------------


def _plain(path: Path, max_record_bytes: int) -> Iterator[NewEntry | Problem]:
    records = read_records(path, max_record_bytes=max_record_bytes)
    if not any(isinstance(item, Record) for item in islice(records, 20)):
        yield from _questions(path, max_record_bytes)
        return
    for item in read_records(path, max_record_bytes=max_record_bytes):
        if isinstance(item, Problem):
            yield item
            continue
        asked = _asked(item.value)
        if not asked:
            hint = f"Give it one of the keys {', '.join(QUESTION_KEYS)}."
            yield Problem(item.where, "No question stands in this record.", hint)
            continue
        messages = tuple(Message(Role.USER, text) for text in asked)
        source_id = item.value.get("id", item.where)
        yield _entry(Trajectory(messages, _tools(item.value)), str(source_id), item.where)


def _asked(value: Any) -> list[str]:
    """What the user asks in a record of no known format."""
    if not isinstance(value, dict):
        return []
    said = next((value[key] for key in QUESTION_KEYS if value.get(key)), value.get("messages"))
    return [text for one in (said if isinstance(said, list) else [said]) for text in _texts(one)]


def _texts(said: Any) -> list[str]:
    match said:
        case str():
            return [said]
        case list():
            return [text for one in said for text in _texts(one)]
        case {"role": "user", "content": str(content)}:
            return [content]
        case _:
            return []


def _tools(record: dict[str, Any]) -> tuple[ToolSpec, ...]:
    try:
        return read_tools(record["tools"]) if "tools" in record else ()
    except RecordError:
        return ()


def _questions(path: Path, max_record_bytes: int) -> Iterator[NewEntry | Problem]:
    """A file of nothing but texts: one a line, as it is or as JSON text, or one JSON list."""
    with path.open("rb") as probe:
        zipped = probe.read(2) == b"\x1f\x8b"
    with open_gzip(path) if zipped else path.open("rb") as file:
        data = file.read(max_record_bytes + 1)
    if len(data) > max_record_bytes:
        hint = "Raise LOOPWRIGHT_MAX_RECORD_BYTES, or give the file in pieces."
        yield Problem(str(path), f"It is longer than {max_record_bytes:,} bytes.", hint)
        return
    try:
        texts = _listed(data) or data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        yield Problem(str(path), "The text is not UTF-8.", "Save the file as UTF-8.")
        return
    for number, line in enumerate(texts, start=1):
        text = line.strip()
        if text[:1] == '"':
            with suppress(msgspec.DecodeError):  # a line that begins with a quotation
                text = msgspec.json.decode(text.rstrip(","), type=str)
        if text:
            asked = Trajectory((Message(Role.USER, text),))
            yield _entry(asked, f"{path.name}:{number}", f"{path}:{number}")


def _listed(data: bytes) -> list[str]:
    try:
        return msgspec.json.decode(data, type=list[str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
