"""Reading ReAct text: `Thought: …`, `Action: name`, `Action Input: {…}` (formats §5b, §15).

Used by formats that write the assistant's turn so (ToolBench's flat conversations, RoTBench). The
arguments stay as generated; they may be no JSON.
"""

from __future__ import annotations

import re
from typing import Any

from curation.tagged_text import loose_value, values_in
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec

_ACTION = re.compile(r"^[ \t]*Action:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_INPUT = re.compile(r"^[ \t]*Action Input:[ \t]*", re.MULTILINE)
_THOUGHT = "Thought:"


def is_react(text: Any) -> bool:
    """Whether a text names an action and its input."""
    return isinstance(text, str) and bool(_ACTION.search(text)) and bool(_INPUT.search(text))


def read_react(text: str) -> Message:
    """The assistant's turn: a call with the thought as its text; text without an action is text."""
    action = _ACTION.search(text)
    if action is None:
        return Message(Role.ASSISTANT, text)
    given = _INPUT.search(text, action.end())
    thought = text[: action.start()].strip().removeprefix(_THOUGHT).strip()
    raw = text[given.end() :].strip() if given else ""
    return Message(Role.ASSISTANT, thought or None, (ToolCall(action.group(1), raw),))


def tools_in_prompt(text: str) -> tuple[ToolSpec, ...]:
    """The list of definitions in a system text, JSON or Python literals; () when it holds none."""
    for value, _, _ in values_in(text):
        if _is_list(value):
            return read_tools(value)
    start, end = text.find("[{"), text.rfind("}]")
    if 0 <= start < end:
        try:
            value = loose_value(text[start : end + 2])
        except ValueError:
            return ()
        if _is_list(value):
            return read_tools(value)
    return ()


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and "name" in one for one in value)
    )
