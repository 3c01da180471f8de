"""A call's arguments as table rows: name, value, type, whether the tool declares them.

Nested objects become indented rows, so that a finding or a mark can stand on the very value it is
about (each row carries its JSON Pointer). Declared arguments that are required and absent get a row
of their own. Values are shown as they were parsed; nothing is judged here, that is what checks do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.json_pointer import escape
from curation.trajectory import ToolSpec, json_type

MAX_ROWS = 200
"""Rows shown; what lies deeper stays readable in the raw text."""
MAX_DEPTH = 4
MAX_ITEMS = 12
"""Lists of more objects than this are shown as one value."""


def argument_rows(arguments: dict[str, Any], tool: ToolSpec | None) -> list[dict[str, Any]]:
    """Rows of one call, in the order the model wrote the arguments.

    Returns:
        `{pointer, name, depth, value, type, required, declared, missing}` each. `value` is the
        string itself for strings and JSON text otherwise; "" for containers that are unfolded
        into the rows below them. `declared` is None when the tool or its schema is unknown.
    """
    schema = tool.parameters if tool is not None and isinstance(tool.parameters, dict) else None
    rows = []
    for row in _rows(arguments, schema, "", 0):
        rows.append(row)
        if len(rows) == MAX_ROWS:
            break
    return rows


def _rows(
    value: dict[str, Any], schema: dict[str, Any] | None, pointer: str, depth: int
) -> Iterator[dict[str, Any]]:
    properties, required = _declared(schema)
    for name, child in value.items():
        below = f"{pointer}/{escape(name)}"
        declared = None if properties is None else name in properties
        child_schema = (properties or {}).get(name)
        yield from _row(
            below, name, child, child_schema, depth, required=name in required, declared=declared
        )
    for name in required:
        if name not in value:
            yield {
                "pointer": f"{pointer}/{escape(name)}",
                "name": name,
                "depth": depth,
                "value": "",
                "type": "",
                "required": True,
                "declared": True,
                "missing": True,
            }


def _row(
    pointer: str,
    name: str,
    value: Any,
    schema: Any,
    depth: int,
    *,
    required: bool,
    declared: bool | None,
) -> Iterator[dict[str, Any]]:
    inner = schema if isinstance(schema, dict) else None
    unfold = depth + 1 < MAX_DEPTH and _unfolds(value)
    yield {
        "pointer": pointer,
        "name": name,
        "depth": depth,
        "value": "" if unfold else shown_value(value),
        "type": json_type(value),
        "required": required,
        "declared": declared,
        "missing": False,
    }
    if not unfold:
        return
    if isinstance(value, dict):
        yield from _rows(value, inner, pointer, depth + 1)
        return
    items = inner.get("items") if inner is not None else None
    for i, item in enumerate(value):
        yield from _row(
            f"{pointer}/{i}", str(i), item, items, depth + 1, required=False, declared=None
        )


def _unfolds(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value)
    if isinstance(value, list):
        return 0 < len(value) <= MAX_ITEMS and any(isinstance(v, dict) and v for v in value)
    return False


def _declared(schema: dict[str, Any] | None) -> tuple[dict[str, Any] | None, list[str]]:
    """Properties and required names of an object schema; None when it declares no properties."""
    if schema is None:
        return None, []
    properties = schema.get("properties")
    required = schema.get("required")
    names = [n for n in required if isinstance(n, str)] if isinstance(required, list) else []
    return (properties if isinstance(properties, dict) else None), names


def shown_value(value: Any) -> str:
    """A value as text: strings bare, everything else as compact JSON."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode("utf-8", "replace")


def properties_of(tool: ToolSpec) -> list[dict[str, Any]]:
    """The declared arguments of a tool: `{name, type, required, description, enum}`."""
    properties, required = _declared(tool.parameters if isinstance(tool.parameters, dict) else None)
    return [
        {
            "name": str(name),
            "type": _type_text(schema),
            "required": name in required,
            "description": str(schema.get("description") or "") if _is_map(schema) else "",
            "enum": _enum(schema),
        }
        for name, schema in (properties or {}).items()
    ]


def _is_map(schema: Any) -> bool:
    return isinstance(schema, dict)


def _type_text(schema: Any) -> str:
    if not _is_map(schema):
        return "any"
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(str(k) for k in kind)
    if kind == "array" and _is_map(schema.get("items")):
        return f"array of {_type_text(schema['items'])}"
    return str(kind) if kind is not None else "any"


def _enum(schema: Any) -> list[str]:
    values = schema.get("enum") if _is_map(schema) else None
    return [shown_value(v) for v in values[:20]] if isinstance(values, list) else []
