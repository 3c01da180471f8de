"""Small trajectories for browser tests: distinct in content, alike in shape."""

from __future__ import annotations

import json
from typing import Any

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find_room",
            "description": "Find a free meeting room.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Where the room must be."},
                    "seats": {"type": "integer", "description": "How many people meet."},
                },
                "required": ["city"],
            },
        },
    }
]


def call(call_id: str, arguments: dict[str, Any] | str, name: str = "find_room") -> dict[str, Any]:
    """One tool call as in the OpenAI chat format."""
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": raw}}


def meeting(tag: str, number: int, n_turns: int = 3) -> dict[str, Any]:
    """A conversation of `n_turns` turns with two steps each (a call, then an answer)."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": f"You book rooms ({tag})."}]
    for turn in range(n_turns):
        seats = number + turn
        call_id = f"c{turn}"
        messages += [
            {"role": "user", "content": f"{tag} {number}: a room for {seats} in Oslo, please."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [call(call_id, {"city": "Oslo", "seats": seats})],
            },
            {
                "role": "tool",
                "tool_call_id": call_id,
                "content": json.dumps({"room": f"R{turn}", "seats": seats, "free": True}),
            },
            {"role": "assistant", "content": f"Room R{turn} seats **{seats}** and is free."},
        ]
    return {"messages": messages, "tools": TOOLS}


def meetings(tag: str, count: int, n_turns: int = 3) -> list[dict[str, Any]]:
    """Several of them, in the order a queue by age hands them out."""
    return [meeting(tag, number, n_turns) for number in range(1, count + 1)]
