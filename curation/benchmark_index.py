"""Finding what a page of trajectories shares with the entries of a benchmark.

The index is as large as the benchmark, however many trajectories are held against it. A run of
words that is no sign of anything is left out of account: one that stands in many entries of the
benchmark (its own boilerplate), and one that many families of trajectories share.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from msgspec import Struct

from curation.decontamination import HitKind
from curation.word_prints import BANDS, Counts, Numbers, Prints

COMMON_ENTRIES = 20
"""A run of words in more entries than this is boilerplate of the benchmark."""
COMMON_FAMILIES = 50
"""A run of words that more families of trajectories share is boilerplate of the data."""
EXACT_WORDS = 4
"""A question of fewer words identifies no entry."""
NEAR_WORDS = 6
"""Questions of fewer words are not compared for being near."""
PART_WORDS = 13
"""One message of several of an entry is compared by itself from so many words on: "can you tell me
the price?" is no sign of one."""
SHORT_SHARE = 0.5
"""Of the runs of a short question, which are 8 words and often a common phrase, at least this share
has to agree."""
MOST_HITS = 20
"""Hits of one kind that are kept of one trajectory, the highest scores first."""
_ORDER = {kind: place for place, kind in enumerate(HitKind)}
_SETS_REMEMBERED = 4096


class Match(Struct, frozen=True):
    """A trajectory of the page and an entry of the benchmark that agree."""

    row: int
    entry: int
    """Position in the benchmark."""
    kind: HitKind
    score: float
    """0 to 1, as `curation.decontamination.FOUND` says."""
    runs: tuple[int, ...] = ()
    """Of `ngram`: the runs of words that are shared."""


class Index:
    """A benchmark to hold trajectories against.

    Args:
        entries: prints of its entries, in order.
        threshold: Jaccard similarity from which questions are near.
    """

    def __init__(self, entries: Prints, threshold: float) -> None:
        self._threshold = threshold
        self._exact: dict[int, list[int]] = defaultdict(list)
        self._content: dict[int, list[int]] = defaultdict(list)
        self._answered: set[int] = set()
        self._units = entries
        self._starts = _starts(entries.unit_size)
        self._read_units(entries)
        for entry in np.flatnonzero(entries.content).tolist():
            self._content[int(entries.content[entry])].append(entry)
        self._runs = _Runs(entries)
        self._tools = _ToolSets(entries)

    @property
    def common(self) -> frozenset[int]:
        """Runs of words that turned out to be boilerplate of the data so far."""
        return self._runs.common

    def find(
        self,
        page: Prints,
        families: Sequence[str],
        content_of: Callable[[int], int] | None = None,
    ) -> list[Match]:
        """All that the trajectories of a page share with entries, in the order of the page.

        Args:
            families: of every trajectory of the page; what one family repeats is not common.
            content_of: gives the key of a trajectory's questions and calls; asked only for those
                that ask what an entry asks. None: the prints have it.
        """
        found = [
            *self._equal(page, content_of or (lambda row: int(page.content[row]))),
            *self._near(page),
            *self._runs.find(page, families),
            *self._tools.find(page),
        ]
        best: dict[tuple[int, HitKind], list[Match]] = defaultdict(list)
        for match in found:
            best[match.row, match.kind].append(match)
        kept = (sorted(some, key=_best_first)[:MOST_HITS] for some in best.values())
        found = [match for some in kept for match in some]
        return sorted(found, key=lambda m: (m.row, _ORDER[m.kind], m.entry))

    def score_of(self, entry: int, runs: Iterable[int], common: frozenset[int]) -> float:
        """The share of an entry's runs that these are, with what is common left out of both."""
        return self._runs.score(entry, runs, common)

    def _read_units(self, entries: Prints) -> None:
        compared: list[int] = []
        known: set[bytes] = set()
        for unit in range(len(entries.unit_row)):
            key, words = int(entries.unit_key[unit]), int(entries.unit_words[unit])
            entry = int(entries.unit_row[unit])
            if entries.unit_whole[unit] and words >= EXACT_WORDS:
                self._exact[key].append(entry)
            if entries.unit_whole[unit] and entries.content[entry]:
                self._answered.add(key)
            # Of equal questions one is compared: what is near to it is near to all.
            least = NEAR_WORDS if entries.unit_whole[unit] else PART_WORDS
            start, end = self._starts[unit], self._starts[unit + 1]
            shingles = entries.shingles[start:end].tobytes()
            if words >= least and shingles not in known:
                known.add(shingles)
                compared.append(unit)
        chosen = np.array(compared, np.int64)
        bands = entries.bands.reshape(-1, BANDS)[chosen].reshape(-1)
        self._bands = _Postings(bands, np.repeat(chosen, BANDS))

    def _equal(self, page: Prints, content_of: Callable[[int], int]) -> Iterator[Match]:
        told = set()
        columns = (page.unit_row.tolist(), page.unit_key.tolist(), page.unit_whole.tolist())
        for row, key, is_whole in zip(*columns, strict=True):
            for entry in self._exact.get(key, ()):
                if (row, entry) not in told:
                    told.add((row, entry))
                    yield Match(row, entry, HitKind.QUESTION, 1.0)
            if is_whole and key in self._answered:
                for entry in self._content.get(content_of(row), ()):
                    yield Match(row, entry, HitKind.CONTENT, 1.0)

    def _near(self, page: Prints) -> Iterator[Match]:
        at, theirs = self._bands.find(page.bands)
        pairs = set(zip((at // BANDS).tolist(), theirs.tolist(), strict=True))
        starts = _starts(page.unit_size)
        best: dict[tuple[int, int], float] = {}
        for one, other in sorted(pairs):
            if page.unit_words[one] < NEAR_WORDS:
                continue
            mine = page.shingles[starts[one] : starts[one + 1]]
            known = self._units.shingles[self._starts[other] : self._starts[other + 1]]
            score = _jaccard(mine, known, self._threshold)
            if score >= self._threshold:
                key = (int(page.unit_row[one]), int(self._units.unit_row[other]))
                best[key] = max(score, best.get(key, 0.0))
        for (row, entry), score in best.items():
            yield Match(row, entry, HitKind.NEAR, score)


class _Postings:
    """Key -> numbers, looked up for many keys at once."""

    def __init__(self, keys: Numbers, values: Counts) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._values = keys[order], values[order]

    def find(self, wanted: Numbers) -> tuple[Counts, Counts]:
        """(position in `wanted`, number) of every agreement."""
        left = np.searchsorted(self._keys, wanted, "left")
        n = np.searchsorted(self._keys, wanted, "right") - left
        at = np.repeat(np.arange(len(wanted)), n)
        within = np.arange(len(at)) - np.repeat(np.cumsum(n) - n, n)
        return at, self._values[np.repeat(left, n) + within]


class _Runs:
    """Shared runs of words."""

    def __init__(self, entries: Prints) -> None:
        # An entry with a run of 13 words is known by those; only a shorter one by runs of 8.
        is_short = entries.run_is_short == 1
        self._long = set(entries.run_row[~is_short].tolist())
        chosen = ~is_short | ~np.isin(entries.run_row, entries.run_row[~is_short])
        pairs = np.unique(
            np.stack([entries.runs[chosen], entries.run_row[chosen].astype(np.uint64)], axis=1),
            axis=0,
        ).reshape(-1, 2)
        runs, n = np.unique(pairs[:, 0], return_counts=True)
        telling = ~np.isin(pairs[:, 0], runs[n > COMMON_ENTRIES])
        keys, rows = pairs[telling, 0], pairs[telling, 1].astype(np.int64)
        self._postings = _Postings(keys, rows)
        self._of: dict[int, set[int]] = defaultdict(set)
        for entry, run in zip(rows.tolist(), keys.tolist(), strict=True):
            self._of[entry].add(run)
        self._families: dict[int, set[str]] = defaultdict(set)
        self._common: set[int] = set()

    @property
    def common(self) -> frozenset[int]:
        return frozenset(self._common)

    def find(self, page: Prints, families: Sequence[str]) -> Iterator[Match]:
        at, entries = self._postings.find(page.runs)
        shared: dict[tuple[int, int], set[int]] = defaultdict(set)
        rows, runs = page.run_row[at].tolist(), page.runs[at].tolist()
        for row, run, entry in zip(rows, runs, entries.tolist(), strict=True):
            if run not in self._common:
                self._note(run, families[row])
                shared[row, entry].add(run)
        for (row, entry), some in sorted(shared.items()):
            score = self.score(entry, some, self.common)
            if score:
                yield Match(row, entry, HitKind.NGRAM, score, tuple(sorted(some)))

    def _note(self, run: int, family: str) -> None:
        seen = self._families[run]
        seen.add(family)
        if len(seen) > COMMON_FAMILIES:
            self._common.add(run)
            del self._families[run]

    def score(self, entry: int, runs: Iterable[int], common: frozenset[int]) -> float:
        telling = self._of[entry] - common
        share = len(telling & set(runs)) / len(telling) if telling else 0.0
        return share if entry in self._long or share >= SHORT_SHARE else 0.0


class _ToolSets:
    """Entries' tools that a trajectory offers all of."""

    def __init__(self, entries: Prints) -> None:
        self._first: dict[frozenset[int], int] = {}
        for entry, tools in enumerate(_tool_sets(entries)):
            if tools:
                self._first.setdefault(tools, entry)
        self._with: dict[int, list[frozenset[int]]] = defaultdict(list)
        for tools in self._first:
            for tool in tools:
                self._with[tool].append(tools)
        self._known: dict[frozenset[int], list[tuple[int, float]]] = {}

    def find(self, page: Prints) -> Iterator[Match]:
        for row, offered in enumerate(_tool_sets(page)):
            found = self._known.get(offered)
            if found is None:
                if len(self._known) >= _SETS_REMEMBERED:
                    self._known.clear()
                found = self._known[offered] = self._within(offered)
            for entry, score in found:
                yield Match(row, entry, HitKind.TOOLS, score)

    def _within(self, offered: frozenset[int]) -> list[tuple[int, float]]:
        n = Counter(tools for tool in offered for tools in self._with.get(tool, ()))
        whole = [tools for tools, count in n.items() if count == len(tools)]
        return [(self._first[tools], len(tools) / len(offered)) for tools in whole]


def _tool_sets(prints: Prints) -> Iterator[frozenset[int]]:
    for start, end in pairwise(_starts(prints.n_tools).tolist()):
        yield frozenset(prints.tools[start:end].tolist())


def _starts(sizes: Counts) -> Counts:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _jaccard(one: Numbers, other: Numbers, least: float) -> float:
    """Of sorted sets; 0 where their sizes rule `least` out."""
    small, large = sorted((len(one), len(other)))
    if not small or small < least * large:
        return 0.0
    together = len(np.intersect1d(one, other, assume_unique=True))
    return together / (len(one) + len(other) - together)


def _best_first(match: Match) -> tuple[Any, ...]:
    return (-match.score, match.entry)
