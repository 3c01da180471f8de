"""Tables of changes: one row an argument, calls matched, sides named for what they are."""

from __future__ import annotations

from components.changes import Sides, change_rows, two_versions
from curation.diffing import diff_messages, diff_trajectories
from curation.trajectory import Message, Role, ToolCall, Trajectory


def step(*calls: tuple[str, str], text: str | None = None) -> Message:
    return Message(Role.ASSISTANT, text, tuple(ToolCall(name, raw) for name, raw in calls))


ANN = step(("find", '{"city": "Oslo", "seats": 2, "day": "Monday"}'), ("ping", "{}"))
BOB = step(("ping", "{}"), ("find", '{"town": "Oslo", "seats": "2", "hour": 9}'))


def test_two_corrections_are_compared_call_by_matched_call() -> None:
    change = diff_messages(ANN, BOB, 2, 2)
    assert change is not None
    sides = two_versions("Ann", "Bob")
    rows = [(r["where"], r["what"], r["Ann"], r["Bob"]) for r in change_rows([change], sides)]
    at = "message 2 (assistant)"
    assert sorted(rows) == sorted(
        [
            (f"{at} · find · /city", "another name", "city", "town"),
            (f"{at} · find · /seats", "another type", "2", "2"),
            (f"{at} · find · /day", "only Ann", "Monday", ""),
            (f"{at} · find · /hour", "only Bob", "", "9"),
            (at, "calls in another order", "", ""),
        ]
    )


def test_a_message_or_call_of_one_side_is_named_by_that_side() -> None:
    one = Trajectory((Message(Role.USER, "Hi"), step(("ping", "{}"))))
    other = Trajectory((*one.messages[:1], step(("ping", "{}"), ("find", "{}")), step(text="Bye")))
    rows = change_rows(diff_trajectories(one, other), two_versions("Ann", "Bob"))
    assert [(r["where"], r["what"]) for r in rows] == [
        ("message 1 (assistant) · find", "call: only Bob"),
        ("message 2 (assistant)", "message: only Bob"),
    ]


def test_a_correction_keeps_its_words() -> None:
    change = diff_messages(step(text="No."), step(text="Yes."))
    assert change is not None
    assert change_rows([change], Sides()) == [
        {"where": "message 0 (assistant)", "what": "content", "before": "No.", "after": "Yes."}
    ]


def test_two_annotators_of_one_name_have_two_columns() -> None:
    sides = two_versions("judge", "judge")
    assert sides.before != sides.after
