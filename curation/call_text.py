"""Reading calls that a model wrote as Python-call text: `[f(a=1), Find Hotel(city="Oslo")]`.

The text looks like Python but is not: names hold spaces, slashes and dots, and JSON's literals
(`true`, `null`) stand beside Python's. So this reads the shape itself and never evaluates anything.
A call whose arguments are not literals keeps its argument text as raw arguments: it does not parse,
and that is what annotators must see.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from curation.importing import RecordError, json_text
from curation.trajectory import ToolCall, ToolSpec

MAX_DEPTH = 60
"""Levels of nested lists and dicts in one argument."""

_LITERALS: dict[str, Any] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
}
_WORD = re.compile(r"[^\W\d]\w*")
_KEY = re.compile(r"\s*([^\W\d][\w.\-$]*|\"[^\"\\]*\"|'[^'\\]*')\s*=(?!=)")
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])")
_BLANK = re.compile(r"\s*")
_NAME = re.compile(r"([^()\[\]{}\"'=,]+)\(")
_STRING_ENDS = {
    '"': re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL),
    "'": re.compile(r"[^'\\]*+(?:\\.[^'\\]*+)*+'", re.DOTALL),
}
_STOP = re.compile(r"[()\[\]{}\"']")
_ESCAPE = re.compile(
    r"\\(\r\n|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL
)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\n": "", "\r\n": ""}


class _Unreadable(Exception):
    """The text at hand is not a literal."""


class CallText(Struct, frozen=True):
    """What a text of calls holds."""

    calls: tuple[ToolCall, ...]
    rest: str = ""
    """Text after the closing bracket."""


def read_calls(text: str, tools: Sequence[ToolSpec] = ()) -> CallText | None:
    """The calls of `[f(…), g(…)]` or of `f(…), g(…)`; None when the text is something else.

    Args:
        tools: the tools on offer. Their names are recognised even where they hold brackets, and
            positional arguments take the names of their properties in order.

    Text that begins like a list of calls but breaks off gives the calls up to there, and the broken
    one with the rest of the text as its raw arguments. Prose in brackets is no call: a name that no
    tool has counts only if its arguments read as arguments, and holds no blanks outside brackets.
    """
    body = text.strip()
    bracketed = body.startswith("[")
    position = 1 if bracketed else 0
    known = {tool.name: tool for tool in tools if tool.name}
    calls: list[ToolCall] = []
    while (position := _blank(body, position)) < len(body):
        if bracketed and body[position] == "]":
            return CallText(tuple(calls), body[position + 1 :].strip()) if calls else None
        found = _name(body, position, known)
        if found is None or (not bracketed and found[0] not in known and " " in found[0]):
            return None
        name, opening = found
        call, position = _call(body, name, opening, known.get(name))
        if call is None and not (calls or name in known):
            return None
        calls.append(call or ToolCall(name, body[opening + 1 : position - 1]))
        position = _blank(body, position)
        if body.startswith(",", position):
            position += 1
        elif position < len(body) and not (bracketed and body[position] == "]"):
            return None
    return CallText(tuple(calls)) if calls else None


def _call(text: str, name: str, opening: int, tool: ToolSpec | None) -> tuple[ToolCall | None, int]:
    """The call whose bracket opens at `opening`, None if it does not parse, and where it ends.

    The end is one past the closing bracket, also where the text breaks off before it.
    """
    closing = _closing(text, opening)
    if closing >= len(text):
        return None, len(text) + 1
    raw = _arguments(text[opening + 1 : closing], tool)
    return (ToolCall(name, raw) if raw is not None else None), closing + 1


def read_call(text: str, tools: Sequence[ToolSpec] = ()) -> ToolCall:
    """One call such as `sort('a.txt')`; text that is none becomes a nameless call that keeps it."""
    found = read_calls(text, tools)
    if found and len(found.calls) == 1 and not found.rest:
        return found.calls[0]
    return ToolCall("", text)


def _name(text: str, position: int, known: dict[str, ToolSpec]) -> tuple[str, int] | None:
    """Name of the call at `position` and the place of its opening bracket."""
    for name in known:
        if text.startswith(name, position):
            after = _blank(text, position + len(name))
            if text.startswith("(", after):
                return name, after
    found = _NAME.match(text, position)
    return (found.group(1).strip(), found.end() - 1) if found else None


def _closing(text: str, opening: int) -> int:
    """Place of the bracket that closes the one at `opening`; the end of the text if none does."""
    depth, position = 0, opening
    while found := _STOP.search(text, position):
        sign = found.group()
        position = found.end()
        if sign in "\"'":
            position = _string_end(text, position, sign)
        elif sign in "([{":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return found.start()
    return len(text)


def _string_end(text: str, position: int, quote: str) -> int:
    """Place after the closing quote; one past the end of the text if there is none."""
    found = _STRING_ENDS[quote].match(text, position)
    return found.end() if found else len(text) + 1


def _arguments(text: str, tool: ToolSpec | None) -> str | None:
    """Compact JSON of an argument list; None when it is not made of literals."""
    try:
        return json_text(_Reader(text).arguments(_property_names(tool)))
    except (_Unreadable, RecordError, OverflowError):
        return None


def _property_names(tool: ToolSpec | None) -> list[str]:
    properties = (tool.parameters or {}).get("properties") if tool else None
    return list(properties) if isinstance(properties, dict) else []


def _blank(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


class _Reader:
    """Literals of one argument list, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def arguments(self, names: list[str]) -> dict[str, Any]:
        """Keyword arguments; positional ones take `names` in order."""
        values: dict[str, Any] = {}
        positional = iter(names)
        while not self._at_end():
            key = _KEY.match(self.text, self.position)
            if key:
                self.position = key.end()
                name = key.group(1).strip("\"'")
            else:
                name = next(positional, "")
            if not name or name in values:
                raise _Unreadable
            values[name] = self.value(0)
            if not self._take(",") and not self._at_end():
                raise _Unreadable
        return values

    def value(self, depth: int) -> Any:
        self.position = _blank(self.text, self.position)
        sign = self.text[self.position : self.position + 1]
        if depth > MAX_DEPTH:
            raise _Unreadable
        if sign in ("'", '"'):
            return self._string(sign)
        if sign == "[":
            return self._items("]", depth)
        if sign == "(":
            return self._items(")", depth)
        if sign == "{":
            return self._mapping(depth)
        return self._scalar()

    def _scalar(self) -> Any:
        if number := _NUMBER.match(self.text, self.position):
            self.position = number.end()
            return _number(number.group())
        word = _WORD.match(self.text, self.position)
        if word and word.group() in _LITERALS:
            self.position = word.end()
            return _LITERALS[word.group()]
        raise _Unreadable

    def _string(self, quote: str) -> str:
        start = self.position + 1
        end = _string_end(self.text, start, quote)
        if end > len(self.text):
            raise _Unreadable
        self.position = end
        inner = self.text[start : end - 1]
        if "\\" not in inner:
            return inner
        # Escapes may spell a character as two halves; put them together, refuse lone ones later.
        text = _ESCAPE.sub(_unescaped, inner)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    def _items(self, closing: str, depth: int) -> list[Any]:
        self.position += 1
        items: list[Any] = []
        while not self._take(closing):
            items.append(self.value(depth + 1))
            if not self._take(",") and not self._peek(closing):
                raise _Unreadable
        return items

    def _mapping(self, depth: int) -> Any:
        """A dict; `{1, 2}` is a set and becomes a list."""
        self.position += 1
        pairs: dict[str, Any] = {}
        items: list[Any] = []
        while not self._take("}"):
            key = self.value(depth + 1)
            if self._take(":"):
                pairs[_key_text(key)] = self.value(depth + 1)
            else:
                items.append(key)
            if not self._take(",") and not self._peek("}"):
                raise _Unreadable
        if pairs and items:
            raise _Unreadable
        return items or pairs

    def _at_end(self) -> bool:
        self.position = _blank(self.text, self.position)
        return self.position >= len(self.text)

    def _peek(self, sign: str) -> bool:
        self.position = _blank(self.text, self.position)
        return self.text.startswith(sign, self.position)

    def _take(self, sign: str) -> bool:
        if not self._peek(sign):
            return False
        self.position += 1
        return True


def _number(text: str) -> int | float:
    plain = text.replace("_", "")
    if plain.lstrip("+-").isdigit():
        return int(plain) if len(plain) < 400 else _refuse()
    value = float(plain)
    return value if math.isfinite(value) else _refuse()


def _refuse() -> Any:
    raise _Unreadable


def _key_text(key: Any) -> str:
    """JSON keys are text; numbers and literals become theirs."""
    if isinstance(key, str):
        return key
    if isinstance(key, list | dict):
        raise _Unreadable
    return json_text(key)


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1)
    if code[0] in "Uux" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code in _SIMPLE:
        return _SIMPLE[code]
    return code if code in "\\'\"/" else found.group(0)
