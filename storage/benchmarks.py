"""Benchmarks that data is held against: their entries, and what was compared with them.

What was found is `storage.contamination`; what agrees with what, `curation.benchmark_index`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from curation.decontamination import BenchmarkFile
from curation.errors import NotFound, StoreError
from curation.trajectory import Trajectory, decode_messages, decode_tools
from curation.word_prints import Prints, decode_prints
from storage.bulk import insert_new, replace_many
from storage.compression import unpack
from storage.tables import (
    BenchmarkComparedRow,
    BenchmarkEntryRow,
    BenchmarkRow,
    BodyRow,
    ContaminationHitRow,
    ItemRow,
    ToolSetRow,
    TrajectoryRow,
    table_of,
)
from storage.trajectories import RawBody

benchmark = table_of(BenchmarkRow)
entry = table_of(BenchmarkEntryRow)
compared = table_of(BenchmarkComparedRow)
hit = table_of(ContaminationHitRow)
trajectory = table_of(TrajectoryRow)
body = table_of(BodyRow)
tool_set = table_of(ToolSetRow)
item = table_of(ItemRow)

_FILES = msgspec.json.Decoder(tuple[BenchmarkFile, ...])


class Benchmark(Struct, frozen=True):
    """A benchmark as it was last read."""

    id: int
    name: str
    revision: int
    version: int
    threshold: float
    files: tuple[BenchmarkFile, ...]
    n_entries: int
    read_at: datetime


class NewEntry(Struct, frozen=True):
    """An entry to store."""

    hash: str
    source_id: str
    content: bytes
    tools: bytes
    prints: bytes


def find_benchmark(conn: Connection, name: str) -> Benchmark | None:
    """The benchmark of this name, if it was ever read."""
    row = conn.execute(select(benchmark).where(benchmark.c.name == name)).one_or_none()
    return None if row is None else _read(row)


def get_benchmark(conn: Connection, name: str) -> Benchmark:
    """The benchmark of this name.

    Raises:
        NotFound: there is none.
    """
    found = find_benchmark(conn, name)
    if found is None:
        known = ", ".join(one.name for one in list_benchmarks(conn)) or "none"
        raise NotFound(
            f"There is no benchmark {name!r}.",
            hint=f"Known: {known}. `loopwright decontaminate {name} FILE...` reads one.",
        )
    return found


def list_benchmarks(conn: Connection) -> list[Benchmark]:
    """All benchmarks, by name."""
    return [_read(row) for row in conn.execute(select(benchmark).order_by(benchmark.c.name))]


def _read(row: Row[Any]) -> Benchmark:
    return Benchmark(
        row.id, row.name, row.revision, row.version, row.threshold, _FILES.decode(row.files),
        row.n_entries, row.read_at,
    )  # fmt: skip


def entry_hashes(conn: Connection, known: Benchmark) -> set[str]:
    """Of the entries that it has now."""
    return set(conn.execute(_entries(known, entry.c.hash)).scalars())


def note_files(conn: Connection, known: Benchmark, files: Sequence[BenchmarkFile]) -> None:
    """The same entries were read again, perhaps from other files."""
    conn.execute(benchmark.update().where(benchmark.c.id == known.id).values(files=_json(files)))


def put_benchmark(
    conn: Connection,
    name: str,
    entries: Sequence[NewEntry],
    *,
    files: Sequence[BenchmarkFile],
    threshold: float,
    version: int,
) -> Benchmark:
    """Store a benchmark anew: nothing counts as compared with it any more, and its hits are gone.
    Entries that it had before keep their ids."""
    before = find_benchmark(conn, name)
    values = {
        "revision": before.revision + 1 if before else 1,
        "version": version,
        "threshold": threshold,
        "files": _json(files),
        "n_entries": len({one.hash for one in entries}),
        "read_at": datetime.now(UTC),
    }
    if before is None:
        conn.execute(benchmark.insert().values(name=name, **values))
    else:
        conn.execute(benchmark.update().where(benchmark.c.id == before.id).values(**values))
        conn.execute(hit.delete().where(hit.c.benchmark_id == before.id))
        conn.execute(compared.delete().where(compared.c.benchmark_id == before.id))
    now = get_benchmark(conn, name)
    rows = {
        one.hash: (
            now.id,
            one.hash,
            now.revision,
            one.source_id,
            one.content,
            one.tools,
            one.prints,
        )
        for one in entries
    }
    replace_many(
        conn,
        entry,
        ("benchmark_id", "hash"),
        ("revision", "source_id", "content", "tools", "prints"),
        list(rows.values()),
    )
    return now


def _json(files: Sequence[BenchmarkFile]) -> str:
    return msgspec.json.encode(files).decode()


def _entries(known: Benchmark, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .where(entry.c.benchmark_id == known.id, entry.c.revision == known.revision)
        .order_by(entry.c.id)
    )


def prints_of_entries(conn: Connection, known: Benchmark) -> tuple[list[int], list[Prints]]:
    """Ids and prints of its entries, in one order."""
    rows = conn.execute(_entries(known, entry.c.id, entry.c.prints)).all()
    return [row.id for row in rows], [decode_prints(row.prints) for row in rows]


def load_entry(conn: Connection, entry_id: int) -> tuple[str, Trajectory]:
    """Id in the source, and what is known of an entry.

    Raises:
        NotFound: no such entry.
    """
    query = select(entry.c.source_id, entry.c.content, entry.c.tools).where(entry.c.id == entry_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no entry {entry_id} of a benchmark.", hint="Reload the page.")
    return row.source_id, Trajectory(
        decode_messages(unpack(row.content)), decode_tools(unpack(row.tools))
    )


# --- what was compared ---------------------------------------------------------------------------


def in_dataset(dataset_id: int | None) -> list[ColumnElement[bool]]:
    """Conditions on `trajectory`: it, or what it corrects, is in the dataset; none for None."""
    if dataset_id is None:
        return []
    members = select(item.c.trajectory_id).where(item.c.dataset_id == dataset_id)
    return [or_(trajectory.c.id.in_(members), trajectory.c.parent_id.in_(members))]


def _waiting(known: Benchmark, dataset_id: int | None) -> list[ColumnElement[bool]]:
    seen = select(compared.c.trajectory_id).where(
        compared.c.benchmark_id == known.id, compared.c.trajectory_id == trajectory.c.id
    )
    return [~seen.exists(), *in_dataset(dataset_id)]


def count_waiting(conn: Connection, known: Benchmark, dataset_id: int | None = None) -> int:
    """How many trajectories were not compared with it yet."""
    query = select(func.count()).select_from(trajectory).where(*_waiting(known, dataset_id))
    return int(conn.execute(query).scalar_one())


def count_compared(conn: Connection, known: Benchmark) -> int:
    """How many trajectories were compared with it."""
    query = select(func.count()).where(compared.c.benchmark_id == known.id)
    return int(conn.execute(query).scalar_one())


def waiting(
    conn: Connection, known: Benchmark, dataset_id: int | None, after: int, limit: int
) -> list[tuple[RawBody, str]]:
    """The next trajectories that were not compared yet, by id, with their group keys."""
    query = (
        select(
            trajectory.c.id,
            trajectory.c.uid,
            trajectory.c.tool_set_id,
            body.c.content,
            tool_set.c.body,
            trajectory.c.group_key,
        )
        .join(body, body.c.trajectory_id == trajectory.c.id)
        .join(tool_set, tool_set.c.id == trajectory.c.tool_set_id)
        .where(trajectory.c.id > after, *_waiting(known, dataset_id))
        .order_by(trajectory.c.id)
        .limit(limit)
    )
    return [(RawBody(*row), group) for *row, group in conn.execute(query)]


class NewHit(Struct, frozen=True):
    """A hit to store."""

    trajectory_id: int
    entry_id: int
    kind: str
    score: float
    runs: bytes | None = None


def add_compared(
    conn: Connection, known: Benchmark, ids: Collection[int], hits: Iterable[NewHit]
) -> None:
    """Remember what was compared, and what it hit.

    Raises:
        StoreError: the benchmark was read anew meanwhile.
    """
    lock = select(benchmark.c.revision).where(benchmark.c.id == known.id).with_for_update(read=True)
    if conn.execute(lock).scalar_one_or_none() != known.revision:
        raise StoreError(
            f"The benchmark {known.name} was read anew while data was compared with it.",
            hint="Compare again; what is done stays.",
        )
    rows = [(known.id, one) for one in ids]
    insert_new(conn, compared, ("benchmark_id", "trajectory_id"), rows)
    columns = ("benchmark_id", "trajectory_id", "entry_id", "kind", "score", "runs")
    found = [(known.id, h.trajectory_id, h.entry_id, h.kind, h.score, h.runs) for h in hits]
    insert_new(conn, hit, columns, found)
