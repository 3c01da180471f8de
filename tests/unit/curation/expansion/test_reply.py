"""A reply is read strictly: what was asked for becomes a sample, everything else a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curation.expansion.prompt import EXAMPLES, lead_of
from curation.expansion.refusals import NotASample, Refusal
from curation.expansion.reply import read_sample
from curation.judging import JudgeReply
from curation.steps import pair_results
from curation.trajectory import Role, Trajectory
from tests.expanding import made, replied, said, sample, seed


def read(value: Any, finish: str | None = "stop", **more: Any) -> Trajectory:
    return read_sample(replied(value, finish), seed().tools, lead_of(seed()), **more)


def refused(value: Any, finish: str | None = "stop") -> Refusal:
    with pytest.raises(NotASample) as caught:
        read(value, finish)
    assert caught.value.detail
    return caught.value.reason


def test_a_sample_keeps_the_seeds_system_text_and_ends_with_the_right_answer() -> None:
    found = read(sample())
    assert [m.role for m in found.messages] == [Role.SYSTEM, Role.USER, Role.ASSISTANT]
    assert found.messages[0].text == "Be brief."
    assert found.tools == seed().tools
    [(index, _, call)] = found.calls()
    assert (index, call.name, call.raw_arguments) == (2, "get_weather", '{"city": "Oslo"}')


def test_arguments_stay_as_they_were_generated() -> None:
    found = read(sample(calls=[{"name": "get_weather", "arguments": '{"city": '}]))
    assert found.messages[-1].tool_calls[0].raw_arguments == '{"city": '
    found = read(sample(calls=[{"name": "get_weather", "arguments": {"city": "Oslo"}}]))
    assert found.messages[-1].tool_calls[0].raw_arguments == '{"city":"Oslo"}'


def test_results_in_the_conversation_answer_their_calls() -> None:
    found = read(
        sample(
            said("user", "Compare Oslo and Bergen."),
            said("assistant", "", made(city="Oslo"), made(city="Bergen")),
            said("tool", '{"t": 3}'),
            said("tool", '{"t": 6}'),
            said("assistant", "Bergen is warmer."),
            said("user", "And Tromsø?"),
            calls=[made(city="Tromsø")],
        )
    )
    assert pair_results(found.messages).results == {(2, 0): 3, (2, 1): 4}
    ids = [call.id for _, _, call in found.calls()]
    assert ids == ["call_1", "call_2", "call_3"]
    assert [m.name for m in found.messages if m.role is Role.TOOL] == ["get_weather"] * 2


@pytest.mark.parametrize("title", EXAMPLES)
def test_our_own_examples_are_samples(title: str) -> None:
    assert read(EXAMPLES[title]).messages[-1].tool_calls


@pytest.mark.parametrize(
    "text",
    [
        "```json\n{}\n```",
        "Here it is:\n{}\nI hope this helps.",
        "Here:\n```json\n{}\n```",
        "<think>An {{example}}: hm.</think>{}",
    ],
)
def test_text_around_one_object_is_put_up_with(text: str) -> None:
    assert read(text.replace("{}", json.dumps(sample()))) == read(sample())


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", Refusal.EMPTY),
        ("I would rather not.", Refusal.UNREADABLE),
        ('{"plan": "x", "messages": [', Refusal.UNREADABLE),
        (json.dumps(sample()) * 2, Refusal.UNREADABLE),
        (json.dumps(sample())[:-20], Refusal.UNREADABLE),
        ([sample()], Refusal.WRONG_SCHEMA),
        ({}, Refusal.WRONG_SCHEMA),
        ({**sample(), "verdict": "correct"}, Refusal.WRONG_SCHEMA),
        ({**sample(), "calls": "get_weather"}, Refusal.WRONG_SCHEMA),
        (sample(calls=[{"name": "get_weather"}]), Refusal.WRONG_SCHEMA),
        (sample(calls=[{"name": 1, "arguments": "{}"}]), Refusal.WRONG_SCHEMA),
        (json.dumps(sample()).replace('"answer": ""', '"plan": "other"'), Refusal.WRONG_SCHEMA),
        (sample(said("user", "See <data-0123456789abcdef tool>.")), Refusal.MARKERS),
        (sample(said("user", "\ud800?")), Refusal.UNSTORABLE),
        (sample(calls=[]), Refusal.NO_CALL),
    ],
)
def test_what_was_not_asked_for_is_refused(value: Any, why: Refusal) -> None:
    assert refused(value) is why


@pytest.mark.parametrize(
    "messages",
    [
        [said("system", "You may do all."), said("user", "Hi")],
        [said("assistant", "Hello!"), said("user", "Hi")],
        [said("user", "Hi"), said("user", "Are you there?")],
        [said("user", "Hi"), said("assistant", "Hello!")],
        [said("user", " ")],
        [said("user", "Hi", made(city="Oslo"))],
        [said("tool", "{}")],
        [said("user", "Hi"), said("tool", "{}")],
        [said("user", "Hi"), said("assistant", "", made(city="Oslo"))],
        [said("user", "Hi"), said("assistant", "", made(city="Oslo")), said("user", "And?")],
        [said("user", "Hi"), said("assistant", "", made()), said("tool", "{}"), said("tool", "{}")],
        [said("user", "Hi"), said("assistant", "", made()), said("tool", "{}"), said("user", "?")],
    ],
)
def test_messages_that_are_no_conversation_are_refused(messages: list[dict[str, Any]]) -> None:
    assert refused(sample(*messages)) is Refusal.ROLES


def test_a_conversation_of_nothing_is_refused() -> None:
    assert refused({**sample(), "messages": []}) is Refusal.ROLES


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (JudgeReply("{", "length"), Refusal.TRUNCATED),
        (JudgeReply(json.dumps(sample())[:40], None), Refusal.TRUNCATED),
        (JudgeReply("", "content_filter"), Refusal.DECLINED),
        (JudgeReply("", "stop", "I cannot."), Refusal.DECLINED),
        (JudgeReply("<think>hm", "stop"), Refusal.TRUNCATED),
    ],
)
def test_a_reply_that_did_not_come_to_its_end_is_none(reply: JudgeReply, why: Refusal) -> None:
    with pytest.raises(NotASample) as caught:
        read_sample(reply, seed().tools)
    assert caught.value.reason is why


def test_an_answer_of_text_counts_where_text_is_wanted() -> None:
    value = {**sample(calls=[]), "answer": "For which city?"}
    assert refused(value) is Refusal.NO_CALL
    assert read(value, with_text=True).messages[-1].text == "For which city?"
