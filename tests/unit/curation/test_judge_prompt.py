"""What a judge is told: all it needs, blind, fenced, bounded, and nothing left out in silence."""

from __future__ import annotations

import json
import re
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation.fencing import Fence
from curation.judge_prompt import MAX_CHARS, PromptTooLarge, pair_prompt
from curation.judging import JudgeCase, OmissionKind, Order
from curation.rubric import builtin_rubrics, rubric_named
from curation.trajectory import Message, Role, ToolCall, ToolSpec
from tests.episodes import WEATHER
from tests.hostile import HOSTILE

NONCE = "5ce1a9d3b7f04e26"
RUBRIC = rubric_named("label-verification")
NEWS = ToolSpec("get_news", "News of a city")
ROME = Message(Role.ASSISTANT, tool_calls=(ToolCall("get_weather", '{"city":"Rome"}', "c1"),))
OSLO = Message(Role.ASSISTANT, tool_calls=(ToolCall("get_weather", '{"city":"Oslo"}', "c2"),))
ASKED = (Message(Role.SYSTEM, "You help."), Message(Role.USER, "Weather in Rome?"))
CASE = JudgeCase((WEATHER, NEWS), ASKED, ROME, OSLO, date="2026-05-01")


def fences(user: str, nonce: str = NONCE) -> list[tuple[str, str]]:
    """(name, text) of every fence; fails unless the markers pair up and nothing nests."""
    marks = re.findall(rf"</?data-{nonce}[^>]*>", user)
    names = [m[len(f"<data-{nonce} ") : -1] for m in marks[::2]]
    assert marks == [m for n in names for m in (f"<data-{nonce} {n}>", f"</data-{nonce}>")]
    assert user.lower().count(nonce) == len(marks)
    texts = re.findall(rf"<data-{nonce} [^>]*>\n(.*?)\n</data-{nonce}>", user, re.DOTALL)
    return list(zip(names, texts, strict=True))


def test_the_judge_is_told_all_of_it() -> None:
    prompt = pair_prompt(CASE, Order.REFERENCE_FIRST, RUBRIC, NONCE)
    found = dict(fences(prompt.user))
    assert found["date"] == "2026-05-01"
    assert found["message-1-of-2 from system"] == "You help."
    assert found["message-2-of-2 from user"] == "Weather in Rome?"
    assert json.loads(found["response-1"]) == {"name": "get_weather", "arguments": {"city": "Rome"}}
    assert json.loads(found["response-2"]) == {"name": "get_weather", "arguments": {"city": "Oslo"}}
    assert prompt.user.count("<data-") == 2 + 1 + 2 + 2
    assert prompt.omitted == ()
    for criterion in RUBRIC.criteria:
        assert criterion.question in prompt.system
    assert Fence(NONCE).rule in prompt.system
    assert "Rome" not in prompt.system


def test_the_other_order_exchanges_the_answers_and_nothing_else() -> None:
    one = pair_prompt(CASE, Order.REFERENCE_FIRST, RUBRIC, NONCE)
    two = pair_prompt(CASE, Order.PREDICTION_FIRST, RUBRIC, NONCE)
    assert one.system == two.system
    first, second = dict(fences(one.user)), dict(fences(two.user))
    assert (first["response-1"], first["response-2"]) == (
        second["response-2"],
        second["response-1"],
    )
    exchanged = JudgeCase(CASE.tools, CASE.context, OSLO, ROME, date=CASE.date)
    assert pair_prompt(exchanged, Order.REFERENCE_FIRST, RUBRIC, NONCE).user == two.user


@pytest.mark.parametrize("order", list(Order))
def test_nothing_says_which_answer_is_the_label(order: Order) -> None:
    reference = Message(
        Role.ASSISTANT,
        "<think>I am the gold label.</think>Looking.",
        tool_calls=(ToolCall("get_weather", '{ "unit": "C",\n "city": "Rome" }', "gold-1"),),
        reasoning="as annotated",
        extra={"weight": 1},
    )
    prediction = Message(
        Role.ASSISTANT,
        "Looking.",
        tool_calls=(ToolCall("get_weather", '{"city":"Rome","unit":"C"}'),),
        name="gpt-x",
    )
    case = JudgeCase((WEATHER,), ASKED, reference, prediction)
    prompt = pair_prompt(case, order, RUBRIC, NONCE)
    found = dict(fences(prompt.user))
    assert found["response-1"] == found["response-2"]
    told = (prompt.system + prompt.user).lower()
    for word in ("gold", "annotated", "gpt-x", "reference", "prediction", "label"):
        assert word not in told
    thinking = [o for o in prompt.omitted if o.kind is OmissionKind.THINKING]
    assert [(o.name, o.message_index) for o in thinking] == [("reference", None)]
    assert thinking[0].chars == len("as annotated") + len("<think>I am the gold label.</think>")


def test_broken_arguments_are_shown_as_they_are() -> None:
    broken = Message(Role.ASSISTANT, tool_calls=(ToolCall("get_weather", '{"city": Rome'),))
    prompt = pair_prompt(
        JudgeCase((WEATHER,), ASKED, ROME, broken), Order.REFERENCE_FIRST, RUBRIC, NONCE
    )
    shown = dict(fences(prompt.user))["response-2"]
    assert shown == 'get_weather with arguments that are not a JSON object: {"city": Rome'


def test_an_answer_of_nothing_is_told_as_such() -> None:
    case = JudgeCase((WEATHER,), ASKED, ROME, Message(Role.ASSISTANT, ""))
    prompt = pair_prompt(case, Order.REFERENCE_FIRST, RUBRIC, NONCE)
    assert "neither a call nor text" in dict(fences(prompt.user))["response-2"]


def hostile_case(text: str) -> JudgeCase:
    """A case with a text in every place where a trajectory may hold one."""
    tool = ToolSpec(f"get_weather {text}", text, {"type": "object", "description": text})
    call = ToolCall(f"get_weather {text}", json.dumps({"city": text, text: 1}), text)
    return JudgeCase(
        (WEATHER, tool),
        (
            Message(Role.SYSTEM, text),
            Message(Role.USER, text),
            Message(Role.ASSISTANT, text, tool_calls=(call, ToolCall(text, text))),
            Message(Role.TOOL, text, tool_call_id=text, name=text),
            Message(Role.USER, [{"type": "text", "text": text}, {"type": "image_url", "x": text}]),
        ),
        Message(Role.ASSISTANT, text, tool_calls=(call,)),
        Message(Role.ASSISTANT, text, tool_calls=(ToolCall(text, text),)),
        date=text or "today",
    )


N_FENCES = 2 + 1 + 5 + 2


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_escapes_its_fence(text: str, order: Order) -> None:
    for guess in (NONCE, NONCE.upper(), "0" * 16):
        prompt = pair_prompt(
            hostile_case(text.replace("{nonce}", guess)), order, RUBRIC, NONCE, max_chars=10**6
        )
        found = fences(prompt.user)
        assert len(found) == N_FENCES
        assert [name for name, _ in found][-2:] == ["response-1", "response-2"]
        clean = pair_prompt(CASE, order, RUBRIC, NONCE)
        assert prompt.system == clean.system, "no data in the rules"
        prompt.user.encode()  # lone surrogates could not be sent


def test_there_are_fifty_of_them() -> None:
    assert len(set(HOSTILE)) == 50


PIECES = st.sampled_from(
    [NONCE, NONCE.upper(), "</data-", "<data-", ">", "\n", "\u200b", "\u202e", "＜", "５", " ", "x"]
)


@settings(deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join))
@example(NONCE[:8] + "\u200b" + NONCE[8:])
@example("５ce1a9d3b7f04e26")
def test_no_text_escapes_its_fence(text: str) -> None:
    prompt = pair_prompt(hostile_case(text), Order.REFERENCE_FIRST, RUBRIC, NONCE)
    assert len(fences(prompt.user)) == N_FENCES


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_readable_text_stays_as_it_is(text: str) -> None:
    shown = Fence(NONCE).inert(text)
    if text.isascii() and text.isprintable() and not re.search(r"<\||<[/s]|\[|<", text):
        assert shown == text
    spelled = re.sub(r"\\u\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), shown)
    if "\\u{" not in text:
        assert spelled == text, "spelling out loses nothing"


def long_case(rng: Random, n: int = 40, result: int = 6_000) -> JudgeCase:
    messages = [Message(Role.SYSTEM, "S" * 5_000)]
    for i in range(n):
        messages += [
            Message(Role.USER, f"question {i}"),
            Message(Role.ASSISTANT, tool_calls=(ToolCall("get_news", f'{{"n": {i}}}'),)),
            Message(Role.TOOL, f"result {i} " + "r" * rng.randrange(result)),
        ]
    messages.append(Message(Role.USER, "LAST " + "q" * 3_000))
    tools = (WEATHER, *(ToolSpec(f"tool_{i}", "d" * 400) for i in range(30)))
    return JudgeCase(tools, tuple(messages), ROME, OSLO)


@pytest.mark.parametrize("limit", [12_000, 20_000, 40_000, 80_000, 200_000])
def test_a_long_trajectory_is_never_cut_in_silence(limit: int) -> None:
    case = long_case(Random(limit))
    prompt = pair_prompt(case, Order.REFERENCE_FIRST, RUBRIC, NONCE, max_chars=limit)
    assert len(prompt.user) + len(prompt.system) <= limit
    found = fences(prompt.user)
    texts = [text for _, text in found]
    assert "LAST " + "q" * 3_000 in texts, "the last user message is whole"
    assert any('"get_weather"' in t for name, t in found if name == "tool")
    gone = {o.message_index for o in prompt.omitted if o.kind is OmissionKind.MESSAGE}
    cut = {o.message_index for o in prompt.omitted if o.kind in ("result", "system")}
    for index, message in enumerate(case.context):
        shown = dict(found).get(f"message-{index + 1}-of-{len(case.context)} from {message.role}")
        assert (shown is None) == (index in gone)
        if shown is not None and message.text and index not in cut:
            assert message.text in shown
    n_tools = sum(name == "tool" for name, _ in found)
    assert n_tools + sum(o.kind is OmissionKind.TOOL for o in prompt.omitted) == len(case.tools)
    if gone:
        assert f"(Messages left out here: {len(gone)}.)" in prompt.user
        assert min(set(range(1, len(case.context))) - gone) > max(gone - {0}), "the oldest go first"


def test_results_are_shortened_before_messages_go() -> None:
    case = long_case(Random(1), n=8, result=9_000)
    whole = pair_prompt(case, Order.REFERENCE_FIRST, RUBRIC, NONCE, max_chars=10**6)
    assert whole.omitted == ()
    limit = len(whole.user) + len(whole.system) - 100
    prompt = pair_prompt(case, Order.REFERENCE_FIRST, RUBRIC, NONCE, max_chars=limit)
    [omission] = prompt.omitted
    assert omission.kind is OmissionKind.RESULT
    index = omission.message_index
    assert index is not None and f"left out: {omission.chars} characters" in prompt.user
    assert index == min(
        i for i, m in enumerate(case.context) if m.role is Role.TOOL and len(m.text) > 1_700
    )


def test_what_must_stay_and_does_not_fit_is_refused() -> None:
    asked = (Message(Role.USER, "q" * 9_000),)
    case = JudgeCase((WEATHER,), asked, ROME, OSLO)
    with pytest.raises(PromptTooLarge) as caught:
        pair_prompt(case, Order.REFERENCE_FIRST, RUBRIC, NONCE, max_chars=8_000)
    assert caught.value.needed > 8_000
    assert pair_prompt(case, Order.REFERENCE_FIRST, RUBRIC, NONCE).omitted == ()


def test_images_are_not_shown_and_said_so() -> None:
    asked = Message(Role.USER, [{"type": "text", "text": "This?"}, {"type": "image_url"}])
    case = JudgeCase((WEATHER,), (asked,), ROME, OSLO)
    prompt = pair_prompt(case, Order.REFERENCE_FIRST, RUBRIC, NONCE)
    assert [(o.kind, o.message_index) for o in prompt.omitted] == [(OmissionKind.PART, 0)]
    assert "parts that are no text: 1" in prompt.user


@pytest.mark.parametrize("rubric", builtin_rubrics(), ids=lambda r: r.key)
def test_every_rubric_about_pairs_makes_a_prompt(rubric) -> None:  # type: ignore[no-untyped-def]
    if rubric.about != "pair":
        with pytest.raises(ValueError, match="not about two answers"):
            pair_prompt(CASE, Order.REFERENCE_FIRST, rubric, NONCE)
        return
    prompt = pair_prompt(CASE, Order.REFERENCE_FIRST, rubric, NONCE)
    assert rubric.instructions.strip() in prompt.system
    assert len(prompt.system) < MAX_CHARS / 10
