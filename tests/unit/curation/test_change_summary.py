"""What a correction changed, in one line."""

from __future__ import annotations

import json

import pytest

from curation.change_summary import MAX_VALUE_CHARS, change_summary
from curation.diffing import diff_trajectories
from curation.trajectory import Message, Role, ToolCall, Trajectory

USER = Message(role=Role.USER, content="book it")
RESULT = Message(role=Role.TOOL, content="done", tool_call_id="1")


def step(**arguments: object) -> Message:
    return named("book", **arguments)


def named(name: str, **arguments: object) -> Message:
    call = ToolCall(name=name, raw_arguments=json.dumps(arguments), id="1")
    return Message(role=Role.ASSISTANT, content="", tool_calls=(call,))


def told(before: list[Message], after: list[Message]) -> str:
    changes = diff_trajectories(
        Trajectory(messages=tuple(before)), Trajectory(messages=tuple(after))
    )
    return change_summary(changes)


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (step(n="2"), step(n=2), 'book: n "2" → 2'),
        (step(), step(n=2), "book: n = 2 added"),
        (step(n=2), step(), "book: n = 2 removed"),
        (step(town="Rome"), step(city="Rome"), "book: town renamed to city"),
        (step(n=2), named("reserve", n=2), "reserve: called instead of book"),
        (step(a="x" * 90), step(a=1), f'book: a "{"x" * (MAX_VALUE_CHARS - 2)}… → 1'),
    ],
)
def test_a_changed_call_is_told_by_its_arguments(
    before: Message, after: Message, line: str
) -> None:
    assert told([USER, before, RESULT], [USER, after, RESULT]) == line


def test_messages_taken_out_and_results_rewritten() -> None:
    rewritten = Message(role=Role.TOOL, content="failed", tool_call_id="1")
    before = [USER, step(n=1), RESULT, Message(role=Role.ASSISTANT, content="Booked.")]
    assert told(before, [*before[:2], rewritten]) == (
        "result in message 2 changed; assistant message 3 removed"
    )


def test_many_changes_are_counted_and_nothing_is_nothing() -> None:
    before = [USER, *(step(n=i) for i in range(5))]
    after = [USER, *(step(n=i + 10) for i in range(5))]
    assert told(before, after) == "book: n 0 → 10; book: n 1 → 11; book: n 2 → 12; 2 more"
    assert told(before, before) == ""
    assert change_summary((), attested=[7, 5]) == "still true: message 5, 7"
