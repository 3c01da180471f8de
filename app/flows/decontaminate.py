"""Holding data against a benchmark: read its files, compare what was not compared, say what hit.

The benchmark's entries and what was found are kept in tables of their own; every trajectory is
compared once, in pages that are one transaction each, so a stopped comparison goes on where it
stood. When the benchmark changes, everything is compared anew. What an export makes of it is
`app.flows.contamination`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

from app.flows.benchmark_files import BenchmarkEntries, read_benchmark
from app.flows.reading import MAX_RECORD_BYTES
from app.flows.running import Run
from app.flows.side_by_side import how_many_processes, workers
from curation.asked import asked, asked_in
from curation.benchmark_index import COMMON_FAMILIES, Index, Match
from curation.decontamination import LOWEST_THRESHOLD, THRESHOLD, HitKind
from curation.errors import SettingsError
from curation.importing import Problem
from curation.word_prints import VERSION, Prints, joined, prints_of
from storage import benchmarks, contamination, groups
from storage.benchmarks import Benchmark, NewHit
from storage.compression import unpack
from storage.contamination import EntryCount, Hit, KindCount
from storage.datasets import dataset_id
from storage.engine import Store
from storage.trajectories import RawBody

PAGE = 500
POOL_FROM_ROWS = 2_000
"""Below this many trajectories, starting processes costs more than it saves."""
ENTRIES_SHOWN = 50
HITS_SHOWN = 200


class DecontaminateParams(Struct, frozen=True, forbid_unknown_fields=True):
    """What to hold data against; parameters of the job `decontaminate`."""

    name: str
    paths: tuple[str, ...] = ()
    """Files and folders of the benchmark; none: as it was read last."""
    dataset: str | None = None
    """Only this dataset (with corrections of it); None: everything."""
    threshold: float | None = None
    """Jaccard similarity from which questions are near; None: as the benchmark has it."""
    format: str = "auto"
    tools: str | None = None
    """Definitions for files whose rows carry none."""


class DecontaminationReport(Struct, frozen=True):
    """What came of it."""

    benchmark: str
    entries: int
    threshold: float
    compared: int
    """Trajectories that were compared now; the others were before."""
    trajectories: int
    """Compared in all."""
    by_kind: dict[HitKind, KindCount]
    by_entry: tuple[EntryCount, ...]
    """Entries with the most trajectories, the first `ENTRIES_SHOWN`."""
    hits: tuple[Hit, ...]
    """The highest scores, the first `HITS_SHOWN`; `loopwright contamination` writes all."""
    n_problems: int = 0
    problems: tuple[Problem, ...] = ()
    """What could not be read of the files."""


def decontaminate(
    store: Store,
    wanted: DecontaminateParams,
    run: Run = Run(),
    *,
    processes: int | None = None,
    max_record_bytes: int = MAX_RECORD_BYTES,
) -> DecontaminationReport:
    """Read a benchmark (where files are given) and hold everything against it that is new.

    Args:
        processes: how many look at once; None: one per core, none of its own for a few rows.

    Raises:
        IngestError: its files cannot be read.
        SettingsError: an impossible threshold, or no name.
        NotFound: no such benchmark or dataset.
        Cancelled: the user stopped it; finished pages stay.
    """
    known, read = _benchmark(store, wanted, max_record_bytes)
    with store.read() as conn:
        only = dataset_id(conn, wanted.dataset) if wanted.dataset is not None else None
    n = compare_new(store, known, run, only, processes=processes)
    with store.read() as conn:
        return DecontaminationReport(
            benchmark=known.name,
            entries=known.n_entries,
            threshold=known.threshold,
            compared=n,
            trajectories=benchmarks.count_compared(conn, known),
            by_kind=contamination.count_by_kind(conn, known, only),
            by_entry=tuple(contamination.count_by_entry(conn, known, ENTRIES_SHOWN, only)),
            hits=tuple(contamination.best_hits(conn, known, tuple(HitKind), HITS_SHOWN, only)),
            n_problems=read.n_problems if read else 0,
            problems=read.problems if read else (),
        )


def _benchmark(
    store: Store, wanted: DecontaminateParams, max_record_bytes: int
) -> tuple[Benchmark, BenchmarkEntries | None]:
    """The benchmark as it is to be compared with; read, where files are given."""
    name = wanted.name.strip()
    if not name:
        raise SettingsError("The benchmark has no name.", hint="Give it one, such as bfcl.")
    asked = wanted.threshold
    if asked is not None and not LOWEST_THRESHOLD <= asked <= 1:
        raise SettingsError(
            f"The threshold is {asked:g}.",
            where="--threshold",
            hint=f"Give a similarity from {LOWEST_THRESHOLD:g} to 1.",
        )
    with store.read() as conn:
        known = benchmarks.find_benchmark(conn, name)
        if not wanted.paths:
            known = benchmarks.get_benchmark(conn, name)
        had = benchmarks.entry_hashes(conn, known) if known is not None else set()
    if not wanted.paths and known is not None:
        _refuse_other(known, asked)
        return known, None
    read = read_benchmark(
        [Path(path) for path in wanted.paths],
        format=wanted.format,
        tools=Path(wanted.tools) if wanted.tools else None,
        max_record_bytes=max_record_bytes,
    )
    threshold = asked or (known.threshold if known is not None else THRESHOLD)
    with store.write() as conn:
        same = {one.hash for one in read.entries} == had
        if known is not None and same and (known.threshold, known.version) == (threshold, VERSION):
            benchmarks.note_files(conn, known, read.files)
            return benchmarks.get_benchmark(conn, name), read
        put = benchmarks.put_benchmark(
            conn, name, read.entries, files=read.files, threshold=threshold, version=VERSION
        )
    return put, read


def _refuse_other(known: Benchmark, threshold: float | None) -> None:
    if threshold is not None and threshold != known.threshold:
        raise SettingsError(
            f"{known.name} is compared with the threshold {known.threshold:g}.",
            where="--threshold",
            hint="Give its files again to compare everything anew with another one.",
        )
    if known.version != VERSION:
        raise SettingsError(
            f"{known.name} was read by another version of Loopwright.",
            hint=f"Give its files again: `loopwright decontaminate {known.name} FILE...`.",
        )


def compare_new(
    store: Store,
    known: Benchmark,
    run: Run = Run(),
    dataset: int | None = None,
    *,
    processes: int | None = None,
) -> int:
    """Hold every trajectory against a benchmark that was not yet; how many those were.

    Raises:
        SettingsError: the benchmark was read by another version.
        StoreError: it was read anew meanwhile.
        Cancelled: the user stopped it; finished pages stay.
    """
    _refuse_other(known, None)
    with store.read() as conn:
        total = benchmarks.count_waiting(conn, known, dataset)
    if not total:
        return 0
    comparison = _Comparison(store, known)
    n = how_many_processes(processes, worthwhile=total >= POOL_FROM_ROWS)
    with workers(n) as those:
        for page, prints in those.map(_printed, _pages(store, known, dataset)):
            comparison.add(page, prints)
            run.report(comparison.done, total, f"trajectories held against {known.name}")
            store.give_way()
    comparison.settle()
    return comparison.done


class _Page(Struct, frozen=True):
    bodies: list[RawBody]
    groups: list[str]


def _pages(store: Store, known: Benchmark, dataset: int | None) -> Iterator[_Page]:
    after = 0
    while True:
        with store.read() as conn:
            found = benchmarks.waiting(conn, known, dataset, after, PAGE)
        if not found:
            return
        after = found[-1][0].id
        yield _Page([raw for raw, _ in found], [group for _, group in found])


def _printed(page: _Page) -> Prints:
    """The work of a process."""
    return prints_of([asked_in(unpack(raw.content), unpack(raw.tools)) for raw in page.bodies])


class _Comparison:
    """Holds pages against a benchmark and keeps what they hit."""

    def __init__(self, store: Store, known: Benchmark) -> None:
        self._store, self._known = store, known
        self.done = 0
        self._found_runs = False
        with store.read() as conn:
            self._entries, prints = benchmarks.prints_of_entries(conn, known)
            self._families = groups.families(conn)
        self._position = {entry: at for at, entry in enumerate(self._entries)}
        self._index = Index(joined(prints), known.threshold)

    def add(self, page: _Page, prints: Prints) -> None:
        """Compare one page, and keep what it hit."""
        families = [self._families.get(group, group) for group in page.groups]
        found = self._index.find(
            prints, families, lambda row: asked(page.bodies[row].decode()).content
        )
        ids = [raw.id for raw in page.bodies]
        hits = [self._hit(match, ids) for match in found]
        self._found_runs |= any(match.runs for match in found)
        with self._store.write() as conn:
            benchmarks.add_compared(conn, self._known, ids, hits)
        self.done += len(ids)

    def _hit(self, match: Match, ids: Sequence[int]) -> NewHit:
        runs = np.array(match.runs, np.uint64).tobytes() if match.runs else None
        entry = self._entries[match.entry]
        return NewHit(ids[match.row], entry, match.kind.value, round(match.score, 4), runs)

    def settle(self) -> None:
        """Score runs of words anew, now that it is known which are common. All runs of the
        benchmark that were ever found count, so the order of imports does not."""
        if not self._found_runs:
            return
        families: dict[int, set[str]] = defaultdict(set)
        common: set[int] = set()
        with self._store.read() as conn:
            for one in contamination.iter_run_hits(conn, self._known):
                family = self._families.get(one.group_key, one.group_key)
                for run in _runs(one.runs):
                    if run not in common:
                        families[run].add(family)
                        if len(families[run]) > COMMON_FAMILIES:
                            common.add(run)
                            del families[run]
            changed = (
                [
                    (one.id, score)
                    for one in contamination.iter_run_hits(conn, self._known)
                    if one.entry_id in self._position
                    and not math.isclose(
                        score := self._score(one.entry_id, one.runs, frozenset(common)), one.score
                    )
                ]
                if common
                else []
            )
        with self._store.write() as conn:
            contamination.change_scores(conn, changed)

    def _score(self, entry_id: int, runs: bytes, common: frozenset[int]) -> float:
        return round(self._index.score_of(self._position[entry_id], _runs(runs), common), 4)


def _runs(data: bytes) -> list[int]:
    found: list[int] = np.frombuffer(data, np.uint64).tolist()
    return found
