"""Local checklists: what to look at in every call of one tool (HiTEC, arXiv 2506.00042).

HiTEC pairs a global list of error classes (our taxonomy `hitec`) with a local one per tool, which
here its annotators write themselves. What a schema already says is offered as items, never imposed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from curation.trajectory import ToolSpec, canonical_json

MAX_ITEM = 300
"""Characters of an item: a short sentence."""
MAX_SEEDS = 40
"""Items offered from one schema."""
MAX_CHOICES = 6
"""Values of an enum that are told."""


class Answer(StrEnum):
    """What an annotator says of one item at one call."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "na"


class Answered(Struct, frozen=True):
    """The answer to one item at one call."""

    message_index: int
    call_index: int
    item_id: str
    answer: Answer


class ChecklistItem(Struct, frozen=True):
    """An item as it stands now."""

    item_id: str
    tool: str
    """Name of the tool; every tool of that name has the item."""
    text: str
    """What holds in a good call."""
    category: str
    """`taxonomy/category` of the mark that "no" asks for; "" when it names none."""
    tool_hash: str
    """`tool_fingerprint` of the tool that its author had before them."""
    author: str
    """Who wrote this version."""
    created_at: datetime


def tool_fingerprint(tool: ToolSpec) -> str:
    """Short hash of what a tool takes: an item may have been written for another schema."""
    return blake2b(canonical_json(tool.parameters), digest_size=8).hexdigest()


def seeded_items(tool: ToolSpec) -> list[str]:
    """Items that the schema says, in its order; the same schema always says the same."""
    schema = tool.parameters if isinstance(tool.parameters, dict) else {}
    properties = schema.get("properties")
    required = schema.get("required")
    names = [n for n in required if isinstance(n, str)] if isinstance(required, list) else []
    found = [f"{name} is given" for name in names]
    if isinstance(properties, dict):
        for name, one in properties.items():
            if isinstance(one, dict):
                found += [f"{name} {says}" for says in _constraints(one)]
    return list(dict.fromkeys(item[:MAX_ITEM] for item in found))[:MAX_SEEDS]


def _constraints(schema: dict[str, Any]) -> Iterator[str]:
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        told = ", ".join(str(c) for c in choices[:MAX_CHOICES])
        more = f" or {len(choices) - MAX_CHOICES} others" if len(choices) > MAX_CHOICES else ""
        yield f"is one of {told}{more}"
    if isinstance(schema.get("format"), str):
        yield f"is a {schema['format']}"
    for keyword, says in _BOUNDS.items():
        bound = schema.get(keyword)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            yield says.format(bound)


_BOUNDS = {
    "minimum": "is at least {}",
    "exclusiveMinimum": "is more than {}",
    "maximum": "is at most {}",
    "exclusiveMaximum": "is less than {}",
    "minLength": "has at least {} characters",
    "maxLength": "has at most {} characters",
    "minItems": "has at least {} entries",
    "maxItems": "has at most {} entries",
}
