"""Rewards on answers of any shape: in range, blind to the order of calls, best for the equal."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from curation.matching import MATCHERS, match_step
from curation.rewarding import REWARDS
from curation.trajectory import Message, Role, ToolSpec

from .test_matching import CALLS, FEW, message
from .test_schemas import ANY_SCHEMA

TOOLS = st.lists(
    st.builds(ToolSpec, st.sampled_from(["f", "g", "h"]), parameters=st.none() | ANY_SCHEMA),
    max_size=3,
)
Calls = list[tuple[str, dict[str, Any]]]


@settings(max_examples=50)
@given(CALLS | FEW, CALLS | FEW, TOOLS, st.lists(st.text(max_size=30), max_size=4))
def test_every_score_is_in_range(
    first: Calls, second: Calls, tools: list[ToolSpec], results: list[str]
) -> None:
    following = [Message(Role.TOOL, text) for text in results]
    following.append(Message(Role.ASSISTANT, "".join(results)))
    for reward in REWARDS:
        score = reward.score(message(first), message(second), tools, following)
        assert score is None or reward.low <= score <= reward.high


@settings(max_examples=50)
@given(FEW, FEW, st.randoms(use_true_random=False))
def test_the_order_of_calls_changes_nothing(
    first: Calls, second: Calls, chance: random.Random
) -> None:
    shuffled, turned = [*first], [*second]
    chance.shuffle(shuffled)
    chance.shuffle(turned)
    for reward in REWARDS:
        assert reward.score(message(first), message(second)) == reward.score(
            message(shuffled), message(turned)
        )


@settings(max_examples=50)
@given(FEW, FEW)
def test_a_strict_match_gets_the_most_and_tool_n1_nothing_else(first: Calls, second: Calls) -> None:
    reference, prediction = message(first), message(second)
    strict = match_step(MATCHERS.get("strict"), reference, prediction)
    assert REWARDS.get("tool-n1").score(reference, prediction) == strict.matched
    if strict.matched and first:
        assert REWARDS.get("toolrl").score(reference, prediction) == 3
        assert REWARDS.get("toolrl-similarity").score(reference, prediction) == 1
        assert REWARDS.get("tl-training").score(reference, prediction) == 1
        unique = len({str(one) for one in first}) == len(first)
        assert not unique or REWARDS.get("toolrm").score(reference, prediction) == 1
