"""What a tool's schema says of a parameter in words or in `default`: its default, its date format.

Much of what models are trained on documents defaults and formats in descriptions alone ("Default is
10", "in the format 'MM/DD/YYYY'"). Read so, they tell whether two calls mean the same and whether a
date is written as the tool wants it. Only plain statements are read; what is unclear is not there.
"""

from __future__ import annotations

import re
from typing import Any

from curation.mentions.dates import Day, days_of

_DEFAULT = re.compile(
    r"\bdefaults?(?:\s+value)?(?:\s+(?:is|to|of)|\s*[:=])+\s*(?:set\s+to\s+)?"
    r"(?:'([^']*)'|\"([^\"]*)\"|`([^`]*)`|([^\s'\"`;,)]+(?:\s[^\s'\"`.;,)]+)*))",
    re.IGNORECASE,
)
_FORMAT = re.compile(r"(?<![A-Za-z])([YMD]{2,4})([-/.])([YMD]{2,4})\2([YMD]{2,4})(?![A-Za-z])")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_QUOTED = re.compile(r"(?<!\w)(['\"])([^'\"\n]{1,30})\1(?!\w)")
_LENGTHS = {"YYYY": 4, "MM": 2, "DD": 2}


def is_documented_default(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is what the tool assumes anyway, however it is typed ("false" for false)."""
    return any(spelled(value) == spelled(default) for default in defaults_of(schema))


def may_be_default(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is documented as the default, or named anywhere behind that word, however
    unclearly: for whoever must not take a default for something else."""
    _, _, told = _description(schema).lower().partition("default")
    return is_documented_default(schema, value) or str(value).lower() in told


def quoted_options(schema: dict[str, Any]) -> list[str]:
    """The values that a description quotes before it speaks of a default: many sources declare no
    enum and write it in words."""
    description = _description(schema)
    end = description.lower().find("default")
    quoted = _QUOTED.finditer(description if end < 0 else description[:end])
    return list(dict.fromkeys(m[2] for m in quoted))


def _description(schema: dict[str, Any]) -> str:
    found = schema.get("description")
    return found if isinstance(found, str) else ""


def defaults_of(schema: dict[str, Any]) -> list[Any]:
    """The value that a parameter has when it is left out; [] when nothing plain is said."""
    if "default" in schema:
        return [schema["default"]]
    found = _DEFAULT.findall(_description(schema))
    return [next(filter(None, groups), "").rstrip(".") for groups in found[:1]]


def spelled(value: Any) -> str:
    """A value as words would spell it: 5.0 as 5, True as true, None as null."""
    match value:
        case None:
            return "null"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip().casefold()


def date_format_of(schema: dict[str, Any]) -> str:
    """The one date format that a description asks for, as `YYYY-MM-DD`; "" when it names none,
    several, or one with a time."""
    text = _description(schema).upper()
    formats = {m[0] for m in _FORMAT.finditer(text) if {m[1], m[3], m[4]} == set(_LENGTHS)}
    if len(formats) != 1 or re.search(r"\bHH\b|HH:", text):
        return ""
    return formats.pop()


def is_misformatted_date(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is a date, but not written in the documented format."""
    if not isinstance(value, str) or not _DATE.fullmatch(value.strip()):
        return False
    wanted = date_format_of(schema)
    if not wanted:
        return False
    separator = next(c for c in wanted if not c.isalpha())
    parts = [rf"\d{{{_LENGTHS[part]}}}" for part in wanted.split(separator)]
    return re.fullmatch(re.escape(separator).join(parts), value.strip()) is None


def day_of(schema: dict[str, Any], value: Any) -> Day | None:
    """The day that a value means, where the parameter documents a date format and it is clear."""
    if not isinstance(value, str) or not date_format_of(schema):
        return None
    if not _DATE.fullmatch(value.strip()):
        return None
    if not is_misformatted_date(schema, value):
        return _read(value.strip(), date_format_of(schema))
    days = set(days_of(value))
    return days.pop() if len(days) == 1 else None


def _read(date: str, written: str) -> Day | None:
    """A date in a known format, `YYYY-MM-DD` or another order of the three."""
    parts = dict(zip(re.split(r"[-/.]", written), map(int, re.split(r"[-/.]", date)), strict=True))
    if not (1 <= parts["MM"] <= 12 and 1 <= parts["DD"] <= 31):
        return None
    return Day(parts["YYYY"], parts["MM"], parts["DD"])
