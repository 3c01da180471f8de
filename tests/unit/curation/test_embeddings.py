"""What is embedded, how vectors are kept, and which are near: by hand."""

from __future__ import annotations

import numpy as np
import pytest

from curation.embedding_families import cosines, embedding_families
from curation.embeddings import STORED, NoDirection, asked_text, packed, text_key
from curation.trajectory import Message, Role

# Cosine of the first with the others: 1, 24/25 = 0.96, 4/5 = 0.8, 0; of the second and the third
# (24·4 + 7·3) / 125 = 0.936.
PLANE = [[2.0, 0.0], [24.0, 7.0], [4.0, 3.0], [0.0, 5.0]]


def unpacked(rows: list[bytes]) -> np.ndarray:  # type: ignore[type-arg]
    return np.stack([np.frombuffer(row, dtype=STORED) for row in rows])


def families(found: list[list[float]], threshold: float, rows: int = 3) -> list[int]:
    matrix = unpacked(packed(found))
    result = embedding_families(
        lambda a, b: matrix[a:b], len(found), matrix.shape[1], threshold, rows=rows
    )
    return result.tolist()


def test_cosines_by_hand() -> None:
    matrix = unpacked(packed(PLANE))
    assert cosines(matrix[0], matrix) == pytest.approx([1, 0.96, 0.8, 0], abs=5e-4)
    assert cosines(matrix[1], matrix[2:3]) == pytest.approx([0.936], abs=5e-4)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.97, [0, 1, 2, 3]), (0.95, [0, 0, 2, 3]), (0.93, [0, 0, 0, 3]), (0.59, [0, 0, 0, 0])],
)
def test_families_are_what_pairs_connect(threshold: float, expected: list[int]) -> None:
    """At 0.93 the first and the third are no pair (0.8), but the second is one with both; at 0.59
    the last comes in by the third: 3/5."""
    assert families(PLANE, threshold) == expected


def test_equal_vectors_are_one_at_any_threshold() -> None:
    assert families([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 2.0, 3.1]], 1.0) == [0, 0, 2]


def test_vectors_are_kept_as_directions_however_large_or_small_their_numbers_are() -> None:
    large, small = unpacked(packed([[3e300, 4e300], [3e-300, 4e-300]]))
    assert large.tolist() == small.tolist() == pytest.approx([0.6, 0.8], abs=5e-4)
    for wrong in ([0.0, 0.0], [1.0, float("nan")], [1.0, float("inf")]):
        with pytest.raises(NoDirection):
            packed([[1.0, 2.0], wrong])


def test_only_what_users_say_is_embedded() -> None:
    messages = (
        Message(Role.SYSTEM, "You know the weather."),
        Message(Role.USER, " How is it in Oslo? \ud800"),
        Message(Role.ASSISTANT, "Clear."),
        Message(Role.USER, "  "),
        Message(Role.USER, "And in Rome?"),
    )
    assert asked_text(messages) == "How is it in Oslo? ?\n\nAnd in Rome?"
    assert asked_text(messages[:1]) == ""
    assert text_key("a") != text_key("b") and len(text_key("a")) == 16
