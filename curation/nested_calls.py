"""APIs and nested calls as Seal-Tools and NesTools write them (formats §15).

A call names its results (`API_call_0`), and a later call may have such a name for a value: it
passes any type, since what it will hold is not known. The names stay with the message.
"""

from __future__ import annotations

from typing import Any

from curation.importing import RecordError, json_text
from curation.openai_messages import read_arguments
from curation.tool_schemas import read_tool
from curation.trajectory import Message, Role, ToolCall, ToolSpec, json_type

_NAMES = ("api", "api_name")


def is_call(value: Any) -> bool:
    """Whether a value is such a call."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("parameters"), dict)
        and any(isinstance(value.get(key), str) for key in _NAMES)
    )


def is_api(value: Any) -> bool:
    """Whether a value is such a definition."""
    return isinstance(value, dict) and isinstance(value.get("api_name"), str)


def read_apis(value: Any) -> tuple[ToolSpec, ...]:
    """The definitions of a list; `field` and `responses` stay beside the schema.

    Raises:
        RecordError: it is no list.
    """
    if not isinstance(value, list):
        raise RecordError(
            f"The APIs are a JSON {json_type(value)}, not a list.", "Give a list of definitions."
        )
    return tuple(read_tool(one) for one in value)


def read_nested_calls(value: Any) -> Message | None:
    """All calls of a row as one step; None when no call is expected.

    Raises:
        RecordError: it is no list.
    """
    if not isinstance(value, list):
        raise RecordError(
            f"The calls are a JSON {json_type(value)}, not a list.",
            "Give a list of calls with name, parameters and responses.",
        )
    if not value:
        return None
    beside = [_beside(call) for call in value]
    extra: dict[str, Any] = {"tool_call_extras": beside} if any(beside) else {}
    return Message(Role.ASSISTANT, None, tuple(_call(call) for call in value), extra=extra)


def _call(call: Any) -> ToolCall:
    name = (
        next((call[k] for k in _NAMES if isinstance(call.get(k), str)), None)
        if isinstance(call, dict)
        else None
    )
    if name is None:
        return ToolCall("", json_text(call))
    return ToolCall(name, read_arguments(call.get("parameters")))


def _beside(call: Any) -> dict[str, Any]:
    if not isinstance(call, dict):
        return {}
    return {k: v for k, v in call.items() if k not in (*_NAMES, "parameters")}
