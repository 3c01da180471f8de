"""Short spellings for the samples that every check carries. Not a check."""

from __future__ import annotations

from typing import Any

import msgspec

from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

BOOK = ToolSpec(
    "book_table",
    "Reserve a table in a restaurant.",
    {
        "type": "object",
        "properties": {
            "people": {"type": "integer", "minimum": 1, "maximum": 20},
            "day": {"type": "string", "format": "date"},
            "area": {"type": "string", "enum": ["inside", "terrace"]},
            "phone": {"type": "string", "pattern": "^\\+[0-9]{6,}$"},
            "guest": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "required": ["name"],
            },
        },
        "required": ["people"],
    },
)
"""The tool that most samples offer."""


def call(arguments: Any = None, name: str = "book_table", id: str | None = "c1") -> ToolCall:
    """A call; a text is taken as raw arguments."""
    if isinstance(arguments, str):
        return ToolCall(name, arguments, id)
    given = {"people": 2} if arguments is None else arguments
    return ToolCall(name, msgspec.json.encode(given).decode(), id)


def system(text: str = "You book tables.") -> Message:
    """A system message."""
    return Message(Role.SYSTEM, text)


def user(text: str = "A table for two, please.") -> Message:
    """A user message."""
    return Message(Role.USER, text)


def assistant(text: str | None = None, *calls: ToolCall) -> Message:
    """An assistant message."""
    return Message(Role.ASSISTANT, text, calls)


def result(text: str = '{"ok": true}', id: str | None = "c1", name: str | None = None) -> Message:
    """A tool message."""
    return Message(Role.TOOL, text, tool_call_id=id, name=name)


def dialogue(*messages: Message, tools: tuple[ToolSpec, ...] = (BOOK,)) -> Trajectory:
    """A trajectory."""
    return Trajectory(messages, tools)


def single(*calls: ToolCall, tools: tuple[ToolSpec, ...] = (BOOK,)) -> Trajectory:
    """A user message answered by one step of calls."""
    return dialogue(user(), assistant(None, *calls), tools=tools)


def offering(*tools: ToolSpec) -> Trajectory:
    """A trajectory without calls that only offers tools."""
    return dialogue(user("Hello."), assistant("Good day."), tools=tools)
