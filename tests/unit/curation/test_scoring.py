"""All scores of one prediction: the best accepted answer counts, and closeness is never missing."""

from __future__ import annotations

import pytest

from curation.rewarding import REWARDS
from curation.scoring import CLOSENESS, score_kinds, scores_of
from curation.trajectory import Message, Role
from tests.unit.curation.matchers.answers import BROKEN, call, calling, saying

TWO = calling(call("f", a=1, b=2))
HALF = calling(call("f", a=1, b=9))
WORDS = saying("Where to?")
DEEP = calling(call("f", a=1))


def test_every_reward_has_a_column_and_closeness_is_the_first() -> None:
    kinds = score_kinds()
    assert list(kinds) == [CLOSENESS, *REWARDS.names()]
    assert (kinds["toolrl"].low, kinds["toolrl"].high) == (-3.0, 3.0)


def test_closeness_is_toolrl_similarity_where_that_says_something() -> None:
    # One of two values is wrong: names 1, keys 1, values 1 of 2, so 3 / 4; ToolRL 6 · 3/4 - 3.
    found = scores_of(HALF, [TWO])
    assert found[CLOSENESS] == found["toolrl-similarity"] == 0.75
    assert found["toolrl"] == 1.5
    assert found["tool-n1"] == 0


@pytest.mark.parametrize(
    ("reference", "prediction", "closeness"),
    [
        (WORDS, saying("To where?"), 1.0),
        (WORDS, TWO, 0.0),
        (WORDS, saying("<tool_call>f</tool_call>"), 0.0),
        (TWO, WORDS, 0.0),
        (calling(BROKEN), calling(BROKEN), 1.0),
        (calling(BROKEN), TWO, 0.0),
    ],
)
def test_closeness_where_nothing_can_be_compared(
    reference: Message, prediction: Message, closeness: float
) -> None:
    assert scores_of(prediction, [reference])[CLOSENESS] == closeness


def test_the_best_accepted_answer_counts() -> None:
    found = scores_of(HALF, [TWO, HALF])
    assert found[CLOSENESS] == found["tool-n1"] == found["toolrm"] == 1
    assert scores_of(WORDS, [TWO, WORDS])[CLOSENESS] == 1


def test_what_followed_the_reference_followed_whoever_makes_its_calls() -> None:
    following = (
        Message(Role.TOOL, '{"error": "no such place"}', tool_call_id="call_1"),
        saying("It failed."),
    )
    assert scores_of(TWO, [TWO], (), following)["steptool-success"] == 0
    assert "steptool-success" not in scores_of(HALF, [TWO], (), following)
    assert "steptool-success" not in scores_of(TWO, [TWO])
    # An alternative was never carried out.
    assert "steptool-success" not in scores_of(HALF, [TWO, HALF], (), following)
