"""The ladder rung by rung."""

from __future__ import annotations

from itertools import combinations

import pytest

from curation.rewarding import REWARDS
from curation.rewards.tl_training import LADDER, Fault, faults_of
from curation.taxonomy import builtin_taxonomies
from curation.trajectory import Message, ToolSpec
from tests.unit.curation.matchers.answers import BROKEN, call, calling, saying, tool

LADDER_REWARD = REWARDS.get("tl-training")
TOOLS = (tool("f", a="integer", b="integer", c="integer"), tool("g", a="integer"))
GOLD = calling(call("f", a=1, b=2))


@pytest.mark.parametrize(
    ("prediction", "faults", "score"),
    [
        (saying("I would call f."), {Fault.UNPARSABLE}, -2.0),
        (calling(BROKEN), {Fault.UNPARSABLE}, -2.0),
        (calling(call("h", a=1, b=2)), {Fault.INVENTED_TOOL}, -2.0),
        (calling(call("g", a=1)), {Fault.WRONG_TOOL}, -1.5),
        # invented z, redundant c, missing b
        (calling(call("f", a=1, c=3, z=0)), {Fault.INVENTED, Fault.REDUNDANT, Fault.MISSING}, -1.8),
        # invented z, missing b
        (calling(call("f", a=1, z=0)), {Fault.INVENTED, Fault.MISSING}, -1.3),
        # invented z, redundant c
        (calling(call("f", a=1, b=2, c=3, z=0)), {Fault.INVENTED, Fault.REDUNDANT}, -1.3),
        # redundant c, missing b
        (calling(call("f", a=1, c=3)), {Fault.REDUNDANT, Fault.MISSING}, -1.0),
        (calling(call("f", a=1, b=2, z=0)), {Fault.INVENTED}, -0.8),
        (calling(call("f", a=1, b=2, c=3)), {Fault.REDUNDANT}, -0.5),
        (calling(call("f", a=1)), {Fault.MISSING}, -0.5),
        (calling(call("f", a=1, b=3)), {Fault.CONTENT}, -0.25),
        (calling(call("f", a=1, b=2.0)), {Fault.CONTENT}, -0.25),
        (calling(call("f", b=2, a=1)), set(), 1.0),
    ],
)
def test_one_call(prediction: Message, faults: set[Fault], score: float) -> None:
    assert faults_of(GOLD, prediction, TOOLS) == faults
    assert LADDER_REWARD.score(GOLD, prediction, TOOLS) == score


def test_of_several_calls_the_worst_decides() -> None:
    gold = calling(call("f", a=1), call("f", a=2), call("g", a=3))
    right = [call("g", a=3), call("f", a=2), call("f", a=1)]
    assert faults_of(gold, calling(*right), TOOLS) == set()
    # f(a=1) and g(a=3) are right, f(a=2) has another value: -0.25
    assert faults_of(gold, calling(right[0], call("f", a=9), right[2]), TOOLS) == {Fault.CONTENT}
    # one call too few, the others right: -1.5
    assert faults_of(gold, calling(*right[1:]), TOOLS) == {Fault.WRONG_TOOL}
    # one too many, of a tool that is not offered: -2
    invented = calling(*right, call("h"))
    assert faults_of(gold, invented, TOOLS) == {Fault.INVENTED_TOOL}


def test_what_is_not_known_is_not_invented() -> None:
    assert faults_of(GOLD, calling(call("h", a=1)), ()) == {Fault.WRONG_TOOL}
    extra = calling(call("f", a=1, b=2, z=0))
    assert faults_of(GOLD, extra, (ToolSpec("f"),)) == {Fault.REDUNDANT}
    xlam = ToolSpec("f", parameters={"a": {"type": "int"}, "b": {"type": "int"}})
    assert faults_of(GOLD, extra, (xlam,)) == {Fault.INVENTED}


def test_a_step_in_words_has_no_rung() -> None:
    assert faults_of(saying("Hello."), GOLD, TOOLS) is None
    assert faults_of(calling(BROKEN), GOLD, TOOLS) is None


def test_every_set_of_faults_has_its_reward() -> None:
    parameters = (Fault.INVENTED, Fault.REDUNDANT, Fault.MISSING)
    subsets = {frozenset(c) for n in range(4) for c in combinations(parameters, n)}
    alone = (Fault.UNPARSABLE, Fault.INVENTED_TOOL, Fault.WRONG_TOOL, Fault.CONTENT)
    assert set(LADDER) == subsets | {frozenset((fault,)) for fault in alone}
    assert list(LADDER.values()) == sorted(LADDER.values())


def test_faults_are_the_categories_of_the_taxonomy() -> None:
    taxonomy = next(t for t in builtin_taxonomies() if t.name == "tl-training")
    assert {category.name for category in taxonomy.categories} == set(Fault)
