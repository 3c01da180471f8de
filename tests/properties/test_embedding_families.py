"""Properties of families by cosine: neither blocks nor the order of vectors is of any account."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.embedding_families import ROUNDING, cosines, embedding_families
from curation.embeddings import STORED, Vectors, packed


def groups(found: np.ndarray, names: np.ndarray) -> set[frozenset[int]]:  # type: ignore[type-arg]
    return {frozenset(names[found == top].tolist()) for top in np.unique(found)}


def by_hand(matrix: Vectors, threshold: float) -> set[frozenset[int]]:
    """Every pair, one after the other, until nothing joins."""
    parts = [{i} for i in range(len(matrix))]
    for i in range(len(matrix)):
        for j in np.flatnonzero(cosines(matrix[i], matrix) >= threshold - ROUNDING).tolist():
            one = next(part for part in parts if i in part)
            other = next(part for part in parts if j in part)
            if one is not other:
                one |= other
                parts.remove(other)
    return {frozenset(part) for part in parts}


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 30),
    st.integers(1, 12),
    st.sampled_from([0.5, 0.8, 0.95, 1.0]),
    st.integers(1, 33),
)
def test_neither_blocks_nor_order_change_the_families(
    seed: int, n: int, dimension: int, threshold: float, rows: int
) -> None:
    drawn = np.random.default_rng(seed)
    # Few different numbers, so that many cosines are equal and many are at the threshold.
    numbers = drawn.integers(-1, 3, (n, dimension)) + 0.25
    matrix = np.array([np.frombuffer(one, STORED) for one in packed(numbers)] if n else [])  # type: ignore[arg-type]
    expected = by_hand(matrix, threshold)
    order = drawn.permutation(n)
    for of_block, names in ((rows, np.arange(n)), (None, order)):
        moved = matrix[names]
        found = embedding_families(
            lambda a, b, moved=moved: moved[a:b],  # type: ignore[misc]
            n,
            dimension,
            threshold,
            rows=of_block,
        )
        assert groups(found, names) == expected
