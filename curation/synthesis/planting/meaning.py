"""Mutations that no schema sees: the call is valid and does not say what was asked."""

from __future__ import annotations

import re
from datetime import date, timedelta
from random import Random
from typing import Any

from curation.slips import renumbered, transposed
from curation.synthesis.planting.change import Change, Mutator, Target, put, shown


def wrong_tool(rng: Random, t: Target) -> Change | None:
    other = t.domain.siblings.get(t.name)
    if other is None or other not in t.offered:
        return None
    declared = t.domain.schemas[other]["properties"]
    args = {k: v for k, v in t.args.items() if k in declared}
    return Change(
        "wrong-tool", "TOOL_WRONG", other, args, None, f"{t.name} was needed, not {other}."
    )


def wrong_value(rng: Random, t: Target) -> Change | None:
    """A value the user stated, replaced by a valid other one."""
    options = [
        (path, old, new)
        for key in t.said
        if key in t.args
        for path, old, new in _others(rng, t.args[key], t.properties.get(key, {}), (key,))
    ]
    if not options:
        return None
    path, old, new = rng.choice(options)
    return Change(
        "wrong-value", "PARAM_VALUE", t.name, _put_at(t.args, path, new), "/" + "/".join(path),
        f"The user's words mean {shown(old)}, the call says {shown(new)}.",
    )  # fmt: skip


def _others(
    rng: Random, value: Any, schema: dict[str, Any], path: tuple[str, ...]
) -> list[tuple[tuple[str, ...], Any, Any]]:
    """Every (path, value, other valid value) inside a value."""
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return [
            hit for k, v in value.items() for hit in _others(rng, v, inner.get(k, {}), (*path, k))
        ]
    new = _another(rng, value, schema)
    return [] if new is None or new == value else [(path, value, new)]


def _another(rng: Random, value: Any, schema: dict[str, Any]) -> Any:
    if isinstance(value, bool):
        return not value
    if "enum" in schema:
        return rng.choice([v for v in schema["enum"] if v != value] or [value])
    if isinstance(value, int | float):
        return _near(rng, value, schema)
    if not isinstance(value, str):
        return None
    if schema.get("format") == "date":
        return (date.fromisoformat(value) + timedelta(days=rng.choice((-1, 1, 7, 30)))).isoformat()
    if schema.get("format") == "date-time":
        hour = int(value[11:13])
        return f"{value[:11]}{hour + rng.choice((-1, 1)):02}{value[13:]}"
    if "pattern" not in schema:
        return None
    new = transposed(value)
    return new if new is not None and re.search(schema["pattern"], new) else None


def _near(rng: Random, value: float, schema: dict[str, Any]) -> float | None:
    """A number a slip away, inside its bounds; None when there is none."""
    steps = [value + 1, value - 1, value * 10, value * 2]
    low, high = schema.get("minimum", value), schema.get("maximum", value)
    good = [s for s in steps if low <= s <= high and s != value]
    return rng.choice(good) if good else None


def _put_at(args: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    key, *rest = path
    return put(args, key, _put_at(args[key], tuple(rest), value) if rest else value)


def ungrounded(rng: Random, t: Target) -> Change | None:
    """An identifier that came from a result, replaced by an invented one of the same form."""
    keys = [
        k for k, v in t.args.items()
        if k not in t.said and isinstance(v, str) and "pattern" in t.properties.get(k, ())
    ]  # fmt: skip
    if not keys:
        return None
    key = rng.choice(keys)
    old = str(t.args[key])
    new = renumbered(rng, old)
    if new == old or not re.search(t.properties[key]["pattern"], new):
        return None
    return Change(
        "ungrounded-id", "PARAM_UNGROUNDED", t.name, put(t.args, key, new), f"/{key}",
        f"{shown(new)} appears nowhere before; {shown(old)} was found.",
    )  # fmt: skip


def swapped(rng: Random, t: Target) -> Change | None:
    """Two arguments exchanged, such as base and quote currency."""
    pair = t.domain.swaps.get(t.name)
    if pair is None or not all(k in t.args for k in pair):
        return None
    one, two = pair
    args = put(put(t.args, one, t.args[two]), two, t.args[one])
    return Change(
        "swapped-values", "PARAM_VALUE", t.name, args, f"/{one}", f"{one} and {two} are exchanged."
    )


def unasked(rng: Random, t: Target) -> Change | None:
    """A declared optional argument that nobody asked for."""
    free = [
        (k, s) for k, s in t.properties.items()
        if k not in t.args and k not in t.schema["required"]
        and ("enum" in s or s["type"] in {"boolean", "integer"})
    ]  # fmt: skip
    if not free:
        return None
    key, schema = rng.choice(free)
    value: Any = True
    if "enum" in schema:
        value = rng.choice(schema["enum"])
    elif schema["type"] == "integer":
        value = rng.choice((schema["minimum"], min(5, schema["maximum"])))
    return Change(
        "unasked-argument", "PARAM_REDUNDANT", t.name, {**t.args, key: value}, f"/{key}",
        f"Nobody asked for {key}.",
    )  # fmt: skip


MEANING: tuple[Mutator, ...] = (
    wrong_tool,
    wrong_value,
    wrong_value,
    wrong_value,
    ungrounded,
    swapped,
    unasked,
)
