"""Checks on results, flow, answers and tools: cases beyond the samples the checks carry."""

from __future__ import annotations

from typing import Any

import pytest

from curation.checking import Finding, Severity, run_checks
from curation.checks._samples import (
    BOOK,
    assistant,
    call,
    dialogue,
    offering,
    result,
    single,
    system,
    user,
)
from curation.trajectory import Message, Role, ToolSpec, Trajectory


def names(trajectory: Trajectory) -> set[str]:
    return {f.check for f in run_checks(trajectory)}


def of(trajectory: Trajectory, name: str) -> list[Finding]:
    return [f for f in run_checks(trajectory) if f.check == name]


def test_a_trajectory_that_ends_with_its_calls_is_normal() -> None:
    assert names(single(call(), call({"people": 3}, id="c2"))) == set()


def test_a_whole_clean_conversation_has_no_finding() -> None:
    row = dialogue(
        system(),
        user(),
        assistant("One moment.", call(), call({"people": 4}, id="c2")),
        result(),
        result(id="c2"),
        assistant("Both are booked."),
        user("Thanks!"),
        assistant("You are welcome."),
    )
    assert run_checks(row) == []


def test_an_orphan_result_beside_an_unanswered_call_is_a_mismatch_of_ids() -> None:
    row = dialogue(user(), assistant(None, call()), result(id="c9"), assistant("Booked."))
    assert names(row) == {"results/orphan-result", "results/id-mismatch"}
    [mismatch] = of(row, "results/id-mismatch")
    assert '"c9"' in mismatch.message and '"c1"' in mismatch.message


def test_a_second_result_for_one_call_is_an_orphan_without_mismatch() -> None:
    row = dialogue(user(), assistant(None, call()), result(), result(), assistant("Booked."))
    assert names(row) == {"results/orphan-result"}
    assert of(row, "results/orphan-result")[0].anchor.message_index == 3


def test_one_of_two_results_missing_names_the_call_that_lacks_it() -> None:
    row = dialogue(
        user(), assistant(None, call(), call({"people": 3}, id="c2")), result(), assistant("Done.")
    )
    [missing] = of(row, "results/missing-result")
    assert (missing.anchor.message_index, missing.anchor.call_index) == (1, 1)


def test_a_source_without_any_results_gets_one_finding_not_one_a_call() -> None:
    row = dialogue(
        user(),
        assistant(None, call()),
        user(),
        assistant(None, call(id="c2")),
        user(),
        assistant(None, call(id="c3")),
    )
    [missing] = of(row, "results/missing-result")
    assert missing.message.endswith(": 2.")


def test_results_without_ids_are_matched_by_order() -> None:
    row = dialogue(
        user(),
        assistant(None, call(id=None), call({"people": 3}, id=None)),
        result("1", id=None),
        result("2", id=None),
        assistant("Done."),
    )
    assert run_checks(row) == []


def test_references_count_the_results_that_a_tool_declares() -> None:
    two = ToolSpec("find", "Find.", BOOK.parameters, {"responses": {"id": {}, "name": {}}})
    good = single(call(name="find"), call({"people": "API_call_1"}, id="c2"), tools=(two, BOOK))
    bad = single(call(name="find"), call({"people": "API_call_2"}, id="c2"), tools=(two, BOOK))
    assert of(good, "results/unknown-reference") == []
    assert [f.anchor.pointer for f in of(bad, "results/unknown-reference")] == ["/people"]


def test_a_call_cannot_refer_to_its_own_result() -> None:
    row = single(call({"people": "API_call_0"}))
    assert names(row) == {"results/unknown-reference"}


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        ('{"error": "closed"}', True),
        ('{"status": "FAILED", "id": 4}', True),
        ('{"success": false}', True),
        ("Error: not enough seats", True),
        ("ValueError: list.remove(x): x not in list", True),
        ("Traceback (most recent call last):", True),
        ('{"error": null, "rows": []}', False),
        ('{"errors": []}', False),
        ('{"note": "no error was found", "cancelled": false}', False),
        ("The term error means a mistake", False),
        ("", False),
    ],
)
def test_results_that_report_an_error_are_told_from_those_that_mention_one(
    text: str, is_error: bool
) -> None:
    row = dialogue(user(), assistant(None, call()), result(text), assistant("I see."))
    assert bool(of(row, "results/error-result")) is is_error


@pytest.mark.parametrize(
    ("messages", "wrong_at"),
    [
        ((user(), user(), assistant("Yes?")), [1]),
        ((user(), assistant("Yes?"), assistant("Hello?")), [2]),
        ((user(), assistant("Yes?"), system(), user(), assistant("So?")), [2]),
        ((user(), assistant(None, call()), result(), user(), assistant("So?")), [3]),
        ((result(), assistant("So?")), [0]),
        ((system(), Message(Role.DEVELOPER, "Be brief."), user(), assistant("Yes.")), []),
        ((user(), assistant(None, call()), assistant("Booked.")), []),
    ],
)
def test_messages_out_of_order_are_anchored_where_the_order_breaks(
    messages: tuple[Message, ...], wrong_at: list[int]
) -> None:
    found = of(dialogue(*messages), "flow/role-order")
    assert [f.anchor.message_index for f in found] == wrong_at


def test_absent_null_and_blank_content_are_all_empty_but_parts_are_not() -> None:
    for content in ("", None, "\n"):
        row = dialogue(Message(Role.USER, content), assistant("Yes?"))
        assert "flow/empty-message" in names(row)
    absent = dialogue(Message(Role.USER), assistant("Yes?"))
    assert "flow/empty-message" in names(absent)
    picture: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": "x"}}]
    assert names(dialogue(Message(Role.USER, picture), assistant("Nice."))) == set()


def test_a_blank_last_answer_is_reported_once() -> None:
    assert names(dialogue(user(), assistant(" "))) == {"answer/empty-final-answer"}


@pytest.mark.parametrize(
    "text",
    [
        "Here it is:\n```python\nprint(1)",
        "I can book it for two, three,",
        "The tables (",
        "It is reserved at the name of the",
    ],
)
def test_answers_that_stop_in_the_middle_are_cut_off(text: str) -> None:
    assert names(dialogue(user(), assistant(text))) == {"answer/truncated-final-answer"}


@pytest.mark.parametrize(
    "text", ["Booked", "Booked 🙂", "Yes, for 2", "```\nok\n```", "Shall I book it?", "x = [1]"]
)
def test_answers_without_a_full_stop_are_whole(text: str) -> None:
    assert names(dialogue(user(), assistant(text))) == set()


def test_the_sources_own_word_that_the_limit_ended_it_counts() -> None:
    cut = Message(Role.ASSISTANT, "A table", extra={"finish_reason": "length"})
    assert names(dialogue(user(), cut)) == {"answer/truncated-final-answer"}


def test_tags_in_reasoning_or_in_what_the_user_says_are_fine() -> None:
    thinking = Message(Role.ASSISTANT, "Booked.", reasoning="I write <tool_call> now")
    assert names(dialogue(user("What is <tool_call>?"), thinking)) == set()


def test_a_nameless_tool_is_an_error_and_named_by_its_position() -> None:
    [found] = of(offering(BOOK, ToolSpec("", "?")), "tools/no-name")
    assert found.severity is Severity.ERROR and "Tool 2" in found.message


def test_the_same_tool_twice_is_reported_however_equal_they_are() -> None:
    [same] = of(offering(BOOK, BOOK), "tools/duplicate-name")
    assert "with the same text" in same.message


def test_findings_stand_in_the_order_of_the_messages() -> None:
    row = dialogue(user(), user(), assistant("", call("{")), tools=(ToolSpec("book_table"),))
    places = [f.anchor.message_index for f in run_checks(row)]
    assert places == [None, 1, 2]
