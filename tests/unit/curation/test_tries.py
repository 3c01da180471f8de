"""Tries: answers that say the same are one, those that say what the reference says are none."""

from __future__ import annotations

import pytest

from curation.trajectory import Message, Role, ToolCall
from curation.tries import Answer, broken_calls, keeps_schema, tries_by_step, tries_of_step, try_id
from tests.episodes import WEATHER


def calling(*calls: tuple[str, str], text: str | None = None, ids: str = "") -> Message:
    made = tuple(
        ToolCall(name, raw, f"{ids}{n}" if ids else None) for n, (name, raw) in enumerate(calls)
    )
    return Message(Role.ASSISTANT, text, made)


OSLO = ("get_weather", '{"city": "Oslo", "days": 2}')
ROME = ("get_weather", '{"city": "Rome"}')


@pytest.mark.parametrize(
    "other",
    [
        calling(("get_weather", '{"days":2,"city":"Oslo"}'), ROME),
        calling(ROME, OSLO),
        calling(OSLO, ROME, ids="call_"),
        calling(OSLO, ROME, text=""),
        Message(Role.ASSISTANT, None, calling(OSLO, ROME).tool_calls, reasoning="Two cities."),
    ],
    ids=["spelling", "order", "ids", "empty-text", "thinking"],
)
def test_what_says_the_same_is_the_same_try(other: Message) -> None:
    assert try_id(other) == try_id(calling(OSLO, ROME))


@pytest.mark.parametrize(
    "other",
    [
        calling(OSLO),
        calling(OSLO, ROME, ROME),
        calling(OSLO, ROME, text="One moment."),
        calling(("get_weather", '{"city": "Oslo", "days": 2.0}'), ROME),
        calling(("weather", OSLO[1]), ROME),
        calling(("get_weather", "{city: Oslo}"), ROME),
    ],
    ids=["fewer", "twice", "words", "type", "tool", "unparsable"],
)
def test_what_says_anything_else_is_another_try(other: Message) -> None:
    assert try_id(other) != try_id(calling(OSLO, ROME))


def test_equal_answers_fold_and_those_equal_to_the_reference_are_agreement() -> None:
    found = tries_of_step(
        calling(OSLO),
        [
            Answer("a", calling(ROME), 1.5, n_samples=3),
            Answer("b", calling(OSLO, ids="x")),
            Answer("c", calling(ROME, ids="y")),
            Answer("d", calling(text="Which city?")),
        ],
    )
    assert [a.model for a in found.same] == ["b"]
    assert [[a.model for a in one.answers] for one in found.others] == [["a", "c"], ["d"]]
    assert [one.n_samples for one in found.others] == [4, 1]


def test_answers_for_messages_that_are_not_there_are_left_out() -> None:
    messages = (Message(Role.USER, "Hi"), calling(OSLO))
    found = tries_by_step(messages, [(1, Answer("a", calling(ROME))), (7, Answer("a", calling()))])
    assert list(found) == [1]


def test_a_try_is_checked_against_the_tools() -> None:
    sound, wrong = calling(ROME), calling(("get_weather", '{"city": 3}'))
    assert broken_calls(sound, (WEATHER,)) == []
    assert [f.check for f in broken_calls(wrong, (WEATHER,))] == ["calls/wrong-type"]
    assert keeps_schema(sound, (WEATHER,))
    assert not keeps_schema(wrong, (WEATHER,))
    assert not keeps_schema(calling(("weather", "{}")), (WEATHER,)), "a tool that is not offered"
