"""Which vectors are near each other: families of what pairs of a cosine from a threshold connect.

Every pair is looked at: for n vectors of dimension d that takes n² / 8 · d multiplications where
nothing is near, up to n² / 1.6 · d where everything is. A quarter of the numbers comes first, with
the length of the rest: by the inequality of Cauchy and Schwarz that bounds a product from above,
and most pairs are out. What is left of two blocks is multiplied whole. Two blocks and their product
are held, so memory does not grow with n.

Products are in single precision and decide only where their error cannot matter; the few pairs
beside the threshold are computed again, each by itself in double precision. So a family depends
neither on the size of blocks nor on the order of vectors.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from curation.embeddings import Vectors

Read = Callable[[int, int], Vectors]
"""Rows from one number up to another, the last one not included; fewer at the end."""

BLOCK_VALUES = 1 << 20
"""Of a block: 4 MiB in single precision."""
MOST_ROWS = 2_048
"""Of a block: their products are 16 MiB."""

ROUNDING = 1e-9
"""A cosine in double precision is as good as equal to one that is less by so much."""

OFF_UNIT = 1.1e-3
"""A product of two stored vectors is off their cosine by less than this: 16-bit floats move each
number, and so each length, by 2⁻¹¹ at most."""

_Single = npt.NDArray[np.float32]


def cosines(one: Vectors, others: Vectors) -> npt.NDArray[np.float64]:
    """Of one vector with each of several, row by row in double precision."""
    a, b = one.astype(np.float64), np.ascontiguousarray(others, dtype=np.float64)
    lengths = np.sqrt((a * a).sum() * (b * b).sum(axis=1))
    found: npt.NDArray[np.float64] = (b * a).sum(axis=1) / lengths
    return found


def embedding_families(
    read: Read, n: int, dimension: int, threshold: float, *, rows: int | None = None
) -> npt.NDArray[np.int64]:
    """The family of every vector (`curation.embeddings.packed`), by the number of its first member.

    Args:
        rows: of a block; None: as many as memory is meant for.
    """
    rows = rows or max(1, min(MOST_ROWS, BLOCK_VALUES // max(1, dimension)))
    search = _Search(n, dimension, threshold)
    for start in range(0, n, rows):
        ours = _Block(start, read(start, start + rows))
        search.compare(ours, ours)
        for first in range(start + rows, n, rows):
            search.compare(ours, _Block(first, read(first, first + rows)))
    return search.joined.tops(np.arange(n))


class _Block:
    """Some vectors, and the first of their numbers with the length of the rest."""

    def __init__(self, start: int, vectors: Vectors) -> None:
        self.start = start
        self.rows = np.arange(start, start + len(vectors), dtype=np.int64)
        self.vectors = vectors
        self.single: _Single = vectors.astype(np.float32)
        shown = -(-vectors.shape[1] // 4)
        rest = self.single[:, shown:]
        length = np.sqrt(np.einsum("ij,ij->i", rest, rest))
        self.bound: _Single = np.column_stack([self.single[:, :shown], length])


class _Search:
    """Compares blocks, and joins what is near."""

    def __init__(self, n: int, dimension: int, threshold: float) -> None:
        self.joined = _Joined(n)
        # A product of single precision is off by less than d · 2⁻²⁴ (Higham, Accuracy and
        # Stability of Numerical Algorithms, section 3.1).
        slack = OFF_UNIT + (dimension + 8) * 2.0**-23
        self._threshold = threshold
        self._least, self._surely = threshold - slack, threshold + slack

    def compare(self, ours: _Block, theirs: _Block) -> None:
        """Join every row of one block with those of the other, or of the same, that are near."""
        our_tops, their_tops = self.joined.tops(ours.rows), self.joined.tops(theirs.rows)
        if (our_tops == our_tops[0]).all() and (their_tops == our_tops[0]).all():
            return
        possible = ours.bound @ theirs.bound.T >= self._least
        if ours is theirs:
            possible = np.triu(possible, 1)
        here, there = np.flatnonzero(possible.any(axis=1)), np.flatnonzero(possible.any(axis=0))
        if not len(here):
            return
        products = ours.single[here] @ theirs.single[there].T
        near = (products >= self._least) & possible[np.ix_(here, there)]
        near &= our_tops[here][:, None] != their_tops[there]
        for at in np.flatnonzero(near.any(axis=1)).tolist():
            hits = np.flatnonzero(near[at])
            self._join(ours, int(here[at]), theirs, there[hits], products[at, hits])

    def _join(
        self, ours: _Block, row: int, theirs: _Block, hits: npt.NDArray[np.int64], products: _Single
    ) -> None:
        own = ours.start + row
        sure = products >= self._surely
        self.joined.join(own, theirs.start + hits[sure])
        unsure = self.joined.strangers(own, theirs.start + hits[~sure])
        if len(unsure):
            found = cosines(ours.vectors[row], theirs.vectors[unsure - theirs.start])
            self.joined.join(own, unsure[found >= self._threshold - ROUNDING])


class _Joined:
    """Rows that belong together: above each stands itself or an earlier one."""

    def __init__(self, n: int) -> None:
        self._above = np.arange(n, dtype=np.int64)

    def tops(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The first of the family of each."""
        tops: npt.NDArray[np.int64] = self._above[rows]
        while (self._above[tops] != tops).any():
            tops = self._above[tops]
        self._above[rows] = tops
        return tops

    def strangers(self, row: int, others: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Those of the others that are not of the row's family."""
        own = self.tops(np.array([row]))[0]
        apart: npt.NDArray[np.int64] = others[self.tops(others) != own]
        return apart

    def join(self, row: int, others: npt.NDArray[np.int64]) -> None:
        """Make one family of the row and the others."""
        if len(others):
            tops = np.unique(self.tops(np.append(others, row)))
            self._above[tops] = tops[0]
