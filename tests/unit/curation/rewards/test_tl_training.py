"""The ladder rung by rung."""

from __future__ import annotations

import pytest

from curation.rewarding import REWARDS
from curation.rewards.tl_training import LADDER, Rung, rung_of
from curation.trajectory import Message, ToolSpec
from tests.unit.curation.matchers.answers import BROKEN, call, calling, saying, tool

LADDER_REWARD = REWARDS.get("tl-training")
TOOLS = (tool("f", a="integer", b="integer", c="integer"), tool("g", a="integer"))
GOLD = calling(call("f", a=1, b=2))


@pytest.mark.parametrize(
    ("prediction", "rung", "score"),
    [
        (saying("I would call f."), Rung.UNPARSABLE, -2.0),
        (calling(BROKEN), Rung.UNPARSABLE, -2.0),
        (calling(call("h", a=1, b=2)), Rung.TOOL_HALLUCINATION, -2.0),
        (calling(call("g", a=1)), Rung.WRONG_TOOL, -1.5),
        # invented z, redundant c, missing b
        (calling(call("f", a=1, c=3, z=0)), Rung.HALLUCINATION_REDUNDANCY_MISSING, -1.8),
        # invented z, missing b
        (calling(call("f", a=1, z=0)), Rung.HALLUCINATION_AND_MORE, -1.3),
        # invented z, redundant c
        (calling(call("f", a=1, b=2, c=3, z=0)), Rung.HALLUCINATION_AND_MORE, -1.3),
        # redundant c, missing b
        (calling(call("f", a=1, c=3)), Rung.REDUNDANCY_MISSING, -1.0),
        (calling(call("f", a=1, b=2, z=0)), Rung.HALLUCINATION, -0.8),
        (calling(call("f", a=1, b=2, c=3)), Rung.REDUNDANCY_OR_MISSING, -0.5),
        (calling(call("f", a=1)), Rung.REDUNDANCY_OR_MISSING, -0.5),
        (calling(call("f", a=1, b=3)), Rung.CONTENT, -0.25),
        (calling(call("f", a=1, b=2.0)), Rung.CONTENT, -0.25),
        (calling(call("f", b=2, a=1)), Rung.CORRECT, 1.0),
    ],
)
def test_one_call(prediction: Message, rung: Rung, score: float) -> None:
    assert rung_of(GOLD, prediction, TOOLS) is rung
    assert LADDER_REWARD.score(GOLD, prediction, TOOLS) == score


def test_of_several_calls_the_worst_decides() -> None:
    gold = calling(call("f", a=1), call("f", a=2), call("g", a=3))
    right = [call("g", a=3), call("f", a=2), call("f", a=1)]
    assert rung_of(gold, calling(*right), TOOLS) is Rung.CORRECT
    # f(a=1) and g(a=3) are right, f(a=2) has another value: -0.25
    assert rung_of(gold, calling(right[0], call("f", a=9), right[2]), TOOLS) is Rung.CONTENT
    # one call too few, the others right: -1.5
    assert rung_of(gold, calling(*right[1:]), TOOLS) is Rung.WRONG_TOOL
    # one too many, of a tool that is not offered: -2
    invented = calling(*right, call("h"))
    assert rung_of(gold, invented, TOOLS) is Rung.TOOL_HALLUCINATION


def test_what_is_not_known_is_not_invented() -> None:
    assert rung_of(GOLD, calling(call("h", a=1)), ()) is Rung.WRONG_TOOL
    extra = calling(call("f", a=1, b=2, z=0))
    assert rung_of(GOLD, extra, (ToolSpec("f"),)) is Rung.REDUNDANCY_OR_MISSING
    xlam = ToolSpec("f", parameters={"a": {"type": "int"}, "b": {"type": "int"}})
    assert rung_of(GOLD, extra, (xlam,)) is Rung.HALLUCINATION


def test_a_step_in_words_has_no_rung() -> None:
    assert rung_of(saying("Hello."), GOLD, TOOLS) is None
    assert rung_of(calling(BROKEN), GOLD, TOOLS) is None


def test_the_ladder_is_sorted_from_worst_to_best() -> None:
    assert list(LADDER) == sorted(Rung, key=lambda rung: LADDER[rung])
    assert set(LADDER) == set(Rung)
