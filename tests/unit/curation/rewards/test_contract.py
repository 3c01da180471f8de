"""What every reward must do; a new file is tested by being there."""

from __future__ import annotations

import re

import pytest

from curation.rewarding import REWARDS, Reward
from curation.trajectory import Message, Role, ToolCall
from tests.unit.curation.matchers.answers import BROKEN, call, calling, saying, tool

TOOLS = (tool("f", "x", x="integer", y="string"), tool("g", z="array"))
A, B = call("f", x=1, y="Oslo"), call("g", z=[1, 2])
EPISODE = (
    Message(Role.TOOL, '{"city": "Oslo", "degrees": 4}'),
    Message(Role.TOOL, '{"error": "no such z"}'),
    saying("It is 4 degrees in Oslo."),
)
ANSWERS = [
    calling(A, B),
    calling(B, A),
    calling(A),
    calling(A, A, B),
    calling(call("h"), B),
    calling(call("f", x="1", q=2), B),
    calling(BROKEN),
    saying("Which city?"),
    saying(None),
]


ALL = pytest.mark.parametrize("reward", [*REWARDS], ids=lambda r: r.name)
COMPARING = pytest.mark.parametrize(
    "reward", [r for r in REWARDS if not r.needs_following], ids=lambda r: r.name
)
OF_OUTCOME = pytest.mark.parametrize(
    "reward", [r for r in REWARDS if r.needs_following], ids=lambda r: r.name
)


def test_all_are_there() -> None:
    assert REWARDS.names() == [
        "steptool-contribution", "steptool-success", "tl-training", "tool-n1", "toolrl",
        "toolrl-similarity", "toolrm",
    ]  # fmt: skip


@ALL
def test_it_says_what_it_is_and_where_it_is_from(reward: Reward) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", reward.name)
    assert reward.title
    assert reward.low < reward.high
    assert re.search(r"arXiv \d{4}\.\d{5}", reward.doc)


@ALL
def test_every_score_is_in_range(reward: Reward) -> None:
    n_scores = 0
    for reference in ANSWERS:
        for prediction in ANSWERS:
            for following in ((), EPISODE):
                score = reward.score(reference, prediction, TOOLS, following)
                if score is not None:
                    n_scores += 1
                    assert reward.low <= score <= reward.high
    assert n_scores > 9


@COMPARING
def test_the_right_calls_get_the_most_in_any_order(reward: Reward) -> None:
    assert reward.score(calling(A, B), calling(B, A), TOOLS) == reward.high
    for other in ANSWERS[2:]:
        score = reward.score(calling(A, B), other, TOOLS)
        assert score is not None
        assert score < reward.high


@OF_OUTCOME
def test_what_nothing_followed_has_no_outcome(reward: Reward) -> None:
    assert reward.score(calling(A), calling(A), TOOLS) is None
    assert reward.score(calling(A), saying("Oslo"), TOOLS, EPISODE) is None


@COMPARING
def test_a_reference_that_does_not_parse_gives_no_score(reward: Reward) -> None:
    assert reward.score(calling(A, BROKEN), calling(A, B), TOOLS) is None


@ALL
def test_ids_and_thinking_do_not_count(reward: Reward) -> None:
    named = Message(
        Role.ASSISTANT,
        "One moment.",
        (ToolCall(B.name, B.raw_arguments, "c1"), ToolCall(A.name, A.raw_arguments, "c0")),
        reasoning="Hm.",
    )
    bare = calling(B, A)
    assert reward.score(calling(A, B), named, TOOLS, EPISODE) == reward.score(
        calling(A, B), bare, TOOLS, EPISODE
    )
