"""Mutations that a schema can see: names, keys, types, allowed values, broken JSON."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from curation.slips import broken_forms, retyped
from curation.synthesis.planting.change import Change, Mutator, Target, put, shown

_EXTRAS: tuple[tuple[str, Any], ...] = (
    ("locale", "en-GB"),
    ("verbose", True),
    ("notify_user", True),
    ("page", 1),
    ("timezone", "Europe/London"),
    ("format", "json"),
    ("priority", "normal"),
)
_SYNONYMS = {
    "date": "day", "reservation_id": "booking_code", "order_id": "order_number", "room": "location",
    "account_id": "account", "service": "service_name", "appointment_id": "id", "query": "q",
    "amount": "value", "title": "subject", "loan_id": "loan", "limit": "max_results",
    "duration_minutes": "duration", "medication": "drug", "attendees": "participants",
    "cabin": "class", "flight_number": "flight", "style": "format", "doctor_id": "doctor",
    "severity": "level", "brightness": "brightness_pct", "celsius": "temperature",
}  # fmt: skip


def unknown_tool(rng: Random, t: Target) -> Change | None:
    names = t.domain.invented.get(t.name)
    if not names:
        return None
    name = rng.choice(names)
    return Change(
        "unknown-tool", "TOOL_HALLUCINATED", name, dict(t.args), None,
        f"{name} is not offered; {t.name} was meant.", complaint=f"Unknown tool '{name}'.",
    )  # fmt: skip


def missing_required(rng: Random, t: Target) -> Change | None:
    keys = [k for k in t.schema["required"] if k in t.args]
    if not keys:
        return None
    key = rng.choice(keys)
    return Change(
        "missing-required", "PARAM_MISSING", t.name,
        {k: v for k, v in t.args.items() if k != key}, "",
        f"{key} is required and was {shown(t.args[key])}.",
        complaint=f"Missing required argument '{key}'.",
    )  # fmt: skip


def unknown_key(rng: Random, t: Target) -> Change | None:
    """An argument under another name, or one more that the tool does not have."""
    optional = [k for k in t.args if k in _SYNONYMS and k not in t.schema["required"]]
    if optional and rng.random() < 0.6:
        key = rng.choice(optional)
        new = _SYNONYMS[key]
        args = {(new if k == key else k): v for k, v in t.args.items()}
        note = f"{new} is not declared; {key} was meant."
    else:
        new, value = rng.choice(_EXTRAS)
        if new in t.properties:
            return None
        args = {**t.args, new: value}
        note = f"{new} is not declared."
    return Change(
        "unknown-key", "PARAM_UNKNOWN_KEY", t.name, args, f"/{new}", note,
        complaint=f"Unexpected argument '{new}'.",
    )  # fmt: skip


def wrong_type(rng: Random, t: Target) -> Change | None:
    options = [(k, new) for k, v in t.args.items() if (new := retyped(v)) is not None]
    if not options:
        return None
    key, new = rng.choice(options)
    return Change(
        "wrong-type", "PARAM_TYPE", t.name, put(t.args, key, new), f"/{key}",
        f"{key} has to be {t.properties[key]['type']}, it was {shown(t.args[key])}.",
        complaint=f"Argument '{key}' must be of type {t.properties[key]['type']}.",
    )  # fmt: skip


def bad_enum(rng: Random, t: Target) -> Change | None:
    keys = [k for k in t.args if "enum" in t.properties.get(k, ())]
    if not keys:
        return None
    key = rng.choice(keys)
    old = str(t.args[key])
    allowed = t.properties[key]["enum"]
    words = old.replace("_", " ")
    forms = (words, words.title(), words.upper(), words.lower(), words.replace(" ", "-"))
    new = rng.choice([form for form in forms if form not in allowed] or [f"{old}s"])
    return Change(
        "bad-enum", "PARAM_VALUE", t.name, put(t.args, key, new), f"/{key}",
        f"{shown(new)} is not among the allowed values; {shown(old)} was meant.",
        complaint=f"Argument '{key}' must be one of {', '.join(allowed)}.",
    )  # fmt: skip


def empty_value(rng: Random, t: Target) -> Change | None:
    keys = [k for k, v in t.args.items() if isinstance(v, str) and v]
    if not keys:
        return None
    key = rng.choice(keys)
    return Change(
        "empty-value", "PARAM_EMPTY", t.name, put(t.args, key, ""), f"/{key}",
        f"{key} is empty; it was {shown(t.args[key])}.",
        complaint=f"Argument '{key}' must not be empty.",
    )  # fmt: skip


def unparsable(rng: Random, t: Target) -> Change | None:
    right = msgspec.json.encode(t.args).decode()
    if len(right) < 8:
        return None
    raw = broken_forms(rng, right)[rng.randrange(5)]
    return Change(
        "unparsable", "FORMAT_UNPARSABLE", t.name, dict(t.args), "", "The arguments are not JSON.",
        raw=raw, complaint="Arguments could not be parsed as JSON.",
    )  # fmt: skip


SHAPE: tuple[Mutator, ...] = (
    unknown_tool,
    missing_required,
    unknown_key,
    wrong_type,
    bad_enum,
    empty_value,
    unparsable,
)
