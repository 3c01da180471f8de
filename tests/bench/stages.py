"""One stage of the benchmark, as a process of its own: `python -m tests.bench.stages STAGE …`.

Prints one JSON object with what was measured as its last line. `tests.bench` runs and watches it.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from app.flows.check import check
from app.flows.export import ExportRequest, export
from app.flows.ingest import ingest
from app.flows.preparing import Plan, prepared_batches
from app.flows.splits import report_ledger
from storage import browse
from storage.browse import Filter, Order
from storage.datasets import NewItem, add_items, ensure_dataset
from storage.engine import Store, migrate, open_store
from storage.trajectories import add_batch
from tests.bench import floors

_EXPECTED = {
    "unknown_tool": {"calls/unknown-tool"},
    "malformed_json": {"calls/unparsable"},
    "missing_required": {"calls/missing-required"},
    "wrong_type": {"calls/wrong-type"},
    "enum_violation": {"calls/not-in-enum"},
    "orphan_result": {"results/orphan-result", "results/id-mismatch"},
}
"""Kind of an injected defect (`metadata.injected.kind` of a row) -> the checks that name it."""


def _open(database: str) -> Store:
    store = open_store(f"sqlite:///{database}")
    migrate(store)
    return store


def _remove(database: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(database + suffix).unlink(missing_ok=True)


def _timed(work: Callable[[], Any], rows: int) -> tuple[Any, float]:
    start = time.perf_counter()
    result = work()
    return result, rows / (time.perf_counter() - start)


def run_ingest(file: str, database: str) -> dict[str, Any]:
    """Import into a fresh store."""
    _remove(database)
    store = _open(database)
    start = time.perf_counter()
    report = ingest(store, [Path(file)], dataset="bench")
    seconds = time.perf_counter() - start
    store.close()
    size = Path(database).stat().st_size
    return {
        "rows_s": report.records / seconds,
        "rows": report.records,
        "added": report.added,
        "problems": report.n_problems,
        "size_ratio": size / Path(file).stat().st_size,
    }


def run_check(_file: str, database: str) -> dict[str, Any]:
    """Check everything anew."""
    store = _open(database)
    with store.write() as conn:
        conn.execute(text("UPDATE trajectory SET checked_with = ''"))
    start = time.perf_counter()
    report = check(store)
    seconds = time.perf_counter() - start
    with store.read() as conn:
        agreed, labelled = _agreement(conn)
    store.close()
    return {
        "rows_s": report.trajectories / seconds,
        "rows": report.trajectories,
        "with_errors": report.trajectories_with_errors,
        "findings": report.findings,
        "agreed": agreed,
        "labelled": labelled,
    }


def _agreement(conn: Any) -> tuple[int, int]:
    """Of the rows that say what was injected: where the errors found are that and nothing else."""
    found: dict[int, set[tuple[str, int]]] = {}
    query = "SELECT trajectory_id, \"check\", message_index FROM finding WHERE severity = 'error'"
    for trajectory_id, name, index in conn.execute(text(query)):
        found.setdefault(trajectory_id, set()).add((name, index))
    agreed = labelled = 0
    for trajectory_id, source in conn.execute(text("SELECT trajectory_id, source FROM item")):
        metadata = msgspec.json.decode(source).get("metadata")
        if not isinstance(metadata, dict) or "injected" not in metadata:
            continue
        labelled += 1
        injected = metadata["injected"]
        errors = found.get(trajectory_id, set())
        if injected is None:
            agreed += not errors
            continue
        expected = _EXPECTED[injected["kind"]]
        named = {name for name, _ in errors}
        at = {index for name, index in errors if name in expected}
        # An orphan result also leaves its call without the right one, at the call's own message.
        agreed += bool(named) and named <= expected and injected["message_index"] in at
    return agreed, labelled


def run_dedup(_file: str, database: str) -> dict[str, Any]:
    """Find what is near to what, and deal all families to splits, in a store that never did."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.db")
        shutil.copy(database, copy)
        store = _open(str(copy))
        start = time.perf_counter()
        found = report_ledger(store)
        seconds = time.perf_counter() - start
        store.close()
    return {
        "rows_s": found.near.looked_at / seconds,
        "rows": found.near.looked_at,
        "near": found.near.near,
    }


def run_export(_file: str, database: str, layout: str = "trl") -> dict[str, Any]:
    """Export everything without errors as conversational SFT rows, files read back."""
    store = _open(database)
    with tempfile.TemporaryDirectory() as folder:
        request = msgspec.convert(
            {"type": "sft", "layout": layout, "out": f"{folder}/out", "include": "all"},
            ExportRequest,
        )
        report, _ = _timed(lambda: export(store, request), 1)
        shutil.rmtree(f"{folder}/out")
        start = time.perf_counter()
        report = export(store, request)
        seconds = time.perf_counter() - start
    store.close()
    return {"rows_s": report.rows / seconds, "rows": report.rows}


def run_queries(_file: str, database: str) -> dict[str, Any]:
    """Pages and searches: p50 and p95 in ms of 40 calls each, after one to warm up."""
    store = _open(database)
    with store.read() as conn:
        n = conn.execute(text("SELECT max(id) FROM trajectory")).scalar_one()
        tool = browse.tools_called(conn, 1)[0]
        words = conn.execute(
            text("SELECT preview FROM trajectory WHERE id = :n"), {"n": n // 2}
        ).scalar_one()
    long_words = [w.strip(".,?!") for w in words.split() if w.strip(".,?!").isalpha()]
    common, rare = min(long_words, key=len), max(long_words, key=len)
    wanted = {
        "first page": (Filter(), None),
        "deep page": (Filter(), (0.0, n // 2)),
        "most suspicious": (Filter(order=Order.SUSPICIOUS), None),
        "with errors": (Filter(with_errors=True), None),
        "dataset + tool + state": (Filter(dataset="bench", tool=tool, state="new"), None),
        "long, with a finding": (Filter(min_messages=20, check="calls/unknown-tool"), None),
        f"search {common!r} (common)": (Filter(text=common), None),
        f"search {rare!r} (rarer)": (Filter(text=rare), None),
        "search a phrase": (Filter(text=f'"{" ".join(words.split()[:2])}"'), None),
    }
    times = {name: _query_ms(store, asked, cursor) for name, (asked, cursor) in wanted.items()}
    store.close()
    return {"rows": n, "rows_s": 0.0, "ms": times}


def _query_ms(store: Store, asked: Filter, cursor: tuple[float, int] | None) -> list[float]:
    taken = []
    for _ in range(41):
        with store.read() as conn:
            start = time.perf_counter()
            browse.page(conn, asked, cursor, 50)
            taken.append((time.perf_counter() - start) * 1000)
    taken = sorted(taken[1:])
    return [statistics.median(taken), taken[int(len(taken) * 0.95)]]


def run_floor(name: str, file: str, rows: str) -> dict[str, Any]:
    """One of the floors of `tests.bench.floors`."""
    path, n = Path(file), int(rows)
    with tempfile.TemporaryDirectory() as folder:
        work: dict[str, Callable[[], Any]] = {
            "insert": lambda: floors.insert(path, n, Path(folder, "floor.db")),
            "validate": lambda: floors.validate(path, n),
            "rewrite": lambda: floors.rewrite(path, n, Path(folder, "out.jsonl")),
            "plain Parquet": lambda: floors.write_parquet(path, n, Path(folder, "out.parquet")),
            "datasets": lambda: floors.map_datasets(path, n, Path(folder, "out.jsonl")),
        }
        _, rows_s = _timed(work[name], n)
    return {"rows_s": rows_s, "rows": n}


def run_multiply(file: str, database: str, target: str) -> dict[str, Any]:
    """Fill a store with `target` rows by adding the rows of `file` under other uids, again."""
    _remove(database)
    store = _open(database)
    n = copy = 0
    start = time.perf_counter()
    while n < int(target):
        for batch in prepared_batches(Plan(files=(file,))):
            rows = [
                msgspec.structs.replace(r.trajectory, uid=f"{r.trajectory.uid}-{copy}")
                for r in batch.rows
            ]
            with store.write() as conn:
                ids = add_batch(conn, rows).ids
                dataset = ensure_dataset(conn, "bench", "copies")
                places = zip(ids, batch.rows, strict=True)
                add_items(
                    conn, dataset, [NewItem(i, r.source_id, r.where, b"{}") for i, r in places]
                )
            n += len(rows)
        copy += 1
    seconds = time.perf_counter() - start
    store.close()
    return {"rows_s": n / seconds, "rows": n}


_STAGES: dict[str, Callable[..., dict[str, Any]]] = {
    "ingest": run_ingest,
    "check": run_check,
    "dedup": run_dedup,
    "export": run_export,
    "export Parquet": lambda file, database: run_export(file, database, "trl-parquet"),
    "queries": run_queries,
    "floor": run_floor,
    "multiply": run_multiply,
}

if __name__ == "__main__":
    print(json.dumps(_STAGES[sys.argv[1]](*sys.argv[2:])))
