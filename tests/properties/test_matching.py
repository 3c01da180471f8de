"""Matchers on answers of any shape: what equals itself, what implies what, what order does."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from curation.gold import gold_of
from curation.matching import MATCHERS, Match, match_step
from curation.trajectory import Message, Role, ToolCall

from .test_schemas import ARGUMENTS

STRICT, LOOPTOOL, BFCL = (MATCHERS.get(name) for name in ("strict", "looptool", "bfcl"))
CALLS = st.lists(st.tuples(st.sampled_from(["f", "g", "a.b"]), ARGUMENTS), max_size=4)
FEW = st.lists(
    st.tuples(
        st.sampled_from(["f", "g"]),
        st.dictionaries(
            st.sampled_from(["a", "b"]),
            st.sampled_from([0, 1, 2.5, True, None, "x", "X", [], ["x"], ["X"], [1], {"a": "x"}]),
            max_size=2,
        ),
    ),
    max_size=3,
)
"""Answers out of so few parts that two of them are often the same."""


def message(calls: list[tuple[str, dict[str, Any]]]) -> Message:
    made = tuple(ToolCall(name, json.dumps(arguments)) for name, arguments in calls)
    return Message(Role.ASSISTANT, None, made)


def respelt(value: Any) -> Any:
    """The same value with every object's keys in the other order."""
    if isinstance(value, dict):
        return {k: respelt(v) for k, v in reversed(value.items())}
    return [respelt(v) for v in value] if isinstance(value, list) else value


@given(CALLS, st.randoms(use_true_random=False))
def test_an_answer_matches_itself_in_any_spelling_and_order(
    calls: list[tuple[str, dict[str, Any]]], chance: random.Random
) -> None:
    shuffled = [(name, respelt(arguments)) for name, arguments in calls]
    chance.shuffle(shuffled)
    for matcher in MATCHERS:
        said = match_step(matcher, message(calls), message(shuffled))
        assert said == Match(True, text_only=not calls)


@settings(max_examples=60)
@given(FEW, FEW)
def test_strict_implies_the_others(
    first: list[tuple[str, dict[str, Any]]], second: list[tuple[str, dict[str, Any]]]
) -> None:
    reference, prediction = message(first), message(second)
    if match_step(STRICT, reference, prediction).matched:
        assert match_step(LOOPTOOL, reference, prediction).matched
        assert match_step(BFCL, reference, prediction).matched
        gold = gold_of(reference)
        assert match_step(BFCL, reference, prediction, gold=gold).matched


@given(CALLS)
def test_a_single_accepted_value_accepts_itself(calls: list[tuple[str, dict[str, Any]]]) -> None:
    reference = message(calls)
    assert match_step(BFCL, reference, reference, gold=gold_of(reference)).matched


@settings(max_examples=60)
@given(FEW, FEW, st.randoms(use_true_random=False))
def test_the_order_of_calls_changes_nothing(
    first: list[tuple[str, dict[str, Any]]],
    second: list[tuple[str, dict[str, Any]]],
    chance: random.Random,
) -> None:
    shuffled, turned = [*first], [*second]
    chance.shuffle(shuffled)
    chance.shuffle(turned)
    for matcher in MATCHERS:
        said = match_step(matcher, message(first), message(second))
        again = match_step(matcher, message(shuffled), message(turned))
        assert said.matched == again.matched


@given(CALLS, CALLS)
def test_every_refusal_has_a_reason_and_a_place_that_exists(
    first: list[tuple[str, dict[str, Any]]], second: list[tuple[str, dict[str, Any]]]
) -> None:
    for matcher in MATCHERS:
        said = match_step(matcher, message(first), message(second))
        assert said.matched == (said.why is None)
        if said.call_index is not None:
            assert said.call_index < len(second)
        if said.reference_call_index is not None:
            assert said.reference_call_index < len(first)
