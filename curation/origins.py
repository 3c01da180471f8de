"""The texts that a value may have been copied from, and the ways in which one can hold it.

One `Source` is one text (a message, or what a tool says of itself); it answers for one value and
one way at a time. What it mentions besides words is read once, on the first question. The order of
the questions is `curation/grounding.py`.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cached_property
from typing import Any

from curation.mentions.dates import Day, day_mentions, days_of, time_mentions, times_of
from curation.mentions.measures import is_conversion, measures
from curation.mentions.numbers import number_mentions

READ_CHARS = 200_000
"""Longer texts are searched literally, but not read for numbers, dates and words."""
SAME_WORDS = 0.5
"""Share of a value's words that one text must hold to be taken for their source."""

Span = tuple[int, int]


class Origin(StrEnum):
    """Who said a value, of those that a model may copy from."""

    USER = "user"
    RESULT = "result"
    SYSTEM = "system"
    SCHEMA = "schema"
    """The tool's own schema or description names it, as a default or an example."""
    ASSISTANT = "assistant"
    """Only the assistant itself, in an earlier text or call."""
    COMPOSED = "composed"
    """Free text that the assistant was asked to write; its words are its own."""
    NOWHERE = "nowhere"


class How(StrEnum):
    """What has to be done to the source to get the value."""

    EXACT = "exact"
    CASE = "case"
    NUMBER = "number"
    """Another spelling of the number: separators, words, percent, thousands."""
    UNIT = "unit"
    DATE = "date"
    WORDS = "words"
    """The same words in another order or form, initials, or a code for them."""
    REFERENCE = "reference"
    """The value names an earlier call, whose result stands for it."""


_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    "a an and are as at be by for from in is it of on or that the this to was with i my me you "  # noqa: SIM905
    "your we our please want need would like can could".split()
)
_CODES = {
    "usd": ("dollar", "$"), "eur": ("euro", "€"), "gbp": ("pound", "£"), "jpy": ("yen", "¥"),
    "inr": ("rupee", "₹"), "cny": ("yuan", "rmb"), "chf": ("franc",), "metric": ("celsius", "km"),
    "imperial": ("fahrenheit", "mile"),
}  # fmt: skip
"""Codes whose letters are not those of the word they stand for."""


class Source:
    """One text, with what it mentions."""

    def __init__(self, index: int | None, origin: Origin, text: str) -> None:
        self.index = index
        """Message index; None for what a tool says of itself."""
        self.origin = origin
        self.text = text
        self._is_read = len(text) <= READ_CHARS

    @cached_property
    def lower(self) -> str:
        """Small letters, at the same places as in the text."""
        lower = self.text.lower()
        return lower if len(lower) == len(self.text) else self.text.translate(_SMALL)

    @cached_property
    def _unescaped(self) -> str:
        """The text of a JSON document without its escapes; places differ from the text's."""
        return _ESCAPE.sub(_unescape, self.text) if "\\" in self.text else ""

    @cached_property
    def numbers(self) -> list[tuple[float, Span, bool]]:
        """Value, place, and whether it stands there in digits."""
        if not self._is_read:
            return []
        return [(m.value, (m.start, m.end), m.is_literal) for m in number_mentions(self.text)]

    @cached_property
    def _measures(self) -> list[Any]:
        return list(measures(self.text)) if self._is_read else []

    @cached_property
    def _days(self) -> list[tuple[Day | None, Span]]:
        found = day_mentions(self.text) if self._is_read else ()
        return [(m.day, (m.start, m.end)) for m in found]

    @cached_property
    def _times(self) -> list[tuple[tuple[int, int], Span]]:
        found = time_mentions(self.text) if self._is_read else ()
        return [(m.time, (m.start, m.end)) for m in found]

    @cached_property
    def _stems(self) -> dict[str, Span]:
        if not self._is_read:
            return {}
        return {_stem(m[0]): m.span() for m in _WORD.finditer(self.lower)}

    @cached_property
    def _initials(self) -> tuple[str, list[Span]]:
        words = list(_WORD.finditer(self.lower)) if self._is_read else []
        return "".join(m[0][0] for m in words), [m.span() for m in words]

    def find(self, value: Any, how: How) -> tuple[Span | None] | None:
        """The place of a value in this text, as a tuple of the span; None when it is not there.

        The span is None inside when the value is there but its place cannot be pointed at.
        """
        return _WAYS[how](self, value)

    def _exact(self, value: Any) -> tuple[Span | None] | None:
        if isinstance(value, str):
            span = _bounded(self.text, value.strip())
            if span is None and self._unescaped and _bounded(self._unescaped, value.strip()):
                return (None,)
            return None if span is None else (span,)
        return next(
            ((span,) for n, span, literal in self.numbers if literal and n == abs(value)), None
        )

    def _case(self, value: Any) -> tuple[Span | None] | None:
        if not isinstance(value, str):
            return None
        span = _bounded(self.lower, " ".join(value.lower().split()))
        return None if span is None else (span,)

    def _number(self, value: Any) -> tuple[Span | None] | None:
        wanted = number_of(value)
        if wanted is None:
            return None
        for n, span, _ in self.numbers:
            if math.isclose(n, wanted, rel_tol=1e-9):
                return (span,)
        return None

    def _unit(self, value: Any) -> tuple[Span | None] | None:
        wanted = number_of(value)
        if wanted is None:
            return None
        for measure in self._measures:
            if is_conversion(wanted, measure):
                return ((measure.start, measure.end),)
        return None

    def _date(self, value: Any) -> tuple[Span | None] | None:
        if not isinstance(value, str):
            return None
        wanted = days_of(value)
        for day, span in self._days if wanted else ():
            if day is None or any(day.fits(one) for one in wanted):
                return (span,)
        times = times_of(value)
        for time, span in self._times if times and not wanted else ():
            if time in times:
                return (span,)
        return None

    def _words(self, value: Any) -> tuple[Span | None] | None:
        if not isinstance(value, str):
            return None
        lower = value.lower()
        for sign in _CODES.get(lower, ()):
            if (at := self.lower.find(sign)) >= 0:
                return ((at, at + len(sign)),)
        words = [w for w in _WORD.findall(lower.replace("_", " ")) if w not in _STOP]
        if not words:
            return None
        found = {w: self._stems[s] for w in words if (s := _stem(w)) in self._stems}
        spans = list(found.values())
        if len(found) >= SAME_WORDS * len(set(words)) and all(
            w in found for w in words if not w.isalpha()
        ):
            return ((min(s for s, _ in spans), max(e for _, e in spans)),)
        return self._abbreviated(lower) if len(words) == 1 else None

    def _abbreviated(self, value: str) -> tuple[Span | None] | None:
        """Initials of some words (`nyc`), or a short code that a word begins with (`en`)."""
        if not (value.isalpha() and 2 <= len(value) <= 5):
            return None
        initials, spans = self._initials
        at = initials.find(value) if len(value) > 2 else -1
        if at >= 0:
            return ((spans[at][0], spans[at + len(value) - 1][1]),)
        for start, end in spans:
            if end - start > len(value) and self.lower.startswith(value, start):
                return ((start, end),)
        return None


_WAYS: dict[How, Callable[[Source, Any], tuple[Span | None] | None]] = {
    How.EXACT: Source._exact,
    How.CASE: Source._case,
    How.NUMBER: Source._number,
    How.UNIT: Source._unit,
    How.DATE: Source._date,
    How.WORDS: Source._words,
}

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SMALL = {c: chr(c).lower() for c in range(0x250) if len(chr(c).lower()) == 1}


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _PLAIN.get(match[2], match[2])


def _stem(word: str) -> str:
    """Words that begin alike are one word in other forms; short ones and codes must be equal."""
    return word[:5] if len(word) > 5 and word.isalpha() else word.removesuffix("s")


def _bounded(text: str, value: str) -> Span | None:
    """The first place where `value` stands in `text` and is not part of a longer word."""
    start = text.find(value) if value else -1
    while start >= 0:
        end = start + len(value)
        before = start == 0 or not (text[start - 1].isalnum() and value[0].isalnum())
        after = end == len(text) or not (text[end].isalnum() and value[-1].isalnum())
        if before and after:
            return start, end
        start = text.find(value, start + 1)
    return None


def stands_in(text: str, value: str) -> bool:
    """Whether `value` stands in the text as words of its own."""
    return _bounded(text, value) is not None


def number_of(value: Any) -> float | None:
    """The size of a number, also of one that an argument spells as text."""
    if isinstance(value, bool) or value is None:
        return None
    written = value.strip().rstrip("%").replace(",", "") if isinstance(value, str) else value
    try:
        return abs(float(written))
    except (ValueError, OverflowError):  # no number, or one of more than 308 digits
        return None


class Sources:
    """All texts of a trajectory by who said them, in order."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._by_origin: dict[Origin, list[Source]] = {}
        for source in sources:
            self._by_origin.setdefault(source.origin, []).append(source)
        self._places: dict[Origin, list[int]] = {}
        """Message indexes of the texts, ascending; made when first needed."""
        self._looked: dict[tuple[Any, ...], tuple[int, int, Span | None]] = {}
        """What was asked before -> how many texts were looked into, and the last of them that held
        the value (-1: none of them) with its span: values are asked for again and again."""

    def find(
        self, value: Any, how: How, origin: Origin, before: int
    ) -> tuple[Source, Span | None] | None:
        """The latest text of that origin, earlier than message `before`, that holds the value.

        The system text counts wherever it stands.
        """
        sources = self._by_origin.get(origin)
        if sources is None:
            return None
        end = len(sources) if origin is Origin.SYSTEM else self._end(origin, sources, before)
        key = (how, origin, type(value), value)
        n_looked, held, span = self._looked.get(key, (0, -1, None))
        if end < n_looked:
            if held < end:
                return None if held < 0 else (sources[held], span)
            return _latest(sources, 0, end, value, how)[1]  # asked out of order: rare
        at, found = _latest(sources, n_looked, end, value, how)
        if found is not None:
            held, span = at, found[1]
        self._looked[key] = (end, held, span)
        return None if held < 0 else (sources[held], span)

    def _end(self, origin: Origin, sources: list[Source], before: int) -> int:
        """How many of the texts are earlier than message `before`."""
        places = self._places.get(origin)
        if places is None:
            places = self._places[origin] = [s.index for s in sources if s.index is not None]
            assert len(places) == len(sources)
        return bisect_left(places, before)


def _latest(
    sources: list[Source], start: int, end: int, value: Any, how: How
) -> tuple[int, tuple[Source, Span | None] | None]:
    """The last of `sources[start:end]` that holds the value, with its place in the list."""
    for at in range(end - 1, start - 1, -1):
        found = sources[at].find(value, how)
        if found is not None:
            return at, (sources[at], found[0])
    return -1, None
