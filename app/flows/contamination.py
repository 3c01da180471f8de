"""What was found by holding data against benchmarks: hits to read, to dismiss, to leave out.

Comparing is `app.flows.decontaminate`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.decontaminate import compare_new
from app.flows.running import Run
from curation.decontamination import Avoided, Decontaminate, HitKind
from curation.errors import ExportError, SettingsError
from curation.export_reasons import Dropped, DropReason
from curation.exporting import ExportType
from curation.shared_passages import Side, sides
from storage import benchmarks, contamination, groups
from storage.annotators import AnnotatorInfo
from storage.benchmarks import Benchmark
from storage.contamination import EntryCount, Hit, KindCount, Leak, Ruling
from storage.datasets import dataset_id
from storage.engine import Store
from storage.trajectories import load_by_id

BINS = 20
"""Of the histogram of scores."""
ENTRIES_SHOWN = 50


class Found(Struct, frozen=True):
    """How a benchmark stands: what was compared with it, and what hit."""

    benchmark: Benchmark
    compared: int
    waiting: int
    """Trajectories that came in since; the next comparison or export looks at them."""
    by_kind: dict[HitKind, KindCount]
    by_entry: tuple[EntryCount, ...]
    scores: dict[HitKind, list[int]]
    """Hits by kind and score, in `BINS` bins from 0 to 1."""


class PairView(Struct, frozen=True):
    """A hit with both of its sides, what they share marked."""

    hit: Hit
    entry: Side
    trajectory: Side
    rulings: tuple[Ruling, ...]
    """What people said of it, the latest first."""


def list_benchmarks(store: Store) -> list[Benchmark]:
    """All benchmarks that were read, by name."""
    with store.read() as conn:
        return benchmarks.list_benchmarks(conn)


def look_at(store: Store, name: str) -> Found:
    """How a benchmark stands; nothing is compared.

    Raises:
        NotFound: there is none of that name.
    """
    with store.read() as conn:
        known = benchmarks.get_benchmark(conn, name)
        return Found(
            known,
            benchmarks.count_compared(conn, known),
            benchmarks.count_waiting(conn, known),
            contamination.count_by_kind(conn, known),
            tuple(contamination.count_by_entry(conn, known, ENTRIES_SHOWN)),
            contamination.count_scores(conn, known, BINS),
        )


def hits_of(
    store: Store, name: str, kind: HitKind, limit: int, *, dismissed: bool | None = None
) -> list[Hit]:
    """The hits of a kind with the highest scores.

    Raises:
        NotFound: there is no benchmark of that name.
    """
    with store.read() as conn:
        known = benchmarks.get_benchmark(conn, name)
        return contamination.best_hits(conn, known, [kind], limit, dismissed=dismissed)


def hit_lines(store: Store, name: str, dataset: str | None = None) -> Iterator[Hit]:
    """All hits of a benchmark, as they were found.

    Raises:
        NotFound: there is no such benchmark or dataset.
    """
    with store.read() as conn:
        known = benchmarks.get_benchmark(conn, name)
        only = dataset_id(conn, dataset) if dataset is not None else None
        yield from contamination.iter_hits(conn, known, only)


def get_hit(store: Store, hit_id: int) -> Hit:
    """One hit.

    Raises:
        NotFound: there is none of that id.
    """
    with store.read() as conn:
        return contamination.get_hit(conn, hit_id)


def pair_of(store: Store, hit_id: int) -> PairView:
    """Both sides of a hit.

    Raises:
        NotFound: there is none of that id (a new comparison numbers them anew).
    """
    with store.read() as conn:
        hit = contamination.get_hit(conn, hit_id)
        _, entry = benchmarks.load_entry(conn, hit.entry_id)
        whole = load_by_id(conn, hit.trajectory_id).trajectory
        return PairView(hit, *sides(entry, whole), tuple(contamination.rulings_on(conn, hit)))


def rule_on_hit(
    store: Store, who: AnnotatorInfo, seen: Hit, *, dismissed: bool, reason: str
) -> Hit:
    """Call a hit a false alarm, or take that back. It holds when a later comparison finds it again.

    Args:
        seen: the hit as it was looked at; numbers of hits change when everything is compared anew.

    Raises:
        NotFound: it is no hit any more.
        SettingsError: no reason is given, or that is how it stands already.
    """
    reason = reason.strip()
    if dismissed and not reason:
        raise SettingsError("No reason is given.", hint="Say why it is a false alarm.")
    with store.write() as conn:
        hit = contamination.same_hit(conn, seen)
        if hit.dismissed is dismissed:
            how = "is dismissed already" if dismissed else "is not dismissed"
            raise SettingsError(f"The hit {hit.id} {how}.", hint="Nothing was changed.")
        contamination.rule_on(conn, hit, who.id, dismissed=dismissed, reason=reason)
        return contamination.same_hit(conn, hit)


# --- exports --------------------------------------------------------------------------------------


class Leaks:
    """What an export leaves out, family by family."""

    def __init__(self, families: dict[str, str] | None = None) -> None:
        self.avoided: tuple[Avoided, ...] = ()
        self.told: dict[str, str] = {}
        """uid -> why, of those that were left out."""
        self._families = families or {}
        self._first: dict[str, Leak] = {}
        self._n: Counter[str] = Counter()

    def note(self, leak: Leak) -> None:
        """Add a hit; of a family the first is told and the others are counted."""
        family = self._families.get(leak.group_key, leak.group_key)
        self._n[family] += 1
        self._first.setdefault(family, leak)

    def of(self, group_key: str, uid: str) -> Dropped | None:
        """Why a trajectory is left out; None: it is not.

        Args:
            group_key: as it is stored.
        """
        if not self._first:
            return None
        family = self._families.get(group_key, group_key)
        leak = self._first.get(family)
        if leak is None:
            return None
        detail = f"{leak.benchmark} {leak.entry}: {leak.kind.value} {leak.score:.2f}"
        if leak.uid != uid:
            detail += f", in {leak.uid} of the same family"
        if more := self._n[family] - 1:
            detail += f"; {more:,} more"
        self.told[uid] = detail
        return Dropped(DropReason.CONTAMINATED, detail)


def refuse_untrained(wanted: Decontaminate, kind: ExportType) -> None:
    """Labels are not trained on, and say what people said of everything.

    Raises:
        ExportError: benchmarks are named for such a type.
    """
    if wanted.benchmarks and not kind.splits:
        raise ExportError(
            f"The type {kind.name} is not trained on, so nothing of a benchmark is left out of it.",
            where="--decontaminate",
            hint="Leave the benchmarks out, or export sft, dpo or kto.",
        )


def leaks_of(
    store: Store, wanted: Decontaminate, run: Run = Run(), *, processes: int | None = None
) -> Leaks:
    """What an export leaves out. What was not compared yet is compared first.

    Raises:
        NotFound: there is no benchmark of one of the names.
        SettingsError, StoreError, Cancelled: as `compare_new`.
    """
    with store.read() as conn:
        asked = [benchmarks.get_benchmark(conn, name) for name in dict.fromkeys(wanted.benchmarks)]
    for known in asked:
        compare_new(store, known, run, processes=processes)
    with store.read() as conn:
        return known_leaks(conn, wanted)


def known_leaks(conn: Connection, wanted: Decontaminate) -> Leaks:
    """The same by what was compared so far.

    Raises:
        NotFound: there is no benchmark of one of the names.
    """
    if not wanted.benchmarks:
        return Leaks()
    avoided = []
    found = Leaks(groups.families(conn))
    for name in dict.fromkeys(wanted.benchmarks):
        known = benchmarks.get_benchmark(conn, name)
        for leak in contamination.iter_leaks(conn, known, wanted.kinds):
            found.note(leak)
        avoided.append(
            Avoided(
                benchmark=known.name,
                entries=known.n_entries,
                threshold=known.threshold,
                files=known.files,
                kinds=wanted.kinds,
                dismissed=contamination.count_dismissed(conn, known, wanted.kinds),
            )
        )
    found.avoided = tuple(avoided)
    return found
