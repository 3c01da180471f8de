"""Results that come as a list of `{name, results}` in one text (ToolACE, ToolRL)."""

from __future__ import annotations

from typing import Any

import msgspec

from curation.importing import json_text
from curation.trajectory import Message, Role


def named_results(text: str) -> list[Message]:
    """One message per `{name, results}`; any other text is one result."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return [Message(Role.TOOL, text)]
    if not isinstance(value, list) or not value or not all(_is_result(v) for v in value):
        return [Message(Role.TOOL, text)]
    return [
        Message(
            Role.TOOL,
            v["results"] if isinstance(v["results"], str) else json_text(v["results"]),
            name=v["name"],
        )
        for v in value
    ]


def _is_result(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"name", "results"}
        and isinstance(value["name"], str)
    )
