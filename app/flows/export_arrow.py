"""A written file through Arrow, as `datasets` takes it: nothing may come out as something else.

Arrow guesses types column by column. Texts of a column that are all dates become times: an argument
of every row, in files whose rows all have the same keys. Where keys differ `datasets` keeps the
JSON as it is, so such a column is no danger. A part of the file also goes into Parquet and back.
Whole files would take as long as writing them: the first block is looked at, then every 16th, and
all of them as long as some column holds nothing but dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.flows.export_comparing import COMPARED_EVERY, Block
from app.flows.export_writing import Written
from app.flows.side_by_side import streamed
from curation.errors import ExportError

_ROWS_COMPARED = 50
"""Of a block that goes through Parquet."""


class WrittenLines(Struct, frozen=True):
    """A file of JSON lines to be looked at."""

    path: str
    blocks: tuple[Block, ...]


class Change(Struct, frozen=True):
    """What Arrow would make of a file."""

    text: str
    hint: str


def refuse_changed(folder: Path, written: Written, *, apart: bool) -> None:
    """Look at one file of JSON lines.

    Args:
        apart: in a process of its own, which takes what Arrow holds in memory with it.

    Raises:
        ExportError: a column would be read as something else.
    """
    lines = WrittenLines(str(folder / written.entry.name), written.blocks)
    for change in streamed(changes, lines) if apart else changes(lines):
        raise ExportError(
            f"The file was not published: {change.text}",
            where=written.entry.name,
            hint=change.hint,
        )


def changes(lines: WrittenLines) -> Iterator[Change]:
    """What Arrow would change in a file of JSON lines."""
    times: set[str] = set()
    texts: set[str] = set()
    with Path(lines.path).open("rb") as file:
        for number, block in enumerate(lines.blocks):
            compared = number % COMPARED_EVERY == 0
            if not (compared or times - texts):
                continue
            data = _block(file, block)
            table = _table(data)
            if table is None:
                continue
            found = set(_leaves(table.schema))
            times |= {place for place, is_time in found if is_time}
            texts |= {place for place, is_time in found if not is_time}
            # Times are told by name, once the whole file is known.
            if compared and not any(is_time for _, is_time in found):
                row = _changed_by_parquet(table, data)
                if row is not None:
                    yield Change(
                        f"row {block.first + row + 1} comes out of Parquet changed.",
                        "Export in the layout trl, which keeps arguments and tools as text.",
                    )
        for place in sorted(times - texts):
            if _same_keys(file, lines.blocks, place):
                yield Change(
                    f"every text at {place.replace('/', '.')} is a date, and `datasets` would "
                    "read them as times.",
                    "Export in the layout trl, which keeps arguments as text, or add rows in "
                    "which that text is no date.",
                )


def _block(file: Any, block: Block) -> bytes:
    file.seek(block.offset)
    data: bytes = file.read(block.size)
    return data


def _table(data: bytes) -> Any:
    """A block as Arrow takes it; None where it holds columns of several types, which `datasets`
    keeps as JSON."""
    # A large library that small exports of other kinds do not need.
    import pyarrow as pa
    import pyarrow.json as pj

    if not data:
        return None
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps what it once held
    try:
        return pj.read_json(
            pa.BufferReader(data), pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
        )
    except pa.ArrowInvalid:
        return None


def _leaves(fields: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, bool]]:
    import pyarrow as pa

    for field in fields:
        kind = field.type
        while pa.types.is_list(kind):
            kind = kind.value_type
        place = f"{prefix}{field.name}"
        if pa.types.is_struct(kind):
            yield from _leaves(kind, f"{place}/")
        elif pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_time(kind):
            yield place, True
        elif pa.types.is_string(kind):
            yield place, False


def _changed_by_parquet(table: Any, data: bytes) -> int | None:
    """The first of some rows of a block that comes back out of Parquet changed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    try:
        pq.write_table(table.slice(0, _ROWS_COMPARED), sink)
    except pa.ArrowNotImplementedError:
        return None  # an object without keys, which `datasets` keeps as JSON
    back = pq.read_table(pa.BufferReader(sink.getvalue())).to_pylist()
    for n, (row, line) in enumerate(zip(back, data.splitlines(), strict=False)):
        if _filled_out(row) != _filled_out(msgspec.json.decode(line)):
            return n
    return None


def _filled_out(value: Any) -> Any:
    """Without nulls: the layouts write none that Arrow could not have added."""
    if isinstance(value, dict):
        return {key: _filled_out(inner) for key, inner in value.items() if inner is not None}
    return [_filled_out(inner) for inner in value] if isinstance(value, list) else value


def _same_keys(file: Any, blocks: Iterable[Block], place: str) -> bool:
    """Whether every object on the way to `place` has the same keys in all rows."""
    seen: dict[int, frozenset[str]] = {}
    for block in blocks:
        for line in _block(file, block).splitlines():
            row = msgspec.json.decode(line)
            for depth, keys in _on_the_way(row, place.split("/"), 0):
                if seen.setdefault(depth, keys) != keys:
                    return False
    return True


def _on_the_way(value: Any, steps: list[str], depth: int) -> Iterator[tuple[int, frozenset[str]]]:
    if isinstance(value, list):
        for one in value:
            yield from _on_the_way(one, steps, depth)
    elif isinstance(value, dict) and depth < len(steps):
        yield depth, frozenset(value)
        if steps[depth] in value:
            yield from _on_the_way(value[steps[depth]], steps, depth + 1)
