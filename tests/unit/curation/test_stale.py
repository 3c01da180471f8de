"""What a changed call leaves behind, and that following it through leaves nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from curation.checks._samples import assistant, call, dialogue, result, user
from curation.stale import Stale, Why, means_the_same, stale_messages, unresolved
from curation.trajectory import Message, ToolCall, Trajectory

FIND = call({"people": 2}, id="c1")
BOOK = call({"people": 2, "phone": "T-4711"}, id="c2")
STORY = dialogue(
    user("A table for two."),
    assistant(None, FIND),
    result('{"table": "T-4711", "seats": 2}', id="c1"),
    assistant(None, BOOK),
    result('{"ok": true}', id="c2"),
    assistant("Table T-4711 is yours."),
    user("Thanks!"),
    assistant("You are welcome."),
)


def changed(index: int, message: Message, of: Trajectory = STORY) -> Trajectory:
    return of.replace_message(index, message)


def with_call(arguments: object, index: int = 1) -> Trajectory:
    new = replace(STORY.messages[index].tool_calls[0], raw_arguments=call(arguments).raw_arguments)
    return changed(index, replace(STORY.messages[index], tool_calls=(new,)))


def why(correction: Trajectory) -> dict[int, Why]:
    return {s.message_index: s.why for s in stale_messages(STORY, correction)}


def test_a_changed_call_leaves_its_result_and_all_that_was_copied_from_it() -> None:
    found = stale_messages(STORY, with_call({"people": 4}))
    assert found == (
        Stale(2, Why.RESULT, 1),
        Stale(3, Why.COPIED, 1, ("T-4711",)),
        Stale(5, Why.COPIED, 1, ("T-4711",)),
    )


@pytest.mark.parametrize(
    "same",
    [
        STORY,
        changed(1, assistant(None, ToolCall("book_table", '{ "people" : 2 }', "c1"))),
        changed(5, assistant("It is yours.")),
        changed(0, user("Two, please.")),
    ],
)
def test_what_changes_no_call_leaves_nothing(same: Trajectory) -> None:
    assert stale_messages(STORY, same) == ()


def test_a_rewritten_result_frees_what_it_still_says() -> None:
    rewritten = result('{"table": "T-4711", "seats": 4}', id="c1")
    assert why(changed(2, rewritten, with_call({"people": 4}))) == {3: Why.FOLLOWS}


def test_a_rewritten_result_that_says_otherwise_leaves_what_was_copied() -> None:
    rewritten = result('{"table": "T-9", "seats": 4}', id="c1")
    left = why(changed(2, rewritten, with_call({"people": 4})))
    assert left == {3: Why.COPIED, 5: Why.COPIED}


def test_following_it_through_leaves_nothing() -> None:
    whole = Trajectory(
        (
            *with_call({"people": 4}).messages[:2],
            result('{"table": "T-9", "seats": 4}', id="c1"),
            assistant(None, call({"people": 4, "phone": "T-9"}, id="c2")),
            result('{"ok": true, "table": "T-9"}', id="c2"),
            assistant("Table T-9 is yours."),
            *STORY.messages[6:],
        ),
        STORY.tools,
    )
    assert stale_messages(STORY, whole) == ()


def test_cutting_behind_the_call_leaves_nothing() -> None:
    cut = with_call({"people": 4})
    assert stale_messages(STORY, Trajectory(cut.messages[:2], cut.tools)) == ()


def test_the_result_of_a_removed_call_is_an_orphan() -> None:
    silent = changed(1, assistant("Let me see."))
    assert why(silent)[2] is Why.ORPHAN


def test_a_step_that_was_taken_out_with_its_result_leaves_what_was_copied() -> None:
    messages = (STORY.messages[0], *STORY.messages[3:])
    assert why(Trajectory(messages, STORY.tools)) == {1: Why.COPIED, 3: Why.COPIED}


def test_of_parallel_calls_only_the_changed_one_counts() -> None:
    one, two = call({"people": 2}, id="a"), call({"people": 3}, id="b")
    before = dialogue(
        user("Two tables."), assistant(None, one, two),
        result('{"table": "T-1"}', id="a"), result('{"table": "T-2"}', id="b"),
        assistant("Done."),
    )  # fmt: skip
    other = call({"people": 5}, id="b")
    after = before.replace_message(1, assistant(None, one, other))
    assert [(s.message_index, s.why) for s in stale_messages(before, after)] == [
        (3, Why.RESULT), (4, Why.FOLLOWS),
    ]  # fmt: skip
    swapped = before.replace_message(1, assistant(None, two, one))
    assert stale_messages(before, swapped) == ()


def test_what_a_person_attested_is_resolved() -> None:
    correction = with_call({"people": 4})
    assert unresolved(STORY, correction, [2, 3]) == (Stale(5, Why.COPIED, 1, ("T-4711",)),)
    assert unresolved(STORY, correction, [2, 3, 5]) == ()


def test_meaning_of_calls() -> None:
    assert means_the_same(ToolCall("a", '{"x":1,"y":2}'), ToolCall("a", '{"y":2, "x":1}', "id"))
    assert not means_the_same(ToolCall("a", '{"x":1}'), ToolCall("a", '{"x":1.0}'))
    assert not means_the_same(ToolCall("a", "{"), ToolCall("a", "{ "))
    assert not means_the_same(ToolCall("a", "{}"), ToolCall("b", "{}"))
