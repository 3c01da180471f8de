"""Edits applied to a trajectory, without a store."""

from __future__ import annotations

import pytest

from curation.diffing import diff_trajectories
from curation.editing import Edit, EditTarget, apply_edits
from curation.trajectory import Message, Role, ToolCall, Trajectory
from tests.episodes import ANSWER_AT, CALL_AT, episode


def arguments(text: str) -> Edit:
    return Edit(CALL_AT, EditTarget.ARGUMENTS, text, 0)


def content(text: str, at: int = ANSWER_AT) -> Edit:
    return Edit(at, EditTarget.CONTENT, text)


def test_the_same_json_value_keeps_the_spelling_that_stands() -> None:
    value = episode(0)
    edited, problems = apply_edits(value, value, [arguments('{ "days": 2, "city": "City 0" }')])
    assert (edited, problems) == (value, [])


@pytest.mark.parametrize(
    ("standing", "typed"),
    [
        ('{"days": 2}', '{"days": 2.0}'),
        ('{"days": 1e2}', '{"days": 100.0}'),
        ('{"days": [100.0]}', '{"days": [1E2]}'),
        ('{"days": 0.1}', '{"days": 0.1000000000000000055511151231257827}'),
        ('{"days": 0}', '{"days": -0}'),
        ('{"days": 1, "days": 2}', '{"days": 2}'),
        ('{"days": 2}', '{"days": 1, "days": 2}'),
        ('{"in": {"a": 1, "a": 2}}', '{"in": {"a": 2, "a": 1}}'),
        ('{"days": 1}', '{"days": true}'),
    ],
)
def test_numbers_and_repeated_keys_are_kept_as_they_are_typed(standing: str, typed: str) -> None:
    value = _undeclared(standing)
    edited, problems = apply_edits(value, value, [Edit(0, EditTarget.ARGUMENTS, typed, 0)])
    assert problems == []
    assert edited.messages[0].tool_calls[0].raw_arguments == typed
    assert diff_trajectories(value, edited)


@pytest.mark.parametrize(
    ("standing", "typed"),
    [
        ('{"a": [1e2, null], "b": "\\u00e9"}', '{ "b":"é", "\\u0061":[1e2,null] }'),
        ('{"a": 1, "b": 0, "a": 2}', '{"b": 0, "a": 1, "a": 2}'),
        ("", "{}"),
        (" ", "{ }"),
    ],
)
def test_spacing_escapes_and_the_order_of_keys_change_nothing(standing: str, typed: str) -> None:
    value = _undeclared(standing)
    edited, problems = apply_edits(value, value, [Edit(0, EditTarget.ARGUMENTS, typed, 0)])
    assert (edited, problems) == (value, [])


def _undeclared(arguments: str) -> Trajectory:
    call = ToolCall("ghost", arguments)
    return Trajectory(messages=(Message(role=Role.ASSISTANT, tool_calls=(call,)),))


def test_arguments_that_never_parsed_can_be_kept_or_mended() -> None:
    value = episode(0, '{"city": ')
    kept, problems = apply_edits(value, value, [arguments(' {"city": ')])
    assert (kept, problems) == (value, [])
    mended, problems = apply_edits(value, value, [arguments('{"city": "Rome"}')])
    assert problems == []
    assert mended.messages[CALL_AT].tool_calls[0].raw_arguments == '{"city": "Rome"}'


def test_a_tool_that_nobody_declared_has_no_schema_to_break() -> None:
    message = Message(role=Role.ASSISTANT, tool_calls=(ToolCall("ghost", "{}"),))
    value = Trajectory(messages=(message,))
    _, problems = apply_edits(value, value, [Edit(0, EditTarget.ARGUMENTS, '{"x": 1}', 0)])
    assert problems == []


def test_an_invalid_edit_is_not_applied_and_the_others_are() -> None:
    value = episode(0)
    edited, problems = apply_edits(value, value, [arguments("{"), content("Better.")])
    assert [p.edit for p in problems] == [0]
    assert edited.messages[CALL_AT] == value.messages[CALL_AT]
    assert edited.messages[ANSWER_AT].content == "Better."


def test_text_of_several_parts_is_edited_only_where_one_part_holds_it() -> None:
    one = Message(
        role=Role.USER,
        content=[{"type": "image", "url": "x"}, {"type": "text", "text": "Look"}],
    )
    two = Message(role=Role.USER, content=[{"type": "text", "text": t} for t in ("a", "b")])
    value = Trajectory(messages=(one, two))
    edited, problems = apply_edits(value, value, [content("See", 0), content("c", 1)])
    assert edited.messages[0].content == [
        {"type": "image", "url": "x"},
        {"type": "text", "text": "See"},
    ]
    assert edited.messages[1] == two
    assert [p.edit for p in problems] == [1]


def test_absent_content_comes_back_absent() -> None:
    value = episode(0)
    edited, _ = apply_edits(value, value, [content("words", CALL_AT)])
    assert edited.messages[CALL_AT].content == "words"
    back, _ = apply_edits(value, edited, [content("", CALL_AT)])
    assert back == value
    assert back.uid == value.uid


def test_one_place_edited_twice_at_once_is_a_problem() -> None:
    value = episode(0)
    _, problems = apply_edits(value, value, [content("a"), content("b")])
    assert [p.edit for p in problems] == [1]
