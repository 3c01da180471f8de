"""ToolRL by hand. 6·S/S_max - 3 with S_max = 1 + calls + parameters of the reference."""

from __future__ import annotations

import pytest

from curation.rewarding import REWARDS
from curation.trajectory import Message
from tests.unit.curation.matchers.answers import BROKEN, call, calling, saying

TOOLRL, SIMILARITY = REWARDS.get("toolrl"), REWARDS.get("toolrl-similarity")
TWO = calling(call("f", a=1, b=2))  # S_max = 1 + 1 + 2 = 4
PAIR = calling(call("f", a=1), call("g", b=2))  # S_max = 1 + 2 + 2 = 5


@pytest.mark.parametrize(
    ("reference", "prediction", "similarity"),
    [
        # names 1/1, keys 2/2, values 2            S = 1 + 1 + 2 = 4       4/4
        (TWO, TWO, 1.0),
        # one of two values wrong                  S = 1 + 1 + 1 = 3       3/4
        (TWO, calling(call("f", a=1, b=9)), 3 / 4),
        # one key missing: keys 1/2, values 1      S = 1 + 1/2 + 1 = 2.5   2.5/4
        (TWO, calling(call("f", a=1)), 2.5 / 4),
        # one key too many: keys 2/3, values 2     S = 1 + 2/3 + 2         (11/3)/4
        (TWO, calling(call("f", a=1, b=2, c=3)), (11 / 3) / 4),
        # wrong name: names 0, nothing to compare  S = 0
        (TWO, calling(call("g", a=1, b=2)), 0.0),
        # twice the call: names 1/2, then 1 + 2    S = 1/2 + 3 = 3.5       3.5/4
        (TWO, calling(call("f", a=1, b=2), call("f", a=1, b=2)), 3.5 / 4),
        # reordered: names 2/2, (1 + 1) + (1 + 1)  S = 5                   5/5
        (PAIR, calling(call("g", b=2), call("f", a=1)), 1.0),
        # one of two calls: names 1/2, 1 + 1       S = 2.5                 2.5/5
        (PAIR, calling(call("f", a=1)), 2.5 / 5),
        # true is 1 in the source: S as if equal
        (TWO, calling(call("f", a=True, b=2.0)), 1.0),
        # no parameters at all: names 1, keys 1    S_max = 2               2/2
        (calling(call("f")), calling(call("f")), 1.0),
    ],
)
def test_by_hand(reference: Message, prediction: Message, similarity: float) -> None:
    assert SIMILARITY.score(reference, prediction) == pytest.approx(similarity)
    assert TOOLRL.score(reference, prediction) == pytest.approx(6 * similarity - 3)


def test_the_published_examples() -> None:
    assert TOOLRL.score(TWO, calling(call("f", a=1, b=9))) == 1.5
    assert TOOLRL.score(TWO, calling(call("f", a=1))) == 0.75
    assert TOOLRL.score(TWO, calling(call("g", a=1, b=2))) == -3
    assert TOOLRL.score(PAIR, calling(call("g", b=2), call("f", a=1))) == 3


def test_what_cannot_be_read_is_the_minimum() -> None:
    for prediction in (saying("f(a=1, b=2)"), saying(None), calling(BROKEN)):
        assert TOOLRL.score(TWO, prediction) == -3
        assert SIMILARITY.score(TWO, prediction) == 0


def test_a_reference_in_words_is_worth_nothing_either_way() -> None:
    assert TOOLRL.score(saying("Where to?"), TWO) == 0
    assert TOOLRL.score(saying("Where to?"), saying("Where?")) == 0
    assert SIMILARITY.score(saying("Where to?"), TWO) is None


def test_the_best_assignment_counts_where_greed_would_give_less() -> None:
    # Reference f(a=1,b=1), f(a=1,b=2); predicted f(a=1,b=2), f(a=1,b=9). Greedily the first
    # reference call takes the first prediction (1 + 1 = 2, a tie), and 2 is left for the other:
    # S = 1 + 2 + 2 = 5. At best the equal calls meet: S = 1 + (1 + 2) + (1 + 1) = 6. S_max = 7.
    reference = calling(call("f", a=1, b=1), call("f", a=1, b=2))
    prediction = calling(call("f", a=1, b=2), call("f", a=1, b=9))
    assert SIMILARITY.score(reference, prediction) == pytest.approx(6 / 7)
