"""The value a mutator returns: how one call was made wrong."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import msgspec

from curation.synthesis.domain import Domain


class Target(NamedTuple):
    """A right call that is about to be made wrong."""

    domain: Domain
    offered: frozenset[str]
    name: str
    args: dict[str, Any]
    said: tuple[str, ...]
    """Arguments whose value the user stated."""

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the tool's arguments."""
        return self.domain.schemas[self.name]

    @property
    def properties(self) -> dict[str, dict[str, Any]]:
        """Declared arguments."""
        found: dict[str, dict[str, Any]] = self.schema["properties"]
        return found


class Change(NamedTuple):
    """What replaces the right call, and what is wrong with it."""

    kind: str
    category: str
    name: str
    args: dict[str, Any]
    pointer: str | None
    note: str
    raw: str | None = None
    """Argument text when it does not parse."""
    complaint: str = ""
    """What a strict tool would answer; "" when it would not notice."""


Mutator = Callable[[Random, Target], Change | None]
"""Makes a wrong call of a right one; None when this call offers no opening."""


def put(args: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """A copy of `args` with one value replaced, the order of keys kept."""
    return {k: (value if k == key else v) for k, v in args.items()}


def shown(value: Any) -> str:
    """A value as quoted in notes."""
    return f"“{value}”" if isinstance(value, str) else msgspec.json.encode(value).decode()
