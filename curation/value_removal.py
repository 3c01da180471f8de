"""Taking a value out of a user's words so that the sentence stays a sentence.

Only where its neighbours say how: a preposition in front goes with it ("in Paris", "for 20
minutes"), a number in front of what it counts goes alone ("2 tickets"). Everywhere else nothing is
taken out: half a sentence would tell a model that something is missing by its grammar.
"""

from __future__ import annotations

import re

_PREPOSITION = re.compile(
    r"(?P<lead>\s+)(?P<word>in|for|from|to|on|of|at|by|with|near|since|until|called|named|titled)"
    r"(?:\s+(?:the|a|an))?\s+[\"'“‘]?\Z",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[\"'”’]?(?P<rest>\s*(?:[.?!;]|\Z)|\s*,\s+[a-z]|\s+(?:and|or|but)\s+\w+ )")
_GOES_ON = re.compile(
    r"[\"'”’]?(?=\s+(?:in|for|from|to|on|of|at|by|with|near|since|until|using|starting|ending|"
    r"between|during|tomorrow|today|tonight|please|that|which|who|where|when)\b)",
)
_UNIT = re.compile(r"\s+[a-z]{3,}\b(?!-)")
_COUNTED = re.compile(r"\s+(?=[a-z]{3,}s\b)")
_BEFORE_COUNT = re.compile(
    r"(?:\A|[\s(])(?:the|my|our|me|us|book|buy|find|get|need|want|order|show|add|list|give|generate|"
    r"have|reserve|top)\s+\Z",
    re.IGNORECASE,
)
_LISTED = re.compile(r"(?:\b(?:between|and|or)\b|[-,–/&+*^=:])\s*[\"'“‘]?\Z", re.IGNORECASE)
_JOINED = re.compile(r"[\"'”’]?\s*(?:[-–/&+*^%°$€£]|(?:and|or|to|through)\s+[\"'“‘]?[\dA-Z])")


def without_value(text: str, start: int, end: int) -> str | None:
    """The text without the value that stands in `text[start:end]`; None where that would leave a
    broken sentence."""
    before, value, after = text[:start], text[start:end], text[end:]
    if _LISTED.search(before) or _JOINED.match(after):
        return None  # one of several, or half of an expression
    lead = _PREPOSITION.search(before)
    if lead is not None:
        return _with_preposition(before[: lead.start()], value, after)
    if value.isdigit() and _BEFORE_COUNT.search(before) and (gap := _COUNTED.match(after)):
        return before + after[gap.end() :]
    return None


def _with_preposition(before: str, value: str, after: str) -> str | None:
    """What is left when the preposition goes with the value, and a unit of a number with it."""
    if not before.strip():
        return None
    if value.replace(".", "", 1).isdigit() and (unit := _UNIT.match(after)):
        word = unit[0].strip()
        if not _goes_on(" " + word):
            after = after[unit.end() :]
    if _GOES_ON.match(after) or _ENDS.match(after):
        rest = after.lstrip("\"'”’")
        return before + rest if rest[:1] in " .?!,;\n" or not rest else None
    return None


def _goes_on(after: str) -> bool:
    return _GOES_ON.match(after) is not None
