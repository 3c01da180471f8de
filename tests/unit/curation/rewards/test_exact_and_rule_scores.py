"""Tool-N1's exact match and ToolRM's rule score by hand."""

from __future__ import annotations

import pytest

from curation.rewarding import REWARDS
from curation.trajectory import Message, ToolCall
from tests.unit.curation.matchers.answers import BROKEN, call, calling, saying

N1, TOOLRM = REWARDS.get("tool-n1"), REWARDS.get("toolrm")
A, B = call("f", x=1, y="a"), call("g", z=[1, 2])


@pytest.mark.parametrize(
    ("reference", "prediction", "score"),
    [
        (calling(A, B), calling(B, ToolCall("f", '{"y": "a", "x": 1}')), 1.0),
        (calling(A, A), calling(A), 0.0),
        (calling(A, A, B), calling(A, B, B), 0.0),
        (calling(B), calling(call("g", z=[2, 1])), 0.0),
        (calling(call("f", x=1)), calling(call("f", x=1.0)), 0.0),
        (calling(call("f", x=1)), calling(call("f", x=True)), 0.0),
        (calling(A), calling(BROKEN), 0.0),
        (calling(A), saying("No."), 0.0),
        (saying("No."), saying("Nothing fits."), 1.0),
        (saying("No."), calling(A), 0.0),
    ],
)
def test_tool_n1(reference: Message, prediction: Message, score: float) -> None:
    assert N1.score(reference, prediction) == score


@pytest.mark.parametrize(
    ("reference", "prediction", "score"),
    [
        # one call: equal pairs / union of keys
        (calling(A), calling(A), 1.0),  # 2/2
        (calling(A), calling(call("f", x=1, y="b")), 1 / 2),  # x of {x, y}
        (calling(A), calling(call("f", x=1)), 1 / 2),  # x of {x, y}
        (calling(A), calling(call("f", x=1, y="a", w=0)), 2 / 3),  # x, y of {x, y, w}
        (calling(A), calling(call("f", x=1.0, y="a")), 1 / 2),  # 1.0 is not 1
        (calling(A), calling(B), 0.0),  # another tool
        (calling(call("f")), calling(call("f")), 1.0),
        # two calls: (2/2 + 0/1) / 2 = 1/2
        (calling(A, B), calling(A, call("g", z=[2, 1])), 1 / 2),
        # both f: f(x=1,y=a) 2/2; f(x=2,y=a) against f(x=1,y=a) 1/2, against f(q=0) 0/3:
        # (1 + 1/2) / 2 = 3/4, the first predicted call serving both
        (calling(A, call("f", x=2, y="a")), calling(A, call("f", q=0)), 3 / 4),
        # counts differ, an exact repetition, nothing readable: 0
        (calling(A, B), calling(A), 0.0),
        (calling(A, B), calling(A, ToolCall("f", '{"y":"a","x":1}')), 0.0),
        (calling(A), calling(BROKEN), 0.0),
        (calling(A), saying("No."), 0.0),
    ],
)
def test_toolrm(reference: Message, prediction: Message, score: float) -> None:
    assert TOOLRM.score(reference, prediction) == pytest.approx(score)


def test_toolrm_says_nothing_of_a_step_in_words() -> None:
    assert TOOLRM.score(saying("No."), calling(A)) is None
