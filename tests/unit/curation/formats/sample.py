"""What samples of import formats are made of."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

AREA = {
    "name": "room_area",
    "description": "Area of a rectangular room",
    "parameters": {
        "type": "object",
        "properties": {"width": {"type": "number"}, "length": {"type": "number"}},
        "required": ["width", "length"],
    },
}
PAINT = {
    "name": "paint.order",
    "description": "Order paint",
    "parameters": {
        "type": "dict",
        "properties": {"colour": {"type": "string"}, "litres": {"type": "float"}},
        "required": ["colour"],
    },
}
WRAPPED = [{"type": "function", "function": AREA}, {"type": "function", "function": PAINT}]
CALL = {"name": "room_area", "arguments": {"width": 3, "length": 5}}
ARGUMENTS = '{"width":3,"length":5}'
ONE_ARGUMENT = {"width": 3}
"""For formats that hold an object: the order of its keys is part of what a model wrote."""


class Sample(Struct, frozen=True):
    """Records of one file and, over all of them, the calls and roles that they hold."""

    records: list[dict[str, Any]]
    calls: list[tuple[str, str]]
    roles: list[str]
    companions: dict[str, list[Any]] = {}
    names_itself: bool = False
    """Without an id its trajectories are named after file or task, not after their place."""


def chat(arguments: Any) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": "How big is a room of 3 by 5?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "room_area", "arguments": arguments},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": '{"area": 15}'},
        {"role": "assistant", "content": "15 square metres."},
    ]


def turns(*said: tuple[str, str]) -> list[dict[str, str]]:
    return [{"from": speaker, "value": value} for speaker, value in said]


def tree_node(kind: str, text: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A node of ToolBench's answer tree."""
    return {"node_type": kind, "description": text, "children": list(children), **more}


def tree_call(
    name: str, raw: str, *children: dict[str, Any], seen: str = "", thought: str = ""
) -> dict[str, Any]:
    """The chain of one message with a call; what follows it are its children."""
    end = tree_node("Action Input", raw, *children, observation=seen, expand_num=1)
    action = tree_node("Action", name, end)
    return tree_node("Thought", thought, action, expand_num=0) if thought else action
