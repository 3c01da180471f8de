"""Chat rows as a Parquet table: the keys of TRL's JSON rows as typed columns.

All columns have their types in the file, so nothing is guessed from the rows: dates in texts stay
text, and a row looks alike whatever stands beside it. Arguments and `tools` are JSON text. A key
that a message has not is null in its column; nothing else of a row is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import msgspec

ROW_GROUP = 500
"""Rows that are written, and read back, at once."""


class TableWriter:
    """Writes encoded rows in row groups; the first says which columns there are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._writer: Any = None
        self._schema: Any = None
        self._waiting: list[bytes] = []

    def add(self, rows: Sequence[bytes]) -> None:
        """Keep some rows; write a row group when enough wait."""
        self._waiting += rows
        while len(self._waiting) >= ROW_GROUP:
            self._flush(self._waiting[:ROW_GROUP])
            del self._waiting[:ROW_GROUP]

    def _flush(self, rows: list[bytes]) -> None:
        # Here and below: a large library that most exports do not need.
        import pyarrow as pa
        import pyarrow.json as arrow_json
        import pyarrow.parquet as pq

        if self._writer is None:
            # Arrow's own pool keeps what it once held.
            pa.set_memory_pool(pa.system_memory_pool())
            self._schema = _schema(msgspec.json.decode(rows[0], type=dict[str, msgspec.Raw]))
            self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd")
        data = b"\n".join(rows)
        table = arrow_json.read_json(
            pa.BufferReader(data),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=self._schema, unexpected_field_behavior="error"
            ),
        )
        self._writer.write_table(table.select(self._schema.names), row_group_size=ROW_GROUP)

    def finish(self) -> None:
        """Write the last row group and the footer."""
        if self._waiting:
            self._flush(self._waiting)
            self._waiting = []
        if self._writer is not None:
            self._writer.close()


def read_table(file: BinaryIO, wanted: Callable[[int], bool]) -> Iterator[bytes | None]:
    """The rows of a table as they were encoded, row group by row group; None where not wanted.

    Raises:
        ValueError: a row group is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_memory_pool(pa.system_memory_pool())  # as above
    # Not buffered ahead: that would hold the whole file.
    with pq.ParquetFile(file, pre_buffer=False) as table:
        first = 0
        for batch in table.iter_batches(batch_size=ROW_GROUP, use_threads=False):
            places = [n for n in range(batch.num_rows) if wanted(first + n)]
            cells = iter(batch.take(places).to_pylist() if places else [])
            given = set(places)
            for n in range(batch.num_rows):
                yield msgspec.json.encode(_without_nulls(next(cells))) if n in given else None
            first += batch.num_rows


def _without_nulls(value: Any) -> Any:
    """A cell without the keys that it has not; a message's content may be null itself."""
    if isinstance(value, dict):
        return {
            key: _without_nulls(inner)
            for key, inner in value.items()
            if inner is not None or key == "content"
        }
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value


def _schema(row: dict[str, Any]) -> Any:
    """The columns of a shape of rows, which its first row names."""
    import pyarrow as pa

    text = pa.string()
    call = {
        "id": text,
        "type": text,
        "function": pa.struct({"name": text, "arguments": text}),
    }
    message = {
        "role": text,
        "content": text,
        "reasoning_content": text,
        "tool_calls": pa.list_(pa.struct(call)),
        "tool_call_id": text,
        "name": text,
    }
    columns = {"label": pa.bool_(), "tools": text}
    messages = pa.list_(pa.struct(message))
    return pa.schema({name: columns.get(name, messages) for name in row})
