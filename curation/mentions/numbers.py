"""Numbers in running text: digits with separators, multipliers, percentages and number words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_ALONE = {
    "a": 1, "an": 1, "single": 1, "once": 1, "first": 1, "both": 2, "couple": 2, "pair": 2,
    "twice": 2, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "half": 0.5, "quarter": 0.25,
    "dozen": 12,
}  # fmt: skip
_MULTIPLIERS = {
    "k": 1_000, "m": 1_000_000, "b": 1_000_000_000, "bn": 1_000_000_000, **_SCALES,
}  # fmt: skip

_DIGITS = re.compile(
    r"(?<![\w.])[-\u2212]?\$?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?:\s?(?P<times>k|m|bn?|hundred|thousand|million|billion)\b|\s?(?P<percent>%|percent\b)"
    r"|(?:st|nd|rd|th)\b)?",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"\b(?:{0})(?:[\s-]+(?:and[\s-]+)?(?:{0}))*\b".format(
        "|".join([*_UNITS, *_TENS, *_SCALES, *_ALONE])
    ),
    re.IGNORECASE,
)


class NumberMention(Struct, frozen=True, gc=False):
    """A number that a text mentions."""

    value: float
    start: int
    end: int
    is_literal: bool
    """Written in digits as it is; False when a word or multiplier had to be read."""


def number_mentions(text: str) -> Iterator[NumberMention]:
    """Every number in a text; a percentage also gives its fraction, `5k` its 5,
    `200,300` its parts.

    Minus signs are not read: ranges and dates are full of hyphens. Compare absolute values.
    """
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        value = float(match["number"].replace(",", ""))
        yield NumberMention(value, start, end, True)
        if match["times"]:
            yield NumberMention(value * _MULTIPLIERS[match["times"].lower()], start, end, False)
        elif match["percent"]:
            yield NumberMention(value / 100, start, end, False)
        elif "," in match["number"]:  # it may be a list without spaces
            for part in match["number"].split(","):
                yield NumberMention(float(part), start, end, True)
    for match in _WORDS.finditer(text):
        for value in _readings(re.split(r"[\s-]+", match[0].lower())):
            yield NumberMention(value, match.start(), match.end(), False)


def _readings(words: list[str]) -> Iterator[float]:
    """What the words say as one number, and each alone: "two hundred" is 200, 2 and 100."""
    total, current = 0.0, 0.0
    for word in words:
        if word in _SCALES:
            current = (current or 1) * _SCALES[word]
            if _SCALES[word] > 100:
                total, current = total + current, 0.0
        else:
            current += _UNITS.get(word, _TENS.get(word, _ALONE.get(word, 0)))
    yield total + current
    if len(words) > 1:
        for word in words:
            if word != "and":
                yield float(_UNITS.get(word, _TENS.get(word, _ALONE.get(word, 0))))
