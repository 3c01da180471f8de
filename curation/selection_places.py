"""Sharing out places: buckets, caps and quotas in whole numbers, and who gets a place.

Candidates are asked in a fixed order; each is taken where every one of its buckets still has room.
So no cap is ever exceeded, and who is taken does not depend on the order of storage.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curation.selection import (
    UNKNOWN,
    By,
    Quota,
    Selection,
    Statistic,
    difficulty_names,
    length_names,
)
from curation.selection_facts import Facts, Flags, Floats, Labels, Numbers, one_label

_NO_LIMIT = 1 << 60
_REST = "(the rest)"


def buckets(facts: Facts, asked: Selection, alive: Flags) -> dict[By, Labels]:
    """The values of every row by everything that is known of it.

    Args:
        alive: rows of which thirds are made, where difficulty has no edges.
    """
    found = dict(facts.labels)
    found[By.LENGTH] = _lengths(facts.counts[Statistic.STEPS], asked.lengths)
    if facts.difficulty is not None:
        found[By.DIFFICULTY] = _levels(facts.difficulty, asked.difficulty.edges, alive)
    return found


def _lengths(steps: Numbers, edges: Sequence[int]) -> Labels:
    bounds = [edge for edge in edges if edge > 0]
    return one_label(length_names(edges), np.searchsorted(bounds, steps, side="right"))


def _levels(difficulty: Floats, edges: Sequence[float], alive: Flags) -> Labels:
    known = ~np.isnan(difficulty)
    if edges:
        codes = np.searchsorted(edges, np.where(known, difficulty, 0.0), side="right")
    else:
        ordered = np.sort(difficulty[known & alive])
        # Equal ones stay together, so thirds of few values are not quite thirds.
        last = [math.ceil(len(ordered) * part / 3) - 1 for part in (1, 2)]
        cuts = ordered[last] if len(ordered) else ordered
        codes = np.searchsorted(cuts, np.where(known, difficulty, 0.0), side="left")
    names = difficulty_names(edges)
    return one_label(names, np.where(known, codes, names.index(UNKNOWN)))


def whole_places(shares: Sequence[float], budget: int) -> list[int]:
    """Shares of a budget in whole numbers that add up to it: the largest remainders are rounded up.

    Args:
        shares: adding up to 1.
    """
    exact = [round(share * budget, 9) for share in shares]  # 0.1 * 30 is a little more than 3
    whole = [math.floor(part) for part in exact]
    by_rest = sorted(range(len(shares)), key=lambda i: (whole[i] - exact[i], i))
    for i in by_rest[: budget - sum(whole)]:
        whole[i] += 1
    return whole


@dataclass
class Limit:
    """How many places the values of one kind have left."""

    title: str
    """"cap by tool", "quota by length"."""
    is_quota: bool
    labels: Labels
    left: list[int]


@dataclass(frozen=True)
class Short:
    """A quota that was not filled."""

    by: By
    value: str
    wanted: int
    taken: int


def limits(asked: Selection, found: dict[By, Labels]) -> list[Limit]:
    """What caps and quotas allow, as counters."""
    made: list[Limit] = []
    for by in By:
        caps = [cap for cap in asked.caps if cap.by is by]
        if caps:
            labels = found[by]
            left = [_NO_LIMIT] * len(labels.names)
            for cap in caps:
                most = cap.most
                if most is None:
                    most = math.floor(round((cap.share or 0.0) * (asked.budget or 0), 9))
                for code, name in enumerate(labels.names):
                    if cap.value in (None, name):
                        left[code] = min(left[code], most)
            made.append(Limit(f"cap by {by.value}", False, labels, left))
    quotas: dict[By, list[Quota]] = defaultdict(list)
    for quota in asked.quotas:
        quotas[quota.by].append(quota)
    for by, of_it in quotas.items():
        made.append(_reserved(by, of_it, found[by], asked.budget or 0))
    return made


def _reserved(by: By, quotas: Sequence[Quota], labels: Labels, budget: int) -> Limit:
    """Places for named values; all that has none of them shares the rest."""
    rest = max(0.0, 1 - sum(quota.share for quota in quotas))
    left = whole_places([*(quota.share for quota in quotas), rest], budget)
    named = {quota.value: number for number, quota in enumerate(quotas)}
    number_of = np.array([named.get(name, -1) for name in labels.names], dtype=np.int64)
    codes, rows = number_of[labels.codes], labels.rows()
    keep = codes >= 0
    n = len(labels.at) - 1
    bare = np.ones(n, dtype=bool)
    bare[rows[keep]] = False
    others = np.flatnonzero(bare)
    of_row = np.concatenate([rows[keep], others])
    of_code = np.concatenate([codes[keep], np.full(len(others), len(quotas))])
    order = np.lexsort((of_code, of_row))
    at = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(of_row, minlength=n), out=at[1:])
    names = (*(quota.value for quota in quotas), _REST)
    return Limit(f"quota by {by.value}", True, Labels(names, at, of_code[order]), left)


@dataclass(frozen=True)
class Placed:
    """Who got a place."""

    taken: list[int]
    refused: dict[int, tuple[int, int]]
    """Row -> number of the limit and code of the value that had no room."""
    over: list[int]
    """Rows for which the budget was spent."""


def place(order: Sequence[int], those: Sequence[Limit], budget: int | None) -> Placed:
    """Give places in `order`; counts `Limit.left` down."""
    values = [(limit.labels.at.tolist(), limit.labels.codes.tolist()) for limit in those]
    lefts = [limit.left for limit in those]
    everything = list(enumerate(zip(values, lefts, strict=True)))
    free = _NO_LIMIT if budget is None else budget
    placed = Placed([], {}, [])
    for row in order:
        blocked = None
        for number, ((at, codes), left) in everything:
            for code in codes[at[row] : at[row + 1]]:
                if left[code] <= 0:
                    blocked = number, code
                    break
            if blocked is not None:
                break
        if blocked is not None:
            placed.refused[row] = blocked
            continue
        if not free:
            placed.over.append(row)
            continue
        free -= 1
        placed.taken.append(row)
        for _, ((at, codes), left) in everything:
            for code in codes[at[row] : at[row + 1]]:
                left[code] -= 1
    return placed


def shortages(asked: Selection, those: Sequence[Limit]) -> tuple[Short, ...]:
    """Quotas with places left over."""
    found: list[Short] = []
    for limit in those:
        if not limit.is_quota:
            continue
        of_it = [quota for quota in asked.quotas if limit.title == f"quota by {quota.by.value}"]
        rest = max(0.0, 1 - sum(quota.share for quota in of_it))
        wanted = whole_places([*(quota.share for quota in of_it), rest], asked.budget or 0)
        found += [
            Short(quota.by, quota.value, wanted[i], wanted[i] - limit.left[i])
            for i, quota in enumerate(of_it)
            if limit.left[i] > 0
        ]
    return tuple(found)
