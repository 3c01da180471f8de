"""A prediction in the place of a step."""

from __future__ import annotations

import pytest

from curation.errors import AnnotationError
from curation.laying import laid_into
from curation.revising import revise
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

TOOLS = (ToolSpec("f", "", {}), ToolSpec("g", "", {}))
USER = Message(Role.USER, "Do it.")


def _step(*calls: tuple[str, str, str | None], text: str | None = None) -> Message:
    return Message(Role.ASSISTANT, text, tuple(ToolCall(n, a, i) for n, a, i in calls))


def _result(text: str, call_id: str) -> Message:
    return Message(Role.TOOL, text, tool_call_id=call_id)


BASE = Trajectory(
    (
        USER,
        _step(("f", '{"a": 1}', "c1"), ("g", '{"b": 2}', "c2")),
        _result("one", "c1"),
        _result("two", "c2"),
        Message(Role.ASSISTANT, "Done."),
    ),
    TOOLS,
)


def _laid(answer: Message, base: Trajectory = BASE) -> tuple[Message, ...]:
    revised = revise(BASE, base, laid_into(BASE, base, 1, answer))
    assert revised.problems == ()
    return revised.trajectory.messages


def test_calls_take_the_place_of_those_they_are_like_and_keep_their_ids() -> None:
    messages = _laid(_step(("g", '{"b": 3}', "c1"), ("f", '{"a": 1}', "zz")))
    assert messages[1].tool_calls == (
        ToolCall("g", '{"b": 3}', "c2"),
        ToolCall("f", '{"a": 1}', "c1"),
    )
    assert len(messages) == 5


def test_a_call_that_is_not_made_goes_with_its_result() -> None:
    messages = _laid(_step(("g", '{"b": 2}', None)))
    assert messages[1].tool_calls == (ToolCall("g", '{"b": 2}', "c2"),)
    assert [m.content for m in messages[2:]] == ["two", "Done."]


def test_a_further_call_gets_an_id_of_its_own_and_has_no_result() -> None:
    answer = _step(("f", '{"a": 1}', None), ("g", '{"b": 2}', None), ("f", '{"a": 9}', "c1"))
    messages = _laid(answer)
    assert [c.id for c in messages[1].tool_calls] == ["c1", "c2", "call_1"]
    assert len(messages) == 5


def test_words_in_the_place_of_calls() -> None:
    messages = _laid(Message(Role.ASSISTANT, "Which one?", reasoning="unclear"))
    assert (messages[1].content, messages[1].tool_calls) == ("Which one?", ())
    assert messages[1].reasoning == "unclear"
    assert [m.content for m in messages[2:]] == ["Done."]


def test_the_step_is_found_in_a_correction_that_moved_it() -> None:
    more = Trajectory((Message(Role.SYSTEM, "Be brief."), *BASE.messages), TOOLS)
    messages = _laid(_step(("g", '{"b": 2}', None)), more)
    assert messages[0].content == "Be brief."
    assert messages[2].tool_calls == (ToolCall("g", '{"b": 2}', "c2"),)


def test_a_step_that_a_correction_took_out_takes_no_answer() -> None:
    without = Trajectory((USER,), TOOLS)
    with pytest.raises(AnnotationError, match="no such step"):
        laid_into(BASE, without, 1, _step(("g", "{}", None)))
