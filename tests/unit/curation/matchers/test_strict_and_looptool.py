"""What strict tells apart and LoopTool's released comparison does not: its pitfalls, on purpose."""

from __future__ import annotations

import pytest

from curation.matching import MATCHERS, match_step
from curation.trajectory import Message, ToolCall

from .answers import call, calling

STRICT, LOOPTOOL = MATCHERS.get("strict"), MATCHERS.get("looptool")
A, B = call("f", x="a"), call("f", x="b")


@pytest.mark.parametrize(
    ("reference", "prediction"),
    [
        (calling(call("f", x=["a", "b"])), calling(call("f", x=["b", "a"]))),
        (calling(call("f", x=[1, 1, 2])), calling(call("f", x=[1, 2]))),
        (calling(call("f", x=[{"a": [1, 2]}])), calling(call("f", x=[{"a": [2, 1]}]))),
        (calling(call("f", x=[])), calling(call("f", x={}))),
        (calling(A, A, B), calling(A, B, B)),
        (calling(call("f", x=1)), calling(call("f", x=1.0))),
        (calling(call("f", x=1)), calling(call("f", x=True))),
        (calling(call("f", x=0)), calling(call("f", x=False))),
    ],
    ids=["order", "repeats", "inside", "empty", "calls", "float", "true", "false"],
)
def test_pitfalls_of_looptool_that_strict_has_not(reference: Message, prediction: Message) -> None:
    assert match_step(LOOPTOOL, reference, prediction).matched
    assert match_step(LOOPTOOL, prediction, reference).matched
    assert not match_step(STRICT, reference, prediction).matched
    assert not match_step(STRICT, prediction, reference).matched


@pytest.mark.parametrize(
    ("reference", "prediction"),
    [
        (calling(call("f", x="Oslo")), calling(call("f", x="oslo"))),
        (calling(call("f", x="1")), calling(call("f", x=1))),
        (calling(call("f", x="a")), calling(call("f", x="a", limit=10))),
        (calling(call("f", x=None)), calling(call("f"))),
        (calling(A, A, B), calling(A, B)),
        (calling(ToolCall("f", "{x: 1}")), calling(ToolCall("f", "{x:1}"))),
    ],
    ids=["case", "text", "default", "null", "count", "unparsable"],
)
def test_neither_forgives(reference: Message, prediction: Message) -> None:
    for matcher in (STRICT, LOOPTOOL):
        assert not match_step(matcher, reference, prediction).matched
        assert not match_step(matcher, prediction, reference).matched


def test_no_arguments_may_be_written_as_nothing() -> None:
    for matcher in (STRICT, LOOPTOOL):
        assert match_step(matcher, calling(ToolCall("f", "{}")), calling(ToolCall("f"))).matched


def test_calls_are_paired_before_they_are_compared_and_never_by_id() -> None:
    reference = calling(
        ToolCall("f", '{"x": "a", "n": 1}', "0"), ToolCall("f", '{"x": "b", "n": 2}', "1")
    )
    prediction = calling(
        ToolCall("f", '{"x": "b", "n": 2}', "0"), ToolCall("f", '{"x": "a", "n": 7}', "1")
    )
    said = match_step(STRICT, reference, prediction)
    assert (said.reference_call_index, said.call_index, said.pointer) == (0, 1, "/n")


def test_a_name_with_a_slash_is_escaped_in_the_pointer() -> None:
    said = match_step(STRICT, calling(call("f", **{"a/b": 1})), calling(call("f", **{"a/b": 2})))
    assert said.pointer == "/a~1b"
