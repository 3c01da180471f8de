"""Rows of parquet are what they would be as JSON, without Arrow's fillings."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from app.flows.reading import read_records
from curation.importing import Record


def rows_of(path: Path, rows: list[dict[str, Any]], schema: pa.Schema | None = None) -> list[Any]:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, row_group_size=1)
    return [item.value for item in read_records(path) if isinstance(item, Record)]


def test_keys_that_arrow_filled_with_null_are_left_out(tmp_path: Path) -> None:
    def row(arguments: dict[str, Any], content: str | None) -> dict[str, Any]:
        call = {"function": {"name": "f", "arguments": arguments}}
        return {"id": 1, "messages": [{"role": "assistant", "content": content, "calls": [call]}]}

    rows = [row({"city": "Oslo"}, None), row({"tags": [{"a": 1}, {"b": []}], "n": 2}, "x")]
    assert rows_of(tmp_path / "t.parquet", rows) == rows


def test_values_that_json_does_not_have_become_text(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            ("when", pa.timestamp("s", tz="UTC")),
            ("price", pa.decimal128(5, 2)),
            ("data", pa.binary()),
            ("days", pa.list_(pa.date32())),
            ("map", pa.map_(pa.string(), pa.struct([("a", pa.int64()), ("b", pa.int64())]))),
            ("gone", pa.struct([("a", pa.int64())])),
        ]
    )
    row = {
        "when": datetime.datetime(2026, 3, 1, 9, tzinfo=datetime.UTC),
        "price": Decimal("1.50"),
        "data": b"\xff",
        "days": [datetime.date(2026, 3, 1)],
        "map": [("k", {"a": 1, "b": None})],
        "gone": None,
    }
    assert rows_of(tmp_path / "t.parquet", [row], schema) == [
        {
            "when": "2026-03-01T09:00:00Z",
            "price": "1.50",
            "data": "/w==",
            "days": ["2026-03-01"],
            "map": {"k": {"a": 1}},
            "gone": None,
        }
    ]
