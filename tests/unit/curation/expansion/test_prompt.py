"""What a generator is told, and that recorded text stays data."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from curation.directive import builtin_directives, directive_named
from curation.expansion.prompt import expansion_prompt, lead_of
from curation.expansion.seeds import ErrorSeed
from curation.judge_prompt import PromptTooLarge
from curation.judging import OmissionKind
from curation.trajectory import Message, Role
from tests.expanding import seed, step
from tests.hostile import HOSTILE

NONCE = "0123456789abcdef"
DIRECTIVE = directive_named("user-persona")


def told(one: ErrorSeed, limit: int = 60_000) -> str:
    prompt = expansion_prompt(one, DIRECTIVE, NONCE, max_chars=limit)
    return prompt.system + "\n" + prompt.user


def test_it_is_told_all_of_it() -> None:
    one = seed(analysis="It asked for another city.", date="2026-03-01")
    text = told(one)
    for said in (
        "What is the weather in Paris?",
        '{"arguments":{"city":"Paris"},"name":"get_weather"}',
        '{"arguments":{"city":"Lyon"},"name":"get_weather"}',
        "It asked for another city.",
        "2026-03-01",
        "Weather of a city",
        "Be brief.",
        DIRECTIVE.instructions.strip(),
    ):
        assert said in text
    assert "system text stays" in text
    assert text.index("The right answer:") < text.index("The wrong answer:")


@pytest.mark.parametrize("name", [one.name for one in builtin_directives()])
def test_every_directive_is_another_prompt(name: str) -> None:
    text = expansion_prompt(seed(), directive_named(name), NONCE).system
    told_of = [one.name for one in builtin_directives() if one.instructions.strip() in text]
    assert told_of == [name]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_escapes_its_fence(text: str) -> None:
    """Wherever it stands: the markers around it are as many as without it, and nothing of it is
    outside of them."""
    text = text.replace("{nonce}", NONCE)
    context = (Message(Role.SYSTEM, text), Message(Role.USER, text), Message(Role.TOOL, text))
    hostile = replace(seed(), context=context, analysis=text, date=text)
    plain = replace(seed(), context=_plain(context), analysis="x", date="x")
    assert len(_markers(told(hostile))) == len(_markers(told(plain)))
    assert _outside(told(hostile)) == _outside(told(plain))


def _plain(context: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(Message(message.role, "x") for message in context)


def _markers(text: str) -> list[str]:
    return re.findall(rf"</?data-{NONCE}", text)


def _outside(text: str) -> str:
    return re.sub(rf"<data-{NONCE} [^>]*>\n.*?\n</data-{NONCE}>", "", text, flags=re.DOTALL)


def test_what_does_not_fit_is_left_out_and_said_so() -> None:
    results = tuple(Message(Role.TOOL, "x" * 20_000) for _ in range(3))
    one = seed()
    one = replace(one, context=(one.context[0], *results, one.context[1]))
    prompt = expansion_prompt(one, DIRECTIVE, NONCE, max_chars=20_000)
    assert len(prompt.system) + len(prompt.user) <= 20_000
    assert {omission.kind for omission in prompt.omitted} == {OmissionKind.RESULT}
    with pytest.raises(PromptTooLarge):
        expansion_prompt(one, DIRECTIVE, NONCE, max_chars=2_000)


def test_thinking_is_never_shown_and_said_to_be_left_out() -> None:
    thought = replace(step("Lyon"), reasoning="Lyon is nicer.")
    prompt = expansion_prompt(seed(wrong=thought), DIRECTIVE, NONCE)
    assert "nicer" not in prompt.user
    assert [o.kind for o in prompt.omitted] == [OmissionKind.THINKING]


def test_children_keep_the_system_messages_at_the_start() -> None:
    assert [m.text for m in lead_of(seed())] == ["Be brief."]
    assert lead_of(replace(seed(), context=seed().context[1:])) == ()
