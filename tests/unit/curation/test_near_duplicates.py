"""What makes two trajectories near, and that near ones share a key."""

from __future__ import annotations

import random

import pytest

from curation.near_duplicates import (
    BANDS,
    THRESHOLD,
    Shingles,
    jaccard,
    keys_of,
    shingles,
    skeleton,
)
from curation.trajectory import Message, Role, ToolCall


def asked(text: str, *calls: ToolCall) -> tuple[Message, ...]:
    return (Message(Role.USER, text), Message(Role.ASSISTANT, None, calls))


def test_similarity_by_hand() -> None:
    one = asked("book a table for two at four", ToolCall("book", '{"n": 2}'))
    other = asked("Book a table for two at FIVE!", ToolCall("book", '{"n": 3}'))
    # Seven words are three runs of five; the last run differs. Both calls have one skeleton.
    assert len(shingles(one)) == len(shingles(other)) == 4
    assert jaccard(shingles(one), shingles(other)) == 3 / 5


def test_a_skeleton_has_paths_and_no_values() -> None:
    call = ToolCall("order", '{"to": {"city": "Oslo"}, "items": [{"id": 1}, {"id": 2}], "at": 4}')
    assert skeleton(call) == "order(at, items, items/id, to, to/city)"
    assert skeleton(ToolCall("order", "{broken")) == "order(?)"


def test_nothing_said_and_nothing_called_is_near_to_nothing() -> None:
    empty = shingles(asked(""))
    assert empty == frozenset() and keys_of([empty]) == [()]
    assert jaccard(empty, empty) == 0.0


def pair_of(similarity: float, n: int, seed: int) -> tuple[Shingles, Shingles]:
    """Two sets of n numbers with at least this similarity: s = same / (2 n - same)."""
    draw = random.Random(seed)
    same = -int(-2 * n * similarity // (1 + similarity))
    numbers = draw.sample(range(2**32), 2 * n - same)
    return frozenset(numbers[:n]), frozenset(numbers[n - same :])


@pytest.mark.parametrize("n", [10, 40, 300])
def test_near_ones_share_a_key_and_strangers_none(n: int) -> None:
    for seed in range(150):
        one, other = pair_of(THRESHOLD, n, seed)
        assert jaccard(one, other) >= THRESHOLD
        its, others = keys_of([one, other])
        assert set(its) & set(others), seed
        one, other = pair_of(0.1, n, seed)
        its, others = keys_of([one, other])
        assert not set(its) & set(others), seed


def test_keys_are_the_same_everywhere_and_always() -> None:
    """They are stored: other keys for the same set need another `VERSION`."""
    (keys,) = keys_of([frozenset({1, 2, 3})])
    assert [keys] == keys_of([frozenset({3, 2, 1})])
    assert len(keys) == BANDS + 1 == len(set(keys))
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert keys[:2] == (8236902372142018648, -4205941625961448306)
