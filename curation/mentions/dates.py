"""Dates and times in running text, and in the spellings that arguments use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_MONTHS = {name[:3]: number for number, name in enumerate(_MONTH_NAMES, 1)}
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[-/.](?P<year>\d{4})(?!\d)",
        r"(?<!\d)(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})(?!\d)",
        rf"\b{_MONTH}\s+{_DAY}\b(?:,?\s+(?:of\s+)?{_YEAR})?",
        rf"\b(?:the\s+)?{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?\b",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
    )
)
_RELATIVE = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|currently?|(?:next|last|this|coming|past|previous)"
    r"\s+(?:\w+\s+)?(?:day|week|weekend|month|quarter|year|mon|tues|wednes|thurs|fri|satur|sun)"
    r"(?:day)?s?|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:in|after|from)\s+\w+\s+"
    r"(?:day|week|month|year)s?|\w+\s+(?:day|week|month|year)s?\s+(?:ago|later|from now)"
    r"|christmas|new year'?s?|halloween|thanksgiving|easter|valentine'?s)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d))?)?"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?",
    re.IGNORECASE,
)
_CLOCK_WORDS = {"noon": (12, 0), "midday": (12, 0), "midnight": (0, 0)}


class Day(Struct, frozen=True, gc=False):
    """A date as far as it is said: missing parts are None and fit any."""

    year: int | None
    month: int
    day: int | None

    def fits(self, other: Day) -> bool:
        """Whether both may be the same date."""
        return (
            self.month == other.month
            and (self.day == other.day or None in (self.day, other.day))
            and (self.year == other.year or None in (self.year, other.year))
        )


class DayMention(Struct, frozen=True, gc=False):
    """A date that a text mentions; `day` is None for a relative one, "next Monday"."""

    day: Day | None
    start: int
    end: int


def day_mentions(text: str) -> Iterator[DayMention]:
    """Every date in a text, numeric ones in both orders, then the relative ones."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            day = _day(match)
            if day is not None:
                yield DayMention(day, match.start(), match.end())
    for match in _RELATIVE.finditer(text):
        yield DayMention(None, match.start(), match.end())


def _day(match: re.Match[str]) -> Day | None:
    groups = match.groupdict()
    month = groups["month"]
    number = int(month) if month.isdigit() else _MONTHS[month[:3].lower()]
    day = int(groups["day"]) if groups.get("day") else None
    if not 1 <= number <= 12 or (day is not None and not 1 <= day <= 31):
        return None
    return Day(int(groups["year"]) if groups.get("year") else None, number, day)


def days_of(value: str) -> list[Day]:
    """The dates that an argument may stand for, if it is hardly more than a date."""
    text = value.strip()
    if not 6 <= len(text) <= 40:
        return []
    return [m.day for m in day_mentions(text) if m.day is not None and m.end - m.start >= 6]


class TimeMention(Struct, frozen=True, gc=False):
    """A time of day that a text mentions, as (hour, minute)."""

    time: tuple[int, int]
    start: int
    end: int


def time_mentions(text: str) -> Iterator[TimeMention]:
    """Every time of day; without am or pm both halves of the day are given."""
    for match in _TIME.finditer(text):
        hour, minute = int(match["hour"]), int(match["minute"] or 0)
        half = (match["half"] or "").lower()
        if hour > 24 or minute > 59 or (match["minute"] is None and not half):
            continue
        hours = {(hour % 12) + (12 if half == "p" else 0)} if half else {hour, (hour + 12) % 24}
        for one in hours:
            yield TimeMention((one, minute), match.start(), match.end())
    lower = text.lower()
    for word, time in _CLOCK_WORDS.items():
        if (start := lower.find(word)) >= 0:
            yield TimeMention(time, start, start + len(word))


def times_of(value: str) -> list[tuple[int, int]]:
    """The times that an argument may stand for: `14:30`, `2:30 PM`, `2024-05-01T14:30:00`."""
    if not 3 <= len(value) <= 40 or ":" not in value:
        return []
    spelled = value.replace("T", " ")
    return [m.time for m in time_mentions(spelled)]
