"""Properties of expansion: who gets which directive, and which copies are dropped."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from curation.directive import builtin_directives, directive_mix, drawn
from curation.expansion.near_copies import Corpus, sample_text, similarity
from curation.trajectory import Message, Role, ToolCall

NAMES = [one.name for one in builtin_directives()]
SEEDS = st.text(max_size=20)
MIXES = st.dictionaries(st.sampled_from(NAMES), st.floats(0, 100)).filter(
    lambda mix: any(weight > 1e-3 for weight in mix.values())
)


@given(SEEDS, st.integers(0, 2**31), st.integers(0, 50))
def test_every_four_children_have_every_directive_once(seed: str, run: int, block: int) -> None:
    mix = directive_mix(None)
    four = [drawn(mix, seed, number, run) for number in range(4 * block, 4 * block + 4)]
    assert sorted(four) == NAMES


@given(MIXES, SEEDS, st.integers(0, 200), st.integers(0, 9))
def test_a_draw_depends_on_nothing_but_seed_number_and_run(
    weights: dict[str, float], seed: str, number: int, run: int
) -> None:
    mix = directive_mix(weights)
    found = drawn(mix, seed, number, run)
    assert mix[found] > 0
    backwards = dict(reversed(mix.items()))
    assert drawn(backwards, seed, number, run) == found
    assert drawn({name: 2 * weight for name, weight in mix.items()}, seed, number, run) == found


@given(MIXES, st.integers(0, 9))
def test_many_children_have_the_shares_of_the_mix(weights: dict[str, float], run: int) -> None:
    """Of one seed, 256 points of the sequence hit a line of length L within 1 + 1 of 256 L."""
    mix = directive_mix(weights)
    counts = Counter(drawn(mix, "one", number, run) for number in range(256))
    whole = sum(mix.values())
    for name, weight in mix.items():
        assert abs(counts[name] - 256 * weight / whole) <= 2


def test_the_first_children_of_many_seeds_have_the_shares_of_the_mix() -> None:
    """Drawn by a fixed hash, so this never changes: 3 to 1 within four standard deviations."""
    mix = directive_mix({"user-persona": 3, "data-variation": 1})
    counts = Counter(drawn(mix, f"seed1-{n}", 0) for n in range(4_000))
    assert abs(counts["user-persona"] - 3_000) < 4 * (4_000 * 3 / 16) ** 0.5


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
SPACES = st.lists(st.sampled_from(["", " ", "\n", "\t", "  "]), min_size=1, max_size=20)


def _respaced(text: str, spaces: list[str]) -> str:
    """The text with spaces exchanged for others and more of them between its words."""
    words = text.split()
    gaps = [spaces[i % len(spaces)] or " " for i in range(len(words))]
    return "".join(word + gap for word, gap in zip(words, gaps, strict=True))


def _messages(text: str, value: str) -> list[Message]:
    call = ToolCall("find", json.dumps({"q": value}))
    return [Message(Role.USER, text), Message(Role.ASSISTANT, None, (call,))]


@given(TEXTS, TEXTS, SPACES, st.floats(0, 1))
def test_a_child_like_its_parent_up_to_spaces_and_case_is_always_dropped(
    text: str, value: str, spaces: list[str], threshold: float
) -> None:
    """Whatever the threshold is."""
    parent = sample_text(_messages(text, value))
    child = sample_text(_messages(_respaced(text, spaces), _respaced(value, spaces)))
    folded = sample_text(_messages(text.casefold(), value.casefold()))
    for one in (child, folded):
        assert similarity(one, parent) == 1
        assert Corpus([("parent", parent)]).nearest(one, threshold) is not None


@given(TEXTS, TEXTS, st.floats(0, 1))
def test_likeness_is_symmetric_and_a_corpus_never_misses_the_closest(
    one: str, other: str, threshold: float
) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    found = Corpus([("a", one), ("b", other)]).nearest(other, threshold)
    assert found is not None
    assert found.similarity == 1
    alone = Corpus([("a", one)]).nearest(other, threshold)
    assert (alone is not None) == (similarity(one, other) >= threshold)
