"""The members of a JSON object as they stand in its text, to be put in another order.

Decoding and encoding again would respell numbers, escapes and spaces; here nothing but the order
changes, and every byte of a key and its value stays.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from msgspec import Struct

_SPACE = " \t\r\n"
_decoder = json.JSONDecoder()


class Member(Struct, frozen=True):
    """One key with its value: places in the text."""

    key: str
    start: int
    """Of the key's first quote."""
    value: int
    """Where the value begins."""
    end: int
    """Behind the value."""


def members(text: str, start: int = 0) -> list[Member]:
    """The members of the object that begins at `start`, spaces before it aside.

    Raises:
        ValueError: there is no JSON object.
    """
    at = _skip(text, start)
    if text[at : at + 1] != "{":
        raise ValueError("no JSON object")
    found: list[Member] = []
    at = _skip(text, at + 1)
    if text[at : at + 1] == "}":
        return found
    while True:
        if text[at : at + 1] != '"':
            raise ValueError("no key")
        key, after = _decoder.raw_decode(text, at)
        colon = _skip(text, after)
        if text[colon : colon + 1] != ":":
            raise ValueError("no colon")
        value = _skip(text, colon + 1)
        _, end = _decoder.raw_decode(text, value)
        found.append(Member(key, at, value, end))
        at = _skip(text, end)
        if text[at : at + 1] == "}":
            return found
        if text[at : at + 1] != ",":
            raise ValueError("no comma")
        at = _skip(text, at + 1)


def reordered(text: str, found: Sequence[Member], order: Sequence[int]) -> str:
    """The text with its members in another order; what stands between them stays where it is."""
    parts: list[str] = []
    at = 0
    for place, source in zip(found, order, strict=True):
        parts += [text[at : place.start], text[found[source].start : found[source].end]]
        at = place.end
    return "".join([*parts, text[at:]])


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in _SPACE and at < len(text):
        at += 1
    return at
