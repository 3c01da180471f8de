"""How sure a measured share is: Wilson's interval, and resampling of clusters for the rest.

A number that a decision rests on is a `Figure`: its value, how many cases it was taken from, and
the interval where one is known. What cannot be measured is None, never 0 or 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from random import Random
from statistics import NormalDist

from msgspec import Struct

CONFIDENCE = 0.95
"""Two-sided, wherever nothing else is said."""

RESAMPLES = 1000

LEAST_DEFINED = 0.95
"""Share of resamples in which a statistic must exist; an interval of the others would flatter."""

Vector = tuple[float, ...]


class Interval(Struct, frozen=True):
    """Both ends, included."""

    low: float
    high: float


class Figure(Struct, frozen=True):
    """A measured number with what it rests on."""

    value: float | None
    """None: undefined, because there was nothing to divide by."""
    n: int
    """Cases in the denominator."""
    interval: Interval | None = None


@lru_cache(maxsize=64)
def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(right: float, n: float, confidence: float = CONFIDENCE) -> Interval | None:
    """Wilson's score interval of a share of `right` in `n`; None for n = 0.

    With p = right/n and z the normal quantile: (p + z²/2n ± z·sqrt(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    (E. B. Wilson, JASA 1927). `n` may be an effective number of cases, hence no integer. Cases are
    taken to be independent.

    Raises:
        ValueError: fewer than 0 or more than `n` are right.
    """
    if not 0 <= right <= n:
        raise ValueError(f"{right} right of {n} is no share")
    if n == 0:
        return None
    z = _z(confidence)
    p, square = right / n, z * z / n
    centre = p + square / 2
    half = z * math.sqrt(p * (1 - p) / n + square / (4 * n))
    # Rounding must not push an end out of [0, 1], nor past the share itself.
    low = 0.0 if right == 0 else max(0.0, (centre - half) / (1 + square))
    high = 1.0 if right == n else min(1.0, (centre + half) / (1 + square))
    return Interval(low, high)


def effective_n(sizes: Iterable[int]) -> float:
    """How many independent cases a sample of clusters of these sizes is worth, at the least.

    n / deff with Kish's design effect deff = 1 + (m' - 1)·rho, where m' = Σm² / Σm is the size of
    the cluster that a case is in, on average (L. Kish, Survey Sampling, 1965, §5.4 and §8.2). The
    correlation within clusters cannot be told where all cases are right, so rho = 1 is taken: what
    is left is (Σm)² / Σm², the number of clusters where all are of one size.
    """
    counted = list(sizes)
    squares = sum(size * size for size in counted)
    return sum(counted) ** 2 / squares if squares else 0.0


def cluster_bootstrap(
    clusters: Sequence[Vector],
    statistic: Callable[[Vector], float | None],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval | None:
    """Percentile interval of a statistic of sums, whole clusters drawn with replacement.

    Args:
        clusters: what each cluster adds to the sums (the cells of its confusion table, say); all of
            one length. Cases of one trajectory are one cluster, because they are not independent.
        statistic: from the sums to a number; None where it is undefined.

    Returns:
        None for fewer than two clusters, and when `statistic` is undefined in more than 5 % of the
        resamples.
    """
    if len(clusters) < 2:
        return None
    # Most clusters add the same few vectors, so draws are counted by kind before they are added up;
    # of a table's cells a cluster fills a few.
    numbers = {vector: number for number, vector in enumerate(dict.fromkeys(clusters))}
    kinds = [numbers[vector] for vector in clusters]
    filled = [[(cell, x) for cell, x in enumerate(vector) if x] for vector in numbers]
    width = len(clusters[0])
    rng = Random(seed)
    found: list[float] = []
    for _ in range(resamples):
        drawn = Counter(rng.choices(kinds, k=len(kinds)))
        sums = [0.0] * width
        for kind, times in drawn.items():
            for cell, amount in filled[kind]:
                sums[cell] += times * amount
        value = statistic(tuple(sums))
        if value is not None:
            found.append(value)
    if len(found) < LEAST_DEFINED * resamples:
        return None
    found.sort()
    tail = (1 - confidence) / 2
    return Interval(_quantile(found, tail), _quantile(found, 1 - tail))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between neighbours (Hyndman and Fan's type 7)."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
