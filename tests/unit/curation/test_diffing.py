"""Differences between a trajectory and its correction."""

from __future__ import annotations

import json
from itertools import permutations

import msgspec
import pytest

from curation.argument_diff import MAX_CHANGES, diff_arguments
from curation.assignment import EXACT_LIMIT, best_assignment
from curation.diffing import (
    ChangeKind,
    PartKind,
    canonical_calls,
    diff_calls,
    diff_trajectories,
    match_calls,
    same_calls,
)
from curation.text_diff import HunkKind, diff_text
from curation.trajectory import Message, Role, ToolCall, Trajectory


def call(name: str, arguments: object, id: str | None = None) -> ToolCall:
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(name=name, raw_arguments=raw, id=id)


def brief(before: object, after: object) -> list[tuple[str, str]]:
    return [(c.kind.value, c.pointer) for c in diff_arguments(before, after)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 2}, [("changed", "/a")]),
        ({"a": 1}, {"a": "1"}, [("retyped", "/a")]),
        ({"a": 1}, {"a": 1.0}, [("retyped", "/a")]),
        ({"a": 1}, {"a": True}, [("retyped", "/a")]),
        ({"a": None}, {}, [("removed", "/a")]),
        ({}, {"a": None}, [("added", "/a")]),
        ({"town": "Oslo"}, {"city": "Oslo"}, [("renamed", "/town")]),
        ({"city_name": "Oslo"}, {"cityName": "Bergen"}, [("renamed", "/city_name")]),
        ({"loud": True}, {"dry": True}, [("removed", "/loud"), ("added", "/dry")]),
        ({"a/b": {"c~d": 1}}, {"a/b": {"c~d": 2}}, [("changed", "/a~1b/c~0d")]),
        ({"l": [1, 2, 3]}, {"l": [1, 9, 3]}, [("changed", "/l/1")]),
        ({"l": [1, 2, 3]}, {"l": [2, 3]}, [("removed", "/l/0")]),
        ({"l": [1, 2]}, {"l": [1, 2, 3]}, [("added", "/l/2")]),
        ({"l": [{"x": 1}]}, {"l": [{"x": "1"}]}, [("retyped", "/l/0/x")]),
    ],
)
def test_each_kind_of_change_is_told_apart_and_placed(
    before: object, after: object, expected: list[tuple[str, str]]
) -> None:
    assert brief(before, after) == expected


def test_a_rename_says_where_the_value_went() -> None:
    (change,) = diff_arguments({"q": {"town": "Oslo"}}, {"q": {"city": "Oslo"}})
    assert (change.kind, change.pointer, change.new_pointer) == (
        ChangeKind.RENAMED,
        "/q/town",
        "/q/city",
    )
    assert (change.before, change.after) == ("Oslo", "Oslo")


def test_swapped_names_are_matched_by_value_not_by_order() -> None:
    changes = diff_arguments(
        {"src": "Oslo", "dst": "Rome"}, {"to_city": "Rome", "from_city": "Oslo"}
    )
    assert {(c.pointer, c.new_pointer) for c in changes} == {
        ("/src", "/from_city"),
        ("/dst", "/to_city"),
    }


def test_huge_differences_are_one_change() -> None:
    before = {f"k{i}": i for i in range(5000)}
    after = {f"k{i}": i + 1 for i in range(5000)}
    (change,) = diff_arguments(before, after)
    assert change.pointer == "" and change.kind is ChangeKind.CHANGED
    few = {**before, "k7": "seven"}
    assert [c.pointer for c in diff_arguments(before, few)] == ["/k7"]
    assert len(diff_arguments({f"k{i}": 0 for i in range(MAX_CHANGES)}, {})) == MAX_CHANGES


def test_deep_structures_are_compared_to_the_end() -> None:
    before: object = 1
    after: object = 2
    for _ in range(200):
        before, after = {"d": before}, {"d": after}
    (change,) = diff_arguments(before, after)  # type: ignore[arg-type]
    assert change.kind is ChangeKind.CHANGED
    assert diff_arguments(before, before) == ()  # type: ignore[arg-type]


def test_a_call_that_did_not_parse_is_one_change() -> None:
    (change,) = diff_arguments(None, {"a": 1})
    assert (change.kind, change.pointer, change.after) == (ChangeKind.CHANGED, "", {"a": 1})
    assert diff_arguments(None, None) == ()


@pytest.mark.parametrize("n", [1, 2, 4, 5])
def test_the_assignment_is_the_best_of_all(n: int) -> None:
    scores = [[((i * 7 + j * 13) % 11) / 10 for j in range(n + 1)] for i in range(n)]
    best = max(
        sum(max(scores[i][columns[i]], 0) for i in range(n))
        for columns in permutations(range(n + 1), n)
    )
    assert sum(scores[i][j] for i, j in best_assignment(scores)) == pytest.approx(best)
    turned = [[scores[i][j] for i in range(n)] for j in range(n + 1)]
    assert sum(turned[i][j] for i, j in best_assignment(turned)) == pytest.approx(best)


def test_pairs_without_likeness_are_never_made() -> None:
    assert best_assignment([[0.0, 0.4], [0.0, 0.9]]) == [(1, 1)]
    assert best_assignment([]) == []
    wide = [[float(i == j) for j in range(EXACT_LIMIT + 5)] for i in range(EXACT_LIMIT + 5)]
    assert best_assignment(wide) == [(i, i) for i in range(EXACT_LIMIT + 5)]


def test_calls_are_matched_by_id_before_likeness() -> None:
    before = [call("get", {"x": 1}, "a"), call("get", {"x": 2}, "b")]
    after = [call("get", {"x": 1}, "b"), call("get", {"x": 2}, "a")]
    assert match_calls(before, after) == [(0, 1), (1, 0)]


def test_swapped_calls_without_ids_differ_in_order_only() -> None:
    one, two = call("get", {"x": 1}), call("put", {"y": 2})
    parent = Trajectory(messages=(Message(role=Role.ASSISTANT, tool_calls=(one, two)),))
    child = Trajectory(messages=(Message(role=Role.ASSISTANT, tool_calls=(two, one)),))
    (change,) = diff_trajectories(parent, child)
    assert change.calls == () and change.reordered


def test_repeated_ids_do_not_mislead_the_matching() -> None:
    before = [call("get", {"x": 1}, "a"), call("put", {"x": 2}, "a")]
    after = [call("put", {"x": 2}, "a"), call("get", {"x": 3}, "a")]
    assert match_calls(before, after) == [(0, 1), (1, 0)]


def test_an_added_and_a_removed_call_are_said_so() -> None:
    before = [call("get", {"x": 1}), call("weather", {"city": "Oslo"})]
    after = [call("get", {"x": 1}), call("translate", {"text": "hi"}), call("get", {"y": 5})]
    changes = {(c.kind, c.name) for c in diff_calls(before, after)}
    assert changes == {
        (PartKind.REMOVED, "weather"),
        (PartKind.ADDED, "translate"),
        (PartKind.ADDED, "get"),
    }


def test_another_tool_is_a_change_of_name_with_its_arguments() -> None:
    (change,) = diff_calls([call("book", {"n": 1})], [call("reserve", {"n": "1"})])
    assert [(c.kind.value, c.pointer) for c in change.arguments] == [
        ("name", ""),
        ("retyped", "/n"),
    ]
    assert (change.arguments[0].before, change.arguments[0].after) == ("book", "reserve")


def test_mending_broken_arguments_shows_the_raw_text() -> None:
    (change,) = diff_calls([call("f", '{"a": 1,}')], [call("f", '{"a": 1}')])
    assert change.arguments == ()
    (field,) = change.fields
    assert (field.field, field.before, field.after) == ("raw_arguments", '{"a": 1,}', '{"a": 1}')


def test_spacing_of_arguments_is_a_change_of_spelling_only() -> None:
    (change,) = diff_calls([call("f", '{"a":1}')], [call("f", '{"a": 1}')])
    assert change.arguments == () and change.fields[0].field == "raw_arguments"


def test_null_empty_and_absent_content_are_told_apart() -> None:
    parent = Trajectory(messages=(Message(role=Role.ASSISTANT, content=None),))
    child = Trajectory(messages=(Message(role=Role.ASSISTANT, content=""),))
    absent = Trajectory(messages=(Message(role=Role.ASSISTANT),))
    (change,) = diff_trajectories(parent, child)
    assert change.fields[0].spelling == "null became empty text"
    assert diff_trajectories(child, absent)[0].fields[0].spelling == "empty text became absent"
    assert diff_trajectories(parent, parent) == ()


def test_words_are_compared_and_spell_both_texts() -> None:
    before, after = "Booked for 4 pm, see you.", "Booked for 5 pm. See you!"
    hunks = diff_text(before, after)
    spelled = {
        kind: "".join(h.text for h in hunks if h.kind in (HunkKind.KEPT, kind))
        for kind in (HunkKind.REMOVED, HunkKind.ADDED)
    }
    assert spelled == {HunkKind.REMOVED: before, HunkKind.ADDED: after}
    assert hunks[0].text == "Booked for "
    assert diff_text("same", "same") == ()


@pytest.mark.parametrize("unit", ["word ", "line\n"])
def test_very_long_texts_are_still_spelled_exactly(unit: str) -> None:
    before, after = unit * 200_000, "x" + unit * 200_000
    hunks = diff_text(before, after)
    assert "".join(h.text for h in hunks if h.kind is not HunkKind.ADDED) == before
    assert "".join(h.text for h in hunks if h.kind is not HunkKind.REMOVED) == after


def test_inserted_messages_do_not_shift_the_rest() -> None:
    user = Message(role=Role.USER, content="Hi")
    ask = Message(role=Role.ASSISTANT, content="Which city?")
    more = Message(role=Role.USER, content="Oslo")
    done = Message(role=Role.ASSISTANT, content="Sunny.")
    changes = diff_trajectories(
        Trajectory(messages=(user, done)), Trajectory(messages=(user, ask, more, done))
    )
    assert [(c.kind, c.before_index, c.after_index) for c in changes] == [
        (PartKind.ADDED, None, 1),
        (PartKind.ADDED, None, 2),
    ]
    back = diff_trajectories(
        Trajectory(messages=(user, ask, more, done)), Trajectory(messages=(user, done))
    )
    assert [(c.kind, c.before_index) for c in back] == [
        (PartKind.REMOVED, 1),
        (PartKind.REMOVED, 2),
    ]


def test_changes_encode_to_json_and_name_their_places() -> None:
    parent = Trajectory(
        messages=(
            Message(role=Role.USER, content="Hi"),
            Message(role=Role.ASSISTANT, content=None, tool_calls=(call("f", {"a": 1}, "c1"),)),
        )
    )
    child = parent.replace_message(
        1, Message(role=Role.ASSISTANT, content=None, tool_calls=(call("f", {"a": 2}, "c1"),))
    )
    data = json.loads(msgspec.json.encode(diff_trajectories(parent, child)))
    assert data[0]["before_index"] == data[0]["after_index"] == 1
    assert data[0]["calls"][0]["arguments"] == [
        {"kind": "changed", "pointer": "/a", "before": 1, "after": 2, "new_pointer": ""}
    ]


def test_equal_calls_ignore_ids_spacing_and_order_but_not_types() -> None:
    one = Message(role=Role.ASSISTANT, tool_calls=(call("f", '{"a":1,"b":2}', "x"), call("g", "")))
    two = Message(role=Role.ASSISTANT, tool_calls=(call("g", "{}"), call("f", '{"b": 2, "a": 1}')))
    three = Message(role=Role.ASSISTANT, tool_calls=(call("g", "{}"), call("f", '{"b":2,"a":"1"}')))
    assert same_calls(one, two)
    assert not same_calls(two, three)
    broken = Message(role=Role.ASSISTANT, tool_calls=(call("f", '{"a":1'),))
    assert canonical_calls(broken)[0][1].startswith(b"\x00")
