"""Keywords of JSON Schema whose value is no schema, and what their values may be.

Everything that is neither here nor a place for schemas (descriptions, examples, defaults, made-up
keywords) plays no part in validation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

OLD_FLAGS = frozenset(("exclusiveMinimum", "exclusiveMaximum"))
"""In draft 4 these were booleans beside `minimum` and `maximum`."""


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_count(value: Any) -> bool:
    return is_number(value) and value >= 0 and float(value).is_integer()


def _is_dependent_names(value: Any) -> bool:
    return isinstance(value, dict) and all(is_names(names) for names in value.values())


_COUNTS = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
)
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")

CONSTRAINTS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_COUNTS, _is_count),
    **dict.fromkeys(_BOUNDS, is_number),
    "multipleOf": lambda value: is_number(value) and value > 0,
    "enum": lambda value: isinstance(value, list),
    "const": lambda value: True,
    "pattern": lambda value: isinstance(value, str),
    "format": lambda value: isinstance(value, str),
    "uniqueItems": lambda value: isinstance(value, bool),
    "dependentRequired": _is_dependent_names,
}
"""Keyword -> whether a value is one it can have."""


def brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
