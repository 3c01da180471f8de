"""Answers held against what was said, given and worked out before them."""

from __future__ import annotations

import pytest

from curation.answer_grounding import unsupported_mentions
from curation.check_context import CheckContext
from curation.checks._samples import assistant, call, dialogue, result, user

GIVEN = '{"code": "GX-88213", "price": 1250.5, "fee": 20, "items": [310, 415]}'


def found(answer: str, given: str = GIVEN, asked: str = "Book it for 2500 at most.") -> list[str]:
    step = assistant(None, call({"people": 2, "order": "W3399477"}))
    context = CheckContext(dialogue(user(asked), step, result(given), assistant(answer)))
    mentions = unsupported_mentions(context.roles, context.texts, context.calls)
    return [mention for index, mention in mentions if index == 3]


@pytest.mark.parametrize(
    "answer",
    [
        "Booked under GX-88213, as you said below 2500, order W3399477.",
        "That is €1,250.50, or 1250.5.",
        "About 1,251 altogether.",  # rounded: 1250.5
        "With the fee 1,270.50.",  # 1250.5 + 20
        "725 for both.",  # 310 + 415
        "They differ by 105.",  # 415 - 310
        "Two of them make 2,501.",  # 2 x 1250.5
        "Half of it is 625.25.",  # 1250.5 / 2
        "In 2027, on 3rd May at 14:30, a 24-hour ticket, 15km, 7 seats.",
        "No numbers here.",
    ],
)
def test_what_is_given_or_worked_out_is_supported(answer: str) -> None:
    assert found(answer) == []


@pytest.mark.parametrize(
    ("answer", "mention"),
    [
        ("Booked under GX-88231.", "GX-88231"),
        ("That is 1,350.50.", "1,350.50"),
        ("Order W3399747 is on its way.", "W3399747"),
        ("It costs 999 altogether.", "999"),
    ],
)
def test_what_nobody_gave_is_named(answer: str, mention: str) -> None:
    assert found(answer) == [mention]


def test_before_any_result_an_answer_is_not_held_against_anything() -> None:
    context = CheckContext(dialogue(user("Hello."), assistant("Call us at 555-0199-77.")))
    assert list(unsupported_mentions(context.roles, context.texts, context.calls)) == []


def test_among_very_many_numbers_nothing_is_said_of_amounts() -> None:
    many = str([n * 7.3 for n in range(500)])
    assert found("That makes 123,456.78, code QX-771.", many) == ["QX-771"]
