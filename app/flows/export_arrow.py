"""A written file through Arrow, as `datasets` takes it: nothing may come out as something else.

Arrow guesses types column by column. Texts of a column that are all dates become times: an argument
of every row, in files whose rows all have the same keys. Where keys differ `datasets` keeps the
JSON as it is, so such a column is no danger. A part of the file also goes into Parquet and back.
Whole files would take as long as writing them: the first block is looked at, then every 16th, and
all of them as long as some column holds nothing but dates.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from app.flows.export_comparing import COMPARED_EVERY, Block
from app.flows.export_writing import Written
from curation.errors import ExportError

_ROWS_COMPARED = 100
"""Of a block that goes through Parquet."""


def refuse_changed(folder: Path, written: Written) -> None:
    """Look at one file of JSON lines.

    Raises:
        ExportError: a column would be read as something else.
    """
    path = folder / written.entry.name
    times: set[str] = set()
    texts: set[str] = set()
    with path.open("rb") as file:
        for number, block in enumerate(written.blocks):
            if number % COMPARED_EVERY and not times - texts:
                continue
            found = _types(_block(file, block), compared=number % COMPARED_EVERY == 0, path=path)
            times |= {place for place, is_time in found if is_time}
            texts |= {place for place, is_time in found if not is_time}
        for place in sorted(times - texts):
            if _same_keys(file, written.blocks, place):
                raise ExportError(
                    f"The file was not published: every text at {place.replace('/', '.')} is a "
                    "date, and `datasets` would read them as times.",
                    where=written.entry.name,
                    hint="Export in the layout trl, which keeps arguments as text, or add rows in "
                    "which that text is no date.",
                )


def _block(file: Any, block: Block) -> bytes:
    file.seek(block.offset)
    data: bytes = file.read(block.size)
    return data


def _types(data: bytes, *, compared: bool, path: Path) -> set[tuple[str, bool]]:
    """(place, whether Arrow takes its texts for times) of every column of texts in a block."""
    # A large library that small exports of other kinds do not need.
    import pyarrow as pa
    import pyarrow.json as pj

    if not data:
        return set()
    try:
        table = pj.read_json(
            io.BytesIO(data), pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
        )
    except pa.ArrowInvalid:
        return set()  # columns of several types, which `datasets` keeps as JSON
    if compared:
        _through_parquet(table, data, path)
    return set(_leaves(table.schema))


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


def _through_parquet(table: Any, data: bytes, path: Path) -> None:
    """Compare some rows of a block with what comes back out of Parquet.

    Raises:
        ExportError: they differ.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if any(is_time for _, is_time in _leaves(table.schema)):
        return  # told by name, once the whole file is known
    some = table.slice(0, _ROWS_COMPARED)
    sink = pa.BufferOutputStream()
    try:
        pq.write_table(some, sink)
    except pa.ArrowNotImplementedError:
        return  # an object without keys, which `datasets` keeps as JSON
    back = pq.read_table(pa.BufferReader(sink.getvalue())).to_pylist()
    lines = data.splitlines()[: len(back)]
    for n, (row, line) in enumerate(zip(back, lines, strict=True)):
        if _filled_out(row) != _filled_out(msgspec.json.decode(line)):
            raise ExportError(
                f"The file was not published: row {n + 1} of a block comes out of Parquet changed.",
                where=path.name,
                hint="Export in the layout trl, which keeps arguments and tools as text.",
            )


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
