"""Short ways to write the answers that matchers and rewards compare."""

from __future__ import annotations

from typing import Any

import msgspec

from curation.trajectory import Message, Role, ToolCall, ToolSpec


def call(name: str, /, **arguments: Any) -> ToolCall:
    return ToolCall(name, msgspec.json.encode(arguments).decode())


def calling(*calls: ToolCall) -> Message:
    return Message(Role.ASSISTANT, None, calls)


def saying(text: str | None) -> Message:
    return Message(Role.ASSISTANT, text)


def tool(name: str, /, *required: str, **properties: Any) -> ToolSpec:
    """A tool whose properties are given as type names or as whole schemas."""
    schemas = {k: {"type": v} if isinstance(v, str) else v for k, v in properties.items()}
    return ToolSpec(
        name, parameters={"type": "dict", "properties": schemas, "required": [*required]}
    )


BROKEN = ToolCall("f", '{"x": 1')
