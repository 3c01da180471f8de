"""Where an argument came from: the user's words, an earlier result, the system text, the schema.

A value of a call is *grounded* when something before the call says it: literally, or after a plain
derivation (letter case, spelling of a number, another unit, a date, the same words). What nothing
says is the mark of an invented argument (methods R18; ToolACE, "hallucinated values"). This module
answers with the place; what is worth a finding is for the checks in `curation/checks/grounding_*`.

Nothing here is a proof: a derivation errs on the side of finding a source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from curation.call_context import CallContext, walk
from curation.identifiers import is_address, is_identifier, may_hold_identifier
from curation.origins import How, Origin, Source, Sources, stands_in
from curation.schemas import RESULT_REFERENCE
from curation.trajectory import Anchor, Role

COMPOSED_WORDS = 8
"""From this many words a text without a source is taken for the assistant's own writing."""

LONGEST_ARITHMETIC = 200
"""Characters; longer texts of digits and signs are no calculation of a person's."""

SMALL_FACTOR = 12
"""In arithmetic, numbers up to this are taken for counts of persons, days or months."""
_ARITHMETIC = re.compile(r"[\d\s(][\d\s+*/().-]*[+*/-][\d\s+*/().-]*\Z")
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")

_ORIGINS = {
    Role.USER: Origin.USER,
    Role.TOOL: Origin.RESULT,
    Role.SYSTEM: Origin.SYSTEM,
    Role.DEVELOPER: Origin.SYSTEM,
    Role.ASSISTANT: Origin.ASSISTANT,
}
_GIVEN = (Origin.USER, Origin.RESULT, Origin.SYSTEM)
_LITERAL = (How.EXACT, How.CASE)
_DERIVED = (How.DATE, How.NUMBER, How.UNIT, How.WORDS)


class Grounding(Struct, frozen=True):
    """Where one value of one call came from."""

    anchor: Anchor
    """Of the value: message, call and pointer."""
    value: Any
    origin: Origin
    how: How | None = None
    """None when there is no source."""
    source: Anchor | None = None
    """The message it was found in, with the span in the message's text where there is one."""


class Grounds:
    """A trajectory's texts, to be asked where the values of its calls come from."""

    def __init__(
        self, roles: Sequence[Role], texts: Sequence[str], calls: Sequence[CallContext]
    ) -> None:
        self._roles = roles
        self._texts = texts
        self._calls = calls
        self._tools: dict[str, Source] = {}

    @cached_property
    def _sources(self) -> Sources:
        return Sources(
            Source(index, _ORIGINS[role], text)
            for index, (role, text) in enumerate(zip(self._roles, self._texts, strict=True))
            if text
        )

    def all(self) -> Iterator[Grounding]:
        """The origin of every value of every call, in order; true, false, null and "" have none."""
        for call in self._calls:
            for pointer, value in walk(call.arguments or {}):
                if asks_for_source(value):
                    yield self.of(call, pointer, value)

    def says(self, origin: Origin, before: int, value: Any) -> bool:
        """Whether one origin gives a value, in any way, before a message."""
        ways = (*_LITERAL, *_DERIVED)
        return any(self._sources.find(value, how, origin, before) for how in ways)

    def unknown_identifiers(self) -> Iterator[tuple[CallContext, str, Any]]:
        """The identifiers that come from nowhere, as (call, JSON Pointer, value).

        Behind a call whose result is not on record nothing is said: the value may be from there.
        For bulk checking: one search through all that was given settles nearly every value.
        """
        given, starts = self._joined(lambda role: role is not Role.ASSISTANT)
        own, own_starts = self._joined(lambda role: role is Role.ASSISTANT)
        open_calls = (c.message_index for c in self._calls if c.result_index is None)
        unanswered = min(open_calls, default=None)
        for call in self._calls:
            at = call.message_index
            if unanswered is not None and at > unanswered:
                return
            if not may_hold_identifier(call.call.raw_arguments):
                continue
            for pointer, value in walk(call.arguments or {}):
                if (
                    is_identifier(value)
                    and not _holds_parts(given, value, starts[at])
                    and str(value) not in own[: own_starts[at]]
                    and not self._is_said_elsewhere(call, pointer, value)
                ):
                    yield call, pointer, value

    def _is_said_elsewhere(self, call: CallContext, pointer: str, value: Any) -> bool:
        """Whether an identifier that no text holds has another origin all the same. A code whose
        digits were not given is no date, number or measure that was."""
        if not isinstance(value, str):
            return self.of(call, pointer, value).origin is not Origin.NOWHERE
        return (
            RESULT_REFERENCE.match(value) is not None  # to no result: another check's finding
            or (call.tool is not None and value.lower() in call.tool.words_lower)
            or any(value in c.call.raw_arguments for c in self._calls[: call.ordinal])
        )

    def _joined(self, wanted: Callable[[Role], bool]) -> tuple[str, list[int]]:
        """Some messages' texts as one, and where in it each message begins."""
        starts: list[int] = []
        parts: list[str] = []
        length = 0
        for role, text in zip(self._roles, self._texts, strict=True):
            starts.append(length)
            if wanted(role):
                parts.append(text)
                length += len(text) + 1
        return "\n".join(parts), starts

    def of(self, call: CallContext, pointer: str, value: Any) -> Grounding:
        """Where one value came from: literally first, then the schema, then by derivation."""
        anchor = call.at(pointer)
        found = (
            self._given(call, anchor, value, _LITERAL)
            or self._referenced(call, anchor, value)
            or self._named_by_tool(call, anchor, value)
            or self._calculated(call, anchor, value)
            or self._given(call, anchor, value, _DERIVED)
            or self._own(call, anchor, value)
        )
        if found is not None:
            return found
        is_long = isinstance(value, str) and ("\n" in value or len(value.split()) >= COMPOSED_WORDS)
        return Grounding(anchor, value, Origin.COMPOSED if is_long else Origin.NOWHERE)

    def _given(
        self, call: CallContext, anchor: Anchor, value: Any, ways: tuple[How, ...]
    ) -> Grounding | None:
        for how in ways:
            for origin in _GIVEN:
                found = self._sources.find(value, how, origin, call.message_index)
                if found is not None:
                    source, span = found
                    return Grounding(anchor, value, origin, how, Anchor(source.index, span=span))
        return None

    def _referenced(self, call: CallContext, anchor: Anchor, value: Any) -> Grounding | None:
        match = RESULT_REFERENCE.match(value) if isinstance(value, str) else None
        number = int(match[1][:9]) if match else -1
        if not 0 <= number < call.ordinal:
            return None
        source = self._calls[number].at()
        return Grounding(anchor, value, Origin.RESULT, How.REFERENCE, source)

    def _named_by_tool(self, call: CallContext, anchor: Anchor, value: Any) -> Grounding | None:
        if call.tool is None:
            return None
        source = self._tools.get(call.call.name)
        if source is None:
            source = self._tools[call.call.name] = Source(None, Origin.SCHEMA, call.tool.words)
        for how in _LITERAL:
            if source.find(value, how) is not None:
                return Grounding(anchor, value, Origin.SCHEMA, how)
        return None

    def _calculated(self, call: CallContext, anchor: Anchor, value: Any) -> Grounding | None:
        """Of arithmetic, `350 - 122`: every number in it that is no small factor."""
        if not isinstance(value, str) or len(value) > LONGEST_ARITHMETIC:
            return None
        if not _ARITHMETIC.match(value):
            return None
        numbers = [float(n) for n in _NUMBER.findall(value)]
        parts = [n for n in numbers if n > SMALL_FACTOR] or numbers
        found = [self._given(call, anchor, n, (How.EXACT, How.NUMBER)) for n in parts]
        if not found or found[0] is None or None in found:
            return None
        return replace(found[0], value=value, how=How.NUMBER)

    def _own(self, call: CallContext, anchor: Anchor, value: Any) -> Grounding | None:
        found = self._sources.find(value, How.EXACT, Origin.ASSISTANT, call.message_index)
        if found is not None:
            place = Anchor(found[0].index, span=found[1])
            return Grounding(anchor, value, Origin.ASSISTANT, How.EXACT, place)
        for earlier in self._calls[: call.ordinal]:
            raw = earlier.call.raw_arguments
            if str(value) not in raw and "\\" not in raw:
                continue
            for pointer, other in walk(earlier.arguments or {}):
                if type(other) is type(value) and other == value:
                    place = earlier.at(pointer)
                    return Grounding(anchor, value, Origin.ASSISTANT, How.EXACT, place)
        return None


def asks_for_source(value: Any) -> bool:
    """Whether the question makes sense: a yes or no is copied from nowhere."""
    return value is not None and not isinstance(value, bool) and value != ""


_MENTION = re.compile(r"\b(?=[\w./:@#-]*\d)[\w./:@#-]{2,}\w|\b\d+(?:\.\d+)?\b|\"[^\"]{3,60}\"")
"""In a text: codes, dates, amounts, and what is quoted."""


def values_in_text(text: str, source: str) -> list[str]:
    """The codes, dates, amounts and quotations of a text that another text has literally too."""
    found = dict.fromkeys(m[0].strip('"').rstrip(".,:") for m in _MENTION.finditer(text))
    return [value for value in found if value and stands_in(source, value)]


def _holds_parts(text: str, value: Any, end: int) -> bool:
    """Whether the text before `end` may hold an identifier: all of an address, else every run of
    its digits; if not, it can only be derived."""
    written = str(value)
    parts = [written] if is_address(written) else _DIGITS.findall(written)
    return all(text.find(part, 0, end) >= 0 for part in parts)
