"""Augmentation: a required value is taken out of the user's words, and the answer asks for it.

AskToAct (arXiv 2503.01940): a fully specified query loses a key parameter, and asking back is the
right answer. What a person wrote as the expected clarification, at the argument or at the words
that are taken out, is what the assistant says; else one of our own templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from curation.asking_back import asks_the_user, is_english, question
from curation.augment_reasons import Barred
from curation.augmenting import Original, augmentation
from curation.diffing import aligned
from curation.documented import defaults_of
from curation.episodes import ToolText, tool_specs
from curation.example_parts import (
    Trained,
    answered_so,
    first_call_step,
    is_learnt,
    messages_of,
    trained,
)
from curation.exporting import Curated, Example
from curation.json_pointer import escape
from curation.marks import Mark
from curation.origins import How, Origin, Source
from curation.schemas import validator_for
from curation.trajectory import Message
from curation.value_removal import without_value

_NUMBER_BEFORE = re.compile(r"\d[.,:]\Z")
_NUMBER_AFTER = re.compile(r"[.,:]\d")
_WAYS = tuple(how for how in How if how is not How.REFERENCE)


class _Opening(Struct, frozen=True):
    """A value that can be taken out."""

    key: str
    span: tuple[int, int]
    """In the user's words."""
    text: str
    """These words without it."""
    declared: dict[str, Any]


@augmentation("missing-parameter", title="Required value taken out", types=("sft",))
def missing_parameter(original: Original, rng: Random) -> Example | Barred:
    """A value of a required argument is taken out of the user's words, and the answer asks for it
    (AskToAct). Only a first request of one call, only a value that stands there word for word, once
    and nowhere else in the prompt, and only where the sentence stays whole. The question is the one
    that a person wrote as the expected clarification, else a template's.
    """
    example = trained(original.example)
    step = first_call_step(example)
    if step is None:
        return Barred.NO_FIRST_CALL
    if not is_learnt(example, step):
        return Barred.NOT_LEARNT
    messages = messages_of(example)
    if len(messages[step].tool_calls) != 1:
        return Barred.NO_SINGLE_CALL
    if not is_english(messages[step - 1].text):
        return Barred.NOT_ENGLISH
    if any(asks_the_user(tool.name) for tool in example.tools):
        return Barred.TOOL_ASKS
    tool = next((t for t in example.tools if t.name == messages[step].tool_calls[0].name), None)
    if tool is None:
        return Barred.UNOFFERED_TOOL
    found = [
        (opening, asked)
        for opening in _openings(example, step, tool)
        if (asked := _asked(original.curated, step, opening, rng))
    ]
    if not found:
        return Barred.NO_REMOVABLE_VALUE
    opening, asked = rng.choice(found)
    words = replace(messages[step - 1], content=opening.text)
    return answered_so(example, (*messages[: step - 1], words), example.tools, asked)


def _openings(example: Trained, step: int, tool: ToolText) -> Iterator[_Opening]:
    messages = messages_of(example)
    (call,) = messages[step].tool_calls
    user = messages[step - 1]
    arguments = call.parsed().value
    if arguments is None or not isinstance(user.content, str):
        return
    (spec,) = tool_specs((tool,))
    required = validator_for(spec).schema.get("required")
    properties = (spec.parameters or {}).get("properties")
    if not isinstance(required, list) or not isinstance(properties, dict):
        return
    others = [m.text for m in messages[: step - 1]]
    for key in required:
        value, declared = arguments.get(key), properties.get(key)
        if not _can_go(value, declared) or list(arguments.values()).count(value) > 1:
            continue
        assert isinstance(declared, dict)
        span = _only_place(user.content, str(value))
        text = without_value(user.content, *span) if span is not None else None
        if text is None or span is None:
            continue
        # What the tool says of itself may name the value too: then it need not be asked for.
        if not _is_said(value, [text, *others, msgspec.json.encode(declared).decode()]):
            yield _Opening(key, span, text, declared)


def _can_go(value: Any, declared: Any) -> bool:
    """Whether a value is one that a user gives, and has to."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return False
    return isinstance(declared, dict) and not defaults_of(declared) and "const" not in declared


def _only_place(text: str, value: str) -> tuple[int, int] | None:
    """Where the value stands word for word, if it does so once, in whatever letters."""
    lower, wanted = text.lower(), value.lower()
    at = lower.find(wanted)
    if len(lower) != len(text) or at < 0 or lower.find(wanted, at + 1) >= 0:
        return None
    end = at + len(wanted)
    inside_word = text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()
    inside_number = _NUMBER_BEFORE.search(text, 0, at) or _NUMBER_AFTER.match(text, end)
    return None if inside_word or inside_number else (at, end)


def _is_said(value: Any, texts: list[str]) -> bool:
    """Whether a text holds the value in some form."""
    if any(str(value).lower() in text.lower() for text in texts):
        return True
    sources = [Source(None, Origin.USER, text) for text in texts]
    return any(source.find(value, how) is not None for source in sources for how in _WAYS)


def _asked(curated: Curated, step: int, opening: _Opening, rng: Random) -> str:
    """The question for the value: a person's, else ours; "" where there is none to be made."""
    pointer = f"/{escape(opening.key)}"
    for mark in _clarified(curated):
        anchor = mark.anchor
        at_argument = anchor.message_index == step and anchor.pointer == pointer
        at_words = anchor.message_index == step - 1 and anchor.span is not None
        if at_argument or (at_words and _overlap(anchor.span, opening.span)):
            return mark.expected_clarification
    return question(opening.key, opening.declared, rng)


def _clarified(curated: Curated) -> Iterator[Mark]:
    """The marks that say what should have been asked, placed in what is trained on."""
    marks = curated.annotation.marks if curated.annotation is not None else ()
    wanted = [m for m in marks if m.expected_clarification and m.anchor.message_index is not None]
    if not wanted:
        return
    after: tuple[Message, ...] = curated.trajectory.messages
    before = after if curated.original is None else curated.original.messages
    same = {i: j for i, j in aligned(before, after) if i is not None and j is not None}
    for mark in wanted:
        index = mark.anchor.message_index
        assert index is not None
        if index in same:
            yield replace(mark, anchor=replace(mark.anchor, message_index=same[index]))


def _overlap(one: tuple[int, int] | None, other: tuple[int, int]) -> bool:
    return one is not None and one[0] < other[1] and other[0] < one[1]
