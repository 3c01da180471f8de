"""Tool parameters that are no JSON Schema but a map or a list of parameters.

xLAM writes `{"city": {"type": "str, optional", "description": "…"}}`, API-Bank the same without
saying what is required, others `[{"name": "city", "type": "str"}]`. This module recognises them;
`curation/schema_dialects.py` turns them into schemas.
"""

from __future__ import annotations

from typing import Any

from curation.schema_types import read_type

_TOP_LEVEL = frozenset(
    ("$ref", "$defs", "definitions", "$schema", "allOf", "anyOf", "oneOf", "required",
     "additionalProperties", "patternProperties", "propertyNames", "unevaluatedProperties", "not",
     "if", "then", "else", "dependentSchemas", "dependentRequired", "dependencies",
     "minProperties", "maxProperties")
)  # fmt: skip


def is_parameter_map(parameters: dict[str, Any]) -> bool:
    """True for `{name: {type, description}}` in place of a schema (xLAM, API-Bank).

    A parameter may itself be called `type` or `properties`, so the values decide, not the keys.
    """
    kind = parameters.get("type")
    if isinstance(kind, str | list):
        return False
    properties = parameters.get("properties")
    if properties == {} or ("properties" in parameters and not _is_parameter(properties)):
        return False
    entries = list(parameters.values())
    if all(_is_parameter(entry) for entry in entries):
        return any(entries) and not parameters.keys() <= _TOP_LEVEL
    return all(isinstance(v, str) and read_type(v).known for v in entries)


def _is_parameter(value: Any) -> bool:
    """True for what describes one parameter: an object with a type or a description."""
    return isinstance(value, dict) and (
        isinstance(value.get("type"), str | list)
        or isinstance(value.get("description"), str)
        or value == {}
    )


def may_be_left_out(value: Any) -> bool:
    """Whether an entry of a parameter map may be left out of a call."""
    if isinstance(value, str):
        return read_type(value).optional
    if not isinstance(value, dict):
        return True
    if isinstance(value.get("required"), bool):
        return value["required"] is False
    kind = value.get("type")
    optional = value.get("optional") is True or value.get("nullable") is True
    return optional or "default" in value or (isinstance(kind, str) and read_type(kind).optional)


def named_entries(entries: list[Any]) -> dict[str, Any]:
    """`[{name, type}]` in place of `{name: {type}}`."""
    return {
        entry["name"]: {k: v for k, v in entry.items() if k != "name"}
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    }
