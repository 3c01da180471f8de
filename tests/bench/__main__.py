"""`python -m tests.bench`: how fast this machine imports, checks, finds what is near, exports and
queries, how well the judge runner keeps an endpoint busy (`tests.bench.judging`), and what everyday
tasks cost a hand in the browser (`tests.bench.tasks`).

A benchmark, not a test: it prints medians and, within the same run, the ratio to what the barest
code reaches here (`tests.bench.floors`). Rows come from our own generator or from a file.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path

from curation.synthesis.__main__ import blocks
from tests.bench import judging
from tests.bench.measuring import Measured, median_of, run_stage

PARTS = ("ingest", "check", "dedup", "export", "queries", "judge", "tasks")
_STAGES = {
    "ingest": {"ingest": ("insert",)},
    "check": {"check": ("validate",)},
    "dedup": {"dedup": ()},
    "export": {"export": ("rewrite", "datasets"), "export Parquet": ("plain Parquet",)},
}
"""Part -> its stages, each with what it is held against."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="how many rows (100,000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each part (3)")
    parser.add_argument("--file", type=Path, help="JSON Lines to use instead of generated rows")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {','.join(PARTS)}")
    parser.add_argument("--million", action="store_true", help="also query a store of 1,000,000")
    parser.add_argument("--work", type=Path, help="folder for the files; kept (else temporary)")
    args = parser.parse_args()
    unknown = set(args.only.split(",")) - set(PARTS)
    if unknown or args.rows < 100 or args.runs < 1:
        parser.error(f"unknown parts {sorted(unknown)}" if unknown else "too few rows or runs")
    return args


def _rows_file(args: argparse.Namespace, work: Path) -> Path:
    path = work / f"rows-{args.rows}.jsonl"
    if args.file is not None:
        with args.file.open("rb") as source, path.open("wb") as out:
            n = sum(1 for line in islice(source, args.rows) if out.write(line))
        args.rows = n
    elif not path.exists():
        print(f"Generating {args.rows:,} rows …", flush=True)
        with path.open("wb") as out:
            for lines, _ in blocks(args.rows, seed=7, jobs=2):
                out.write(lines)
    print(f"{args.rows:,} rows, {path.stat().st_size / args.rows / 1000:.1f} KB each\n", flush=True)
    return path


def _row(name: str, measured: Measured, all_rows_s: list[float], more: str = "") -> None:
    spread = f"{all_rows_s[0]:,.0f}-{all_rows_s[-1]:,.0f}"
    print(
        f"{name:<22}{measured.result['rows_s']:>10,.0f}  {spread:<16}{measured.peak_mib:>8,.0f}"
        f"{measured.foreign:>8.0%}   {more}",
        flush=True,
    )


def _bulk(stage: str, args: argparse.Namespace, rows: Path, database: Path) -> None:
    """One stage, and what it is held against."""
    measured, spread = median_of(args.runs, lambda: run_stage([stage, str(rows), str(database)]))
    _row(stage, measured, spread, _remarks(stage, measured))
    for name in next(stages[stage] for stages in _STAGES.values() if stage in stages):
        asked = ["floor", name, str(rows), str(args.rows)]
        floor, floor_spread = median_of(args.runs, lambda asked=asked: run_stage(asked))  # type: ignore[misc]
        ratio = measured.result["rows_s"] / floor.result["rows_s"]
        _row(f"  against {name}", floor, floor_spread, f"{stage} is {ratio:.2f} x")


def _remarks(stage: str, measured: Measured) -> str:
    result = measured.result
    if stage == "dedup":
        return f"{result['near']:,} near another"
    if stage == "ingest":
        return f"store {result['size_ratio']:.2f} x file, {result['problems']} problems"
    if stage == "check":
        truth = f", agrees with the injected defects on {result['agreed']:,} of "
        labels = f"{truth}{result['labelled']:,}" if result["labelled"] else ""
        return f"{result['findings']:,} findings, {result['with_errors']:,} with errors{labels}"
    return f"{result['rows']:,} rows written"


def _queries(database: Path) -> None:
    measured = run_stage(["queries", "-", str(database)])
    print(f"\nqueries over {measured.result['rows']:,} rows, 50 a page{'p50 ms':>17}{'p95 ms':>9}")
    for name, (p50, p95) in measured.result["ms"].items():
        print(f"  {name:<46}{p50:>9.2f}{p95:>9.2f}")
    sys.stdout.flush()


def main() -> int:
    """Run the parts asked for and print the table."""
    args = _arguments()
    parts = args.only.split(",")
    if not set(parts) - {"tasks", "judge"}:  # these make their own data
        _beside(parts)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        rows = _rows_file(args, work)
        database = work / "bench.db"
        print(f"{'part':<22}{'rows/s':>10}  {'min-max':<16}{'peak MiB':>8}{'others':>8}")
        if "ingest" not in parts:
            run_stage(["ingest", str(rows), str(database)])
        for part, stages in _STAGES.items():
            for stage in stages if part in parts else ():
                _bulk(stage, args, rows, database)
        if "queries" in parts:
            _queries(database)
        if args.million:
            million = work / "million.db"
            grown = run_stage(["multiply", str(rows), str(million), "1000000"])
            print(f"\n1,000,000 rows added at {grown.result['rows_s']:,.0f}/s, ", end="")
            print(f"peak {grown.peak_mib:,.0f} MiB")
            _queries(million)
    _beside(parts)
    return 0


def _beside(parts: list[str]) -> None:
    """The parts that do without the rows."""
    if "judge" in parts:
        print(flush=True)
        judging.main(["--memory", "100000"])
    if "tasks" in parts:
        _tasks()


def _tasks() -> None:
    print()
    try:
        from tests.bench import tasks
    except ImportError as problem:
        print(f"tasks: not run, {problem} (pip install playwright)")
        return
    if shutil.which(tasks.CHROMIUM) is None:
        print(f"tasks: not run, {tasks.CHROMIUM} is missing (apt-get install chromium)")
        return
    tasks.main([])


if __name__ == "__main__":
    raise SystemExit(main())
