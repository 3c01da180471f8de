"""Mutation: a value is taken from another place of the conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from curation.call_context import walk
from curation.grounding import values_in_text
from curation.identifiers import is_identifier
from curation.mutating import CANONICAL, Changed, mutation
from curation.mutations._samples import PING_CALL, book, step
from curation.right_step import RightCall, RightStep, put_at, quoted
from curation.trajectory import Role, json_type

MAX_OTHERS = 400
"""Values of a conversation that are looked at, from the latest back."""


@mutation(
    "value-from-elsewhere",
    title="Value taken from elsewhere",
    taxonomy=CANONICAL,
    category="PARAM_VALUE",
    applies_to=step(book(people=4, guest="G-4711")),
    not_to=step(PING_CALL),
)
def value_from_elsewhere(right: RightStep, rng: Random) -> Changed | None:
    """A text or number gives way to another one that the conversation has: an earlier argument of
    the same name if there is one, else a value of the same form (another code, another date). The
    schema still takes it, so only who reads the conversation sees the error.
    """
    places = [
        (call, pointer, old)
        for call in right.calls
        for pointer, old in call.leaves()
        if isinstance(old, str | int | float) and not isinstance(old, bool) and old != ""
    ]
    rng.shuffle(places)
    others = _others(right)[:MAX_OTHERS]
    for call, pointer, old in places:
        options = _options(call, pointer, old, others)
        if options:
            new = rng.choice(options)
            changed = right.with_arguments(call, put_at(call.arguments, pointer, new))
            note = f"{pointer[1:]} says {quoted(new)}, the request means {quoted(old)}."
            return Changed(changed, note, call.index, pointer)
    return None


def _options(call: RightCall, pointer: str, old: Any, others: list[tuple[str, Any]]) -> list[Any]:
    """Other values that could stand at a place: those of its name, or else those of its form."""
    name = pointer.rpartition("/")[2]
    fitting = [
        (key, value)
        for key, value in others
        if json_type(value) == json_type(old)
        and _plainly(value) != _plainly(old)
        and (call.validator is None or call.validator.is_valid(_with(call, pointer, value)))
    ]
    named = [value for key, value in fitting if key == name]
    alike = [value for _, value in fitting if _form(value) == _form(old)]
    return list(dict.fromkeys(named or alike))


def _with(call: RightCall, pointer: str, value: Any) -> Any:
    return put_at(call.arguments, pointer, value)


def _plainly(value: Any) -> str:
    return " ".join(str(value).casefold().split())


def _form(value: Any) -> Any:
    """What values of one kind share: a code its pattern of letters and digits, a date its shape."""
    if not isinstance(value, str):
        return json_type(value)
    if any(c.isdigit() for c in value) or is_identifier(value):
        return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", value))
    return "text" if len(value.split()) <= 4 else "prose"


def _others(right: RightStep) -> list[tuple[str, Any]]:
    """(name of the argument or field, or "", value) of what the conversation has, latest first."""
    found: list[tuple[str, Any]] = []
    for call in right.calls:
        found.extend(_named(call.leaves()))
    for message in reversed(right.context):
        for earlier in message.tool_calls:
            found.extend(_named(walk(earlier.parsed().value or {})))
        if message.role is Role.TOOL:
            found.extend(_named(walk(_decoded(message.text))))
        elif message.role is Role.USER:
            found.extend(("", value) for value in _mentions(message.text))
    return [(key, v) for key, v in found if isinstance(v, str | int | float) and v != ""]


def _named(leaves: Iterator[tuple[str, Any]] | list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(pointer.rpartition("/")[2], value) for pointer, value in leaves]


def _mentions(text: str) -> Iterator[Any]:
    """Codes, dates and quotations in running text; amounts also as numbers."""
    for said in values_in_text(text, text):
        yield said
        if re.fullmatch(r"\d{1,9}", said):
            yield int(said)
        elif re.fullmatch(r"\d{1,9}\.\d{1,6}", said):
            yield float(said)


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return {}
