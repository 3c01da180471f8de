"""What the machine could do at best: the same work in the barest code, one process, no product.

Each floor does what a stage cannot do without (decode, compress, insert, index, validate, encode)
and nothing else: no identity, no deduplication, no problems, no history. Ratios to these floors
compare within one run on one machine; the floors themselves are no promise.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import zstandard

_INDEXES = ("a ON item(created_at, id)", "b ON item(status, id)", "c ON item(n_messages, id)")


def _lines(path: Path, rows: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from islice(file, rows)


def insert(path: Path, rows: int, database: Path) -> None:
    """Decode, nine columns, zstd body and an FTS5 index in one transaction."""
    db = sqlite3.connect(database, isolation_level=None)
    db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
    db.executescript(
        "CREATE TABLE item(id INTEGER PRIMARY KEY, ext TEXT UNIQUE, created_at TEXT, status TEXT,"
        " n_messages INT, n_tools INT, n_calls INT, reward REAL, preview TEXT);"
        "CREATE TABLE payload(id INTEGER PRIMARY KEY, body BLOB);"
        "CREATE VIRTUAL TABLE fts USING fts5(body, content='', tokenize='unicode61');"
    )
    for index in _INDEXES:
        db.execute(f"CREATE INDEX {index}")
    compress = zstandard.ZstdCompressor(level=3).compress
    decode = msgspec.json.Decoder().decode
    db.execute("BEGIN")
    source = _lines(path, rows)
    first = 0
    while block := list(islice(source, 2_000)):
        items, bodies, texts = [], [], []
        for n, line in enumerate(block, start=first):
            row = decode(line)
            messages = row["messages"]
            calls = [c for m in messages for c in m.get("tool_calls") or ()]
            preview = next((str(m.get("content"))[:160] for m in messages), "")
            items.append(
                (n, f"{n}:{row.get('id')}", "", "new", len(messages), len(row.get("tools") or ()),
                 len(calls), 0.0, preview)
            )  # fmt: skip
            bodies.append((n, compress(line)))
            texts.append((n, _text(messages)))
        first += len(block)
        db.executemany("INSERT INTO item VALUES(?,?,?,?,?,?,?,?,?)", items)
        db.executemany("INSERT INTO payload VALUES(?,?)", bodies)
        db.executemany("INSERT INTO fts(rowid, body) VALUES(?,?)", texts)
    db.execute("COMMIT")
    db.close()


def _text(messages: list[dict[str, Any]]) -> str:
    words: list[str] = []
    for message in messages:
        if isinstance(message.get("content"), str):
            words.append(message["content"])
        for call in message.get("tool_calls") or ():
            words += (call["function"]["name"], str(call["function"]["arguments"]))
    return "\n".join(words)


@lru_cache(maxsize=8192)
def _validator(schema: bytes) -> Any:
    try:
        return jsonschema_rs.validator_for(json.loads(schema))
    except ValueError:
        return None


def validate(path: Path, rows: int) -> int:
    """Decode each row and validate every call against its tool's schema; how many rows fail."""
    decode = msgspec.json.Decoder().decode
    encode = msgspec.json.Encoder().encode
    failed = 0
    for line in _lines(path, rows):
        row = decode(line)
        tools = {t["function"]["name"]: t["function"] for t in row.get("tools") or ()}
        bad = False
        for message in row["messages"]:
            for call in message.get("tool_calls") or ():
                tool = tools.get(call["function"]["name"])
                arguments = call["function"]["arguments"]
                try:
                    value = decode(arguments) if isinstance(arguments, str) else arguments
                except msgspec.DecodeError:
                    bad = True
                    continue
                validator = _validator(encode(tool.get("parameters") or {})) if tool else None
                bad = bad or validator is None or not validator.is_valid(value)
        failed += bad
    return failed


def rewrite(path: Path, rows: int, out: Path) -> None:
    """Decode each row and write it again as JSON Lines: the least an export does."""
    decode = msgspec.json.Decoder().decode
    encode = msgspec.json.Encoder().encode
    with out.open("wb") as file:
        for line in _lines(path, rows):
            row = decode(line)
            file.write(encode({"messages": row["messages"], "tools": row.get("tools")}) + b"\n")


def write_parquet(path: Path, rows: int, out: Path) -> None:
    """Decode each row and write it as two columns of text: plain Parquet writing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    decode = msgspec.json.Decoder().decode
    encode = msgspec.json.Encoder().encode
    schema = pa.schema({"messages": pa.string(), "tools": pa.string()})
    lines = _lines(path, rows)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while group := [decode(line) for line in islice(lines, 1_000)]:
            texts = [[encode(row[name]).decode() for row in group] for name in schema.names]
            writer.write_batch(pa.record_batch(texts, schema=schema))


def map_datasets(path: Path, rows: int, out: Path) -> None:
    """What one would write with `datasets`: load, map a function over the rows, `to_json`."""
    import datasets

    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(
        "json", data_files=str(path), split=f"train[:{rows}]", cache_dir=str(out.parent / "cache")
    )
    mapped = loaded.map(lambda row: {"steps": len(row["messages"])})
    mapped.to_json(str(out))
