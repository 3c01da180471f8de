"""Dotted paths into JSON: `dialog.turns`, `choices.0.message`, `meta."a.b"`, `.` for the whole.

A number counts from 0 in a list (from the end when negative) and is a key in an object. JSON text
that lies on the way is read, because sources often keep objects as text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

Path = tuple[str, ...]

_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."]+)')
_NUMBER = re.compile(r"-?\d+")

MISSING: Any = object()
"""What stands at a path that leads nowhere; null is a value."""


def read_path(text: str) -> Path:
    """The parts of a path; () for the whole.

    Raises:
        ValueError: it is empty, or has an empty part or an open quote.
    """
    if text == ".":
        return ()
    parts: list[str] = []
    position = 0
    while True:
        found = _PART.match(text, position)
        if found is None:
            raise ValueError(f"{text!r} is no path: write keys joined by dots, as in a.b.0.c")
        quoted, plain = found.groups()
        parts.append(plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        position = found.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            raise ValueError(f"{text!r} is no path: after {found.group()} comes no dot")
        position += 1


def at(value: Any, path: Sequence[str]) -> Any:
    """What stands at a path below `value`; MISSING when it leads nowhere."""
    for part in path:
        value = opened(value)
        if isinstance(value, dict):
            value = value.get(part, MISSING)
        elif isinstance(value, list) and _NUMBER.fullmatch(part):
            index = int(part)
            value = value[index] if -len(value) <= index < len(value) else MISSING
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


def opened(value: Any) -> Any:
    """A list or object that is given as its JSON text; any other value as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return value
