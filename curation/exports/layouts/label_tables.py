"""The label table as CSV, JSON Lines and parquet.

CSV is opened in spreadsheets, which run text that looks like a formula; there, and only there, an
apostrophe is put in front of such text (see `curation.spreadsheets`). JSON Lines and parquet hold
the text untouched.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from curation.exporting import LAYOUTS, TYPES, Example, LabelRow, Notes, every_row
from curation.exports.lines import Lines
from curation.spreadsheets import neutralised, restored

COLUMNS = LabelRow.__struct_fields__
_INTEGERS = frozenset({"message_index", "call_index", "span_start", "span_end"})
_BOOLEANS = frozenset({"root_cause", "train"})
_BATCH = 5_000
"""Rows per parquet row group."""


class _LabelLayout:
    """What the three tables share: they carry label rows as they are."""

    shapes: tuple[type[Struct], ...] = (LabelRow,)
    divisible = False
    through_arrow = False

    @property
    def types(self) -> tuple[str, ...]:
        """Names of the export types it can carry: label tables."""
        return tuple(kind.name for kind in TYPES if kind.shapes == self.shapes)

    def fit(self, example: Example, notes: Notes) -> Example:
        """The row itself."""
        return example

    def decode(self, encoded: bytes) -> Example:
        """A row from its JSON."""
        return msgspec.json.decode(encoded, type=LabelRow)

    def contract(self, encoded: bytes) -> None:
        """No trainer reads a table of labels."""

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """None."""
        return {}


class LabelLines(_LabelLayout, Lines):
    """One JSON object per line."""

    name = "jsonl"
    divisible = True
    through_arrow = False
    title = "JSON Lines"
    description = "The label table, one JSON object per line, text untouched."
    suffix = ".jsonl"

    def encode(self, example: Example) -> bytes:
        """One row with all its columns."""
        return msgspec.json.encode(example)

    def check(self, line: bytes) -> None:
        """The same as reading it."""
        self.decode(line)

    def advice(self, type_name: str) -> str:
        """Its columns."""
        return f"Columns: {', '.join(COLUMNS)}."


class LabelCsv(_LabelLayout):
    """Comma-separated values for spreadsheets."""

    name = "csv"
    title = "CSV"
    description = "The label table for spreadsheets; text that looks like a formula is quoted."
    suffix = ".csv"

    def encode(self, example: Example) -> bytes:
        """One row with its line end."""
        return _csv_line([_to_cell(name, getattr(example, name)) for name in COLUMNS])

    def decode(self, encoded: bytes) -> Example:
        """A row from its line."""
        line = io.StringIO(encoded.decode(), newline="")
        (cells,) = csv.DictReader(line, fieldnames=COLUMNS)
        return _from_cells(cells)

    def writer(self, file: BinaryIO) -> _CsvWriter:
        """Writes the header at once."""
        return _CsvWriter(file)

    def rows(
        self, file: BinaryIO, wanted: Callable[[int], bool] = every_row
    ) -> Iterator[Example | None]:
        """The rows, apostrophes taken away again; all of them, tables of labels are small."""
        reader = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise msgspec.ValidationError(f"the header is not {', '.join(COLUMNS)}")
        for cells in reader:
            yield _from_cells(cells)

    def advice(self, type_name: str) -> str:
        """The rule for formulas."""
        return (
            f"Columns: {', '.join(COLUMNS)}. An apostrophe stands before text that a spreadsheet "
            "would take for a formula (and before text that begins with one); take one away to "
            "get the text back. An empty cell is nothing said; a pointer to the whole arguments "
            "object is `(all)`."
        )


class _CsvWriter:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        # The mark lets spreadsheets recognise UTF-8.
        self._file.write(b"\xef\xbb\xbf" + _csv_line(COLUMNS))

    def add(self, rows: Sequence[bytes]) -> None:
        """Write some rows."""
        self._file.write(b"".join(rows))

    def finish(self) -> None:
        """Nothing is held back."""


def _csv_line(cells: Sequence[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


def _to_cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "pointer":
        return neutralised(value) or "(all)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return neutralised(value) if isinstance(value, str) else str(value)


def _from_cells(cells: dict[str, str]) -> LabelRow:
    return LabelRow(**{name: _from_cell(name, cells[name]) for name in COLUMNS})


def _from_cell(name: str, cell: str) -> Any:
    if name in _INTEGERS:
        return int(cell) if cell else None
    if name in _BOOLEANS:
        return cell == "yes" if cell else None
    if name == "pointer":
        if not cell:
            return None
        return "" if cell == "(all)" else restored(cell)
    return restored(cell)


class LabelParquet(_LabelLayout):
    """Parquet for data frames."""

    name = "parquet"
    title = "Parquet"
    description = "The label table for data frames, text untouched."
    suffix = ".parquet"

    def encode(self, example: Example) -> bytes:
        """One row as JSON: columns are made of many rows, when they are written."""
        return msgspec.json.encode(example)

    def writer(self, file: BinaryIO) -> _ParquetWriter:
        """Writes in row groups."""
        return _ParquetWriter(file)

    def rows(
        self, file: BinaryIO, wanted: Callable[[int], bool] = every_row
    ) -> Iterator[Example | None]:
        """The rows, batch by batch; all of them, tables of labels are small."""
        # Here and below: a large library that no other layout needs.
        import pyarrow.parquet as pq

        with pq.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=_BATCH):
                for cells in batch.to_pylist():
                    yield msgspec.convert(cells, LabelRow)

    def advice(self, type_name: str) -> str:
        """Its columns."""
        return f"Columns: {', '.join(COLUMNS)}."


def _schema() -> Any:
    import pyarrow as pa

    kinds = {name: pa.bool_() for name in _BOOLEANS} | {name: pa.int32() for name in _INTEGERS}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])


class _ParquetWriter:
    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        self._schema = _schema()
        self._writer = pq.ParquetWriter(file, self._schema)
        self._waiting: list[dict[str, Any]] = []

    def add(self, rows: Sequence[bytes]) -> None:
        """Keep some rows; write a row group when enough wait."""
        for row in rows:
            self._waiting.append(msgspec.json.decode(row))
            if len(self._waiting) >= _BATCH:
                self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_batch(pa.RecordBatch.from_pylist(self._waiting, schema=self._schema))
            self._waiting.clear()

    def finish(self) -> None:
        """Write the last row group and the footer."""
        self._flush()
        self._writer.close()


for _layout in (LabelLines(), LabelCsv(), LabelParquet()):
    LAYOUTS.register(_layout, f"{__name__}:{_layout.name}")
