"""What a row may hold inside its JSON: arguments and tool schemas, wherever they came from.

A row leaves in the layout's spelling, but arguments and schemas in it are copied from the source.
Here is looked for what readers of JSON change in silence: a key that stands twice (one of the two
is lost) and nulls at keys that belong to another row (left by Arrow in what was saved through it).
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import msgspec

from curation.export_reasons import DropReason, Unfit

_KEY = re.compile(r'"\s*:')
_object_decoder = msgspec.json.Decoder(dict[str, Any])
_any_decoder = msgspec.json.Decoder()

_MAY_BE_NULL = frozenset({"default", "const", "example", "examples", "enum"})
"""Keywords of a schema whose value is data."""
_NAMED_SCHEMAS = frozenset({"properties", "patternProperties", "$defs", "definitions"})


def check_arguments(raw: str | bytes, tool: str, where: str, schemas: dict[str, bytes]) -> None:
    """Refuse argument text that a reader would change. `schemas`: tool name -> JSON text.

    Raises:
        Unfit: not an object, a key twice, or nulls at keys that the tool does not have.
    """
    try:
        value = _object_decoder.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError) as problem:
        detail = f"{where}, {tool}: {problem}"
        raise Unfit(DropReason.UNPARSABLE_ARGUMENTS, detail) from None
    if not value:
        return
    text = raw if isinstance(raw, str) else raw.decode()
    repeated = repeated_key(text, value)
    if repeated is not None:
        raise Unfit(DropReason.REPEATED_KEY, f"{where}, {tool}: {repeated!r} stands twice")
    if "null" in text and tool in schemas:
        nulls = [key for key, inner in value.items() if inner is None]
        foreign = [key for key in nulls if key not in _declared(schemas[tool])]
        if foreign:
            detail = f"{where}, {tool}: {foreign[0]!r} is null and no parameter of the tool"
            raise Unfit(DropReason.NULL_FILLED, detail)


def repeated_key(text: str, value: Any) -> str | None:
    """A key that stands twice in one object of JSON `text`, which `value` was read from."""
    # As many colons after quotes as keys were read: none was lost. Text may look like a key, too.
    if _is_flat(text, value) or len(_KEY.findall(text)) == _n_keys(value):
        return None
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                found.append(key)
            seen.add(key)

    json.loads(text, object_pairs_hook=look)
    return found[0] if found else None


def _is_flat(text: str, value: Any) -> bool:
    """The same for most arguments, in a fraction of the time: no key inside, no space before a
    colon."""
    return (
        isinstance(value, dict)
        and text.count('":') == len(value)
        and '" ' not in text
        and '"\t' not in text
        and '"\n' not in text
        and '"\r' not in text
    )


def _n_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum([_n_keys(v) for v in value.values() if isinstance(v, dict | list)])
    if isinstance(value, list):
        return sum([_n_keys(v) for v in value if isinstance(v, dict | list)])
    return 0


def check_schema(name: str, schema: bytes) -> None:
    """Refuse a tool's schema that a reader would change.

    Raises:
        Unfit: not an object, a key twice, or null where a schema has no null.
    """
    problem = _schema_problem(schema) if schema else None
    if problem is not None:
        raise Unfit(problem[0], f"tool {name}: {problem[1]}")


# Schemas repeat from row to row: thousands of tool sets are made of a few hundred tools.
@lru_cache(maxsize=4096)
def _schema_problem(schema: bytes) -> tuple[DropReason, str] | None:
    try:
        value = _any_decoder.decode(schema)
    except (msgspec.MsgspecError, RecursionError) as problem:
        return DropReason.ROW_FORM, f"its parameters are not JSON ({problem})"
    if value is None:
        return DropReason.NULL_FILLED, "its parameters are null"
    if not isinstance(value, dict):
        return DropReason.ROW_FORM, "its parameters are not an object"
    repeated = repeated_key(schema.decode(), value)
    if repeated is not None:
        return DropReason.REPEATED_KEY, f"{repeated!r} stands twice in its parameters"
    if b"null" in schema:
        path = _null_in_schema(value, "")
        if path is not None:
            return DropReason.NULL_FILLED, f"{path} is null"
    return None


def _null_in_schema(schema: dict[str, Any], path: str) -> str | None:
    """Where a schema says null of a keyword or of a parameter; None: nowhere."""
    for key, value in schema.items():
        here = f"{path}/{key}"
        if key in _MAY_BE_NULL:
            continue
        if value is None:
            return here
        found = None
        if key in _NAMED_SCHEMAS and isinstance(value, dict):
            found = _null_among(value, here)
        elif isinstance(value, dict):
            found = _null_in_schema(value, here)
        elif isinstance(value, list):
            inner = {str(i): v for i, v in enumerate(value) if isinstance(v, dict)}
            found = _null_among(inner, here)
        if found is not None:
            return found
    return None


def _null_among(named: dict[str, Any], path: str) -> str | None:
    for name, value in named.items():
        if value is None:
            return f"{path}/{name}"
        found = _null_in_schema(value, f"{path}/{name}") if isinstance(value, dict) else None
        if found is not None:
            return found
    return None


@lru_cache(maxsize=4096)
def _declared(schema: bytes) -> Any:
    """The names of the tool's parameters; where others are allowed, every name is one."""
    value = _any_decoder.decode(schema) if schema else {}
    if not isinstance(value, dict) or value.get("additionalProperties"):
        return _Everything()
    properties = value.get("properties")
    # A schema that composes others may declare them there.
    if not isinstance(properties, dict) or value.keys() & {"allOf", "anyOf", "oneOf", "$ref"}:
        return _Everything()
    return frozenset(properties)


class _Everything:
    def __contains__(self, name: object) -> bool:
        return True
