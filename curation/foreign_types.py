"""Tools whose parameters are written in another language than JSON Schema.

`dict` and `float` (BFCL), `str` and `List[int]` (xLAM, ToolRL), maps of parameters without a schema
around them. We read them all (`curation/schema_dialects.py`) and write them as the source did; what
reads them behind us may not: OpenAI refuses a function whose schema is not valid.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from curation.episodes import NO_SCHEMA, ToolText
from curation.parameter_maps import is_parameter_map
from curation.schema_dialects import MAX_DEPTH
from curation.schema_types import JSON_TYPES

_INSIDE = ("items", "additionalProperties", "not", "contains")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("properties", "$defs", "definitions")


def has_foreign_types(tools: tuple[ToolText, ...]) -> bool:
    """Whether a parameter has a type that JSON Schema does not know."""
    return any(
        _is_foreign(bytes(tool.parameters)) for tool in tools if tool.parameters is not NO_SCHEMA
    )


# Thousands of tool sets are made of a few hundred tools.
@lru_cache(maxsize=2048)
def _is_foreign(schema: bytes) -> bool:
    parameters = msgspec.json.decode(schema) if schema else None
    if isinstance(parameters, dict) and is_parameter_map(parameters):
        return True
    return any(name not in JSON_TYPES for name in _type_names(parameters, 0))


def _type_names(schema: Any, depth: int) -> Iterator[str]:
    """Every type that a schema names, at the places of schemas only: a parameter may be called
    `type`."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return
    kind = schema.get("type")
    for name in kind if isinstance(kind, list) else (kind,):
        if isinstance(name, str):
            yield name
    for key in _INSIDE:
        yield from _type_names(schema.get(key), depth + 1)
    for key in _LISTS:
        parts = schema.get(key)
        for part in parts if isinstance(parts, list) else ():
            yield from _type_names(part, depth + 1)
    for key in _MAPS:
        parts = schema.get(key)
        for part in parts.values() if isinstance(parts, dict) else ():
            yield from _type_names(part, depth + 1)
