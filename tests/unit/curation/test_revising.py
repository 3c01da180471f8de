"""Revisions of a trajectory, without a store."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.diffing import diff_trajectories
from curation.revising import CallRevision, MessageRevision, Revised, Revision, revise
from curation.steps import pair_results
from curation.trajectory import Message, Role, ToolCall, Trajectory
from tests.episodes import ANSWER_AT, CALL_AT, episode
from tests.revisions import arguments, content, revised


def once(value: Trajectory, entry: MessageRevision) -> Revised:
    return revise(value, value, revised(value, entry))


def undeclared(raw: str) -> Trajectory:
    call = ToolCall("ghost", raw)
    return Trajectory(messages=(Message(role=Role.ASSISTANT, tool_calls=(call,)),))


def test_keeping_every_message_changes_nothing() -> None:
    value = episode(0)
    assert revise(value, value, tuple(range(5))) == Revised(value, (), ())


def test_the_same_json_value_keeps_the_spelling_that_stands() -> None:
    value = episode(0)
    entry = arguments(CALL_AT, '{ "days": 2, "city": "City 0" }')
    assert once(value, entry).trajectory == value


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
    value = undeclared(standing)
    made = once(value, arguments(0, typed))
    assert made.problems == ()
    assert made.trajectory.messages[0].tool_calls[0].raw_arguments == typed
    assert diff_trajectories(value, made.trajectory)


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
    value = undeclared(standing)
    assert once(value, arguments(0, typed)) == Revised(value, (), ())


def test_arguments_that_never_parsed_can_be_kept_or_mended() -> None:
    value = episode(0, '{"city": ')
    assert once(value, arguments(CALL_AT, ' {"city": ')) == Revised(value, (), ())
    mended = once(value, arguments(CALL_AT, '{"city": "Rome"}'))
    assert mended.problems == ()
    assert mended.trajectory.messages[CALL_AT].tool_calls[0].raw_arguments == '{"city": "Rome"}'


def test_where_no_tool_is_offered_there_is_no_schema_to_break() -> None:
    assert once(undeclared("{}"), arguments(0, '{"x": 1}')).problems == ()


def test_an_invalid_call_is_a_problem_unless_it_is_kept_on_purpose() -> None:
    value = episode(0)
    typed = '{"city": 5}'
    [problem] = once(value, arguments(CALL_AT, typed)).problems
    assert (problem.message_index, problem.call_index, problem.pointer) == (CALL_AT, 0, "/city")
    assert problem.may_be_kept
    kept = once(value, arguments(CALL_AT, typed, keep_invalid=True))
    assert kept.problems == () and kept.kept_invalid == (problem,)
    assert kept.trajectory.messages[CALL_AT].tool_calls[0].raw_arguments == typed


def test_an_unchanged_call_is_not_held_against_the_annotator() -> None:
    value = episode(0, '{"city": 5}')
    assert once(value, content(ANSWER_AT, "Better.")).problems == ()


def test_another_tool_is_checked_by_its_own_name() -> None:
    value = episode(0)
    entry = MessageRevision(origin=CALL_AT, calls=(CallRevision(origin=0, name="get_wether"),))
    [problem] = once(value, entry).problems
    assert "not offered" in problem.message and "get_weather" in problem.hint
    blank = MessageRevision(origin=CALL_AT, calls=(CallRevision(origin=0, name=" "),))
    [problem] = once(value, blank).problems
    assert not problem.may_be_kept


def test_messages_are_deleted_cut_moved_and_inserted() -> None:
    value = episode(0)
    m = value.messages
    assert revise(value, value, (1, 2, 3, 4)).trajectory.messages == m[1:]
    assert revise(value, value, (0, 1, 2)).trajectory.messages == m[:3]
    assert revise(value, value, (1, 0, 2, 3, 4)).trajectory.messages == (m[1], m[0], *m[2:])
    new = MessageRevision(role=Role.USER, content="In degrees?")
    made = revise(value, value, (0, 1, new, 2, 3, 4)).trajectory.messages
    assert made == (*m[:2], Message(Role.USER, "In degrees?"), *m[2:])


def test_a_call_is_added_with_an_id_of_its_own_and_a_result_that_answers_it() -> None:
    value = episode(0)
    raw = '{"city": "Rome"}'
    calls = (CallRevision(origin=0), CallRevision(name="get_weather", arguments=raw))
    step = MessageRevision(origin=CALL_AT, calls=calls)
    result = MessageRevision(role=Role.TOOL, content="{}", answers=1)
    made = revise(value, value, (0, 1, step, 3, result, 4))
    assert made.problems == ()
    [first, second] = made.trajectory.messages[CALL_AT].tool_calls
    assert second.id not in (None, first.id)
    assert pair_results(made.trajectory.messages).results == {(2, 0): 3, (2, 1): 4}
    only = MessageRevision(origin=CALL_AT, calls=(CallRevision(origin=0),))
    assert once(made.trajectory, only).trajectory.messages[CALL_AT].tool_calls == (first,)


def test_calls_change_places() -> None:
    calls = (ToolCall("ghost", "{}", "a"), ToolCall("ghost", '{"x":1}', "b"))
    value = Trajectory((Message(Role.ASSISTANT, tool_calls=calls),))
    entry = MessageRevision(origin=0, calls=(CallRevision(origin=1), CallRevision(origin=0)))
    assert once(value, entry).trajectory.messages[0].tool_calls == calls[::-1]


def test_reasoning_is_replaced_and_taken_away() -> None:
    value = Trajectory((Message(Role.ASSISTANT, "Yes.", reasoning="Hm."),))
    said = once(value, MessageRevision(origin=0, reasoning="Because."))
    assert said.trajectory.messages[0].reasoning == "Because."
    silent = once(value, MessageRevision(origin=0, reasoning=None))
    assert silent.trajectory.messages[0].reasoning is None


def test_text_of_several_parts_is_edited_only_where_one_part_holds_it() -> None:
    picture = {"type": "image", "url": "x"}
    one = Message(role=Role.USER, content=[picture, {"type": "text", "text": "Look"}])
    two = Message(role=Role.USER, content=[{"type": "text", "text": t} for t in ("a", "b")])
    value = Trajectory((one, two, Message(Role.ASSISTANT, "I see.")))
    made = revise(value, value, (content(0, "See"), content(1, "c"), 2))
    assert made.trajectory.messages[0].content == [picture, {"type": "text", "text": "See"}]
    assert made.trajectory.messages[1] == two
    assert [p.message_index for p in made.problems] == [1]


def test_absent_content_comes_back_absent() -> None:
    value = episode(0)
    edited = once(value, content(CALL_AT, "words")).trajectory
    assert edited.messages[CALL_AT].content == "words"
    back = revise(value, edited, revised(edited, content(CALL_AT, ""))).trajectory
    assert back == value and back.uid == value.uid


@pytest.mark.parametrize(
    "revision",
    [
        (0, 1, 2, 2),
        (0, 9),
        (-1, 2),
        (0, 1),
        (MessageRevision(origin=CALL_AT, role=Role.USER),),
        (2, MessageRevision(role=Role.TOOL, content="{}", answers=1)),
        (2, MessageRevision(role=Role.TOOL, content="{}")),
        (2, MessageRevision(origin=1, calls=(CallRevision(name="x"),))),
    ],
)
def test_what_cannot_be_is_a_problem_with_a_way_out(revision: Revision) -> None:
    value = episode(0)
    [problem, *_] = revise(value, value, revision).problems
    assert problem.message and problem.hint and not problem.may_be_kept


@given(st.permutations(range(5)), st.integers(0, 5))
def test_kept_messages_are_the_same_to_the_byte(order: list[int], n: int) -> None:
    value = episode(3)
    made = revise(value, value, tuple(order[:n])).trajectory
    assert [msgspec.json.encode(m) for m in made.messages] == [
        msgspec.json.encode(value.messages[i]) for i in order[:n]
    ]


def test_a_revision_is_read_from_json_strictly() -> None:
    sent = b'[0, {"from": 2, "calls": [{"from": 0, "arguments": "{}"}]}, {"role": "user"}]'
    read = msgspec.json.decode(sent, type=tuple[int | MessageRevision, ...])
    assert read[1] == arguments(2, "{}")
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'[{"form": 2}]', type=tuple[int | MessageRevision, ...])
