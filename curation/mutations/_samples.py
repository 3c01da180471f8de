"""Steps that mutations carry as samples. Not a mutation."""

from __future__ import annotations

from typing import Any

import msgspec

from curation.right_step import RightStep
from curation.trajectory import Message, Role, ToolCall, ToolSpec

HOLD = ToolSpec(
    "hold_table",
    "Keep a table free for an hour.",
    {
        "type": "object",
        "properties": {"people": {"type": "integer"}, "guest": {"type": "string"}},
        "required": ["people"],
    },
)
BOOK = ToolSpec(
    "book_table",
    "Reserve a table in a restaurant.",
    {
        "type": "object",
        "properties": {
            "people": {"type": "integer", "minimum": 1, "maximum": 20},
            "guest": {"type": "string"},
            "area": {"type": "string", "enum": ["inside", "terrace"], "default": "inside"},
        },
        "required": ["people"],
    },
)
PING = ToolSpec("ping", "Is the system up?", {"type": "object", "properties": {}})

CONTEXT = (
    Message(Role.USER, "A table for 4 for Ada, guest code G-4711. There may be 6 of us."),
    Message(Role.ASSISTANT, None, (ToolCall("ping", "{}", "c0"),)),
    Message(Role.TOOL, '{"guests": ["G-4711", "G-1147"]}', tool_call_id="c0"),
)


def step(
    *calls: ToolCall,
    tools: tuple[ToolSpec, ...] = (BOOK, HOLD, PING),
    context: tuple[Message, ...] = CONTEXT,
) -> RightStep:
    """A step of calls after the sample conversation."""
    return RightStep(Message(Role.ASSISTANT, None, calls), tools, context)


def book(id: str = "c1", **arguments: Any) -> ToolCall:
    """A call of `book_table`; for four when nothing is said."""
    raw = msgspec.json.encode(arguments or {"people": 4}).decode()
    return ToolCall("book_table", raw, id)


PING_CALL = ToolCall("ping", "{}", "c1")
"""A call with nothing in it that could be wrong."""
