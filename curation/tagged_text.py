"""Reading values that stand inside running text: JSON after prose, and `<tag>` blocks.

Used by formats that put tools and calls into prompts (Hermes, Qwen, ToolACE). Only finds and
decodes; what a value means is the format's business.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import RecordError, json_text

MAX_FAILURES = 1000
"""Brackets that begin no value before a text is given up: every one costs a look at the rest."""

_decoder = json.JSONDecoder()
_THINK = re.compile(r"\s*<think>(.*?)(?:</think>|\Z)", re.DOTALL)
_THINK_END = "</think>"
MAX_LITERAL = 100_000
"""Longest text that is tried as a Python literal."""


def values_in(text: str) -> Iterator[tuple[Any, int, int]]:
    """Every JSON array or object in running text with its start and end, left to right.

    What lies inside a value is not given again. A bracket that begins no value is passed over.
    """
    position = failures = 0
    for found in re.finditer(r"[\[{]", text):
        if found.start() < position:
            continue
        try:
            value, position = _decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            failures += 1
            if failures > MAX_FAILURES:
                return
            continue
        yield value, found.start(), position


def loose_value(text: str) -> Any:
    """A JSON value, or a Python literal as some sources write them; raises ValueError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    if len(text) > MAX_LITERAL:
        raise ValueError("too long for a literal")
    try:
        value = ast.literal_eval(text.strip())
        json_text(value)
    except (SyntaxError, RecursionError, MemoryError, TypeError, RecordError) as problem:
        raise ValueError(str(problem)) from None
    return value


def cut_thinking(text: str) -> tuple[str | None, str]:
    """Leading `<think>` text and the rest; thinking may name any tag, so it is cut first.

    Text with only the closing tag (templates that open it in the prompt) counts as well; thinking
    that never closes is all thinking.
    """
    found = _THINK.match(text)
    if found:
        return found.group(1).strip("\n"), text[found.end() :].lstrip("\n")
    if _THINK_END in text and "<think>" not in text:
        before, _, after = text.partition(_THINK_END)
        return before.strip("\n"), after.lstrip("\n")
    return None, text


def blocks(text: str, tag: str) -> tuple[list[str], str]:
    """Contents of all `<tag>…</tag>` and the text around them.

    A block that never closes runs to the next opening of the same tag or to the end.
    """
    pattern = re.compile(rf"<{tag}>(.*?)(?:</{tag}>|(?=<{tag}>)|\Z)", re.DOTALL)
    return [m.group(1) for m in pattern.finditer(text)], pattern.sub("", text)
