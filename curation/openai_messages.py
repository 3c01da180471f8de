"""Reading messages in the OpenAI chat shape, which several formats share.

Nothing is repaired: arguments that are no JSON stay as they are, ids may be missing or repeated,
null, "" and absent content stay apart. What the shape does not know goes to `Message.extra`.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from curation.importing import ImportContext, Imported, RecordError, json_text
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory, json_type

ROLES: dict[Any, Role] = {**{role.value: role for role in Role}, "function": Role.TOOL}
"""Role names of the chat format; `function` is the old name of `tool`."""

RECORD_KEYS = frozenset(("messages", "tools", "functions", "id"))
"""Keys of a record that are not facts about it."""

_PLAIN = frozenset(("role", "content"))
_KNOWN = frozenset(
    (
        "role",
        "content",
        "tool_calls",
        "tool_call_id",
        "name",
        "function_call",
        "reasoning_content",
    )
)
_CALL_KEYS = frozenset(("id", "type", "function"))

_new_message = Message
_new_call = ToolCall


def read_record(
    record: dict[str, Any], context: ImportContext, taken: frozenset[str] = RECORD_KEYS
) -> Imported:
    """A record `{messages, tools}`; keys other than `taken` become the item's source."""
    return Imported(
        trajectory=Trajectory(read_messages(record["messages"]), tools_of(record, context)),
        source_id=context.source_id(record),
        source={k: v for k, v in record.items() if k not in taken},
    )


def tools_of(record: dict[str, Any], context: ImportContext) -> tuple[ToolSpec, ...]:
    """The record's tools (`tools`, and the older `functions`), else those given apart."""
    tools, functions = record.get("tools"), record.get("functions")
    if tools is None and functions is None:
        return context.tools
    if functions is None:
        return read_tools(tools)
    return read_tools(tools) + read_tools(functions)


def read_messages(value: Any) -> tuple[Message, ...]:
    """All messages of a record: a list, or the JSON text of one (some parquet files).

    Raises:
        RecordError: a message is no object or its role is unknown; names which one.
    """
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError) as problem:
            raise RecordError(
                f"The messages are text that is not JSON: {problem}.", "Write them as a list."
            ) from None
    if not isinstance(value, list):
        raise RecordError(
            f"The messages are a JSON {json_type(value)}, not a list.", "Write them as a list."
        )
    found = []
    for index, raw in enumerate(value):
        try:
            found.append(read_message(raw))
        except RecordError as problem:
            raise RecordError(f"Message {index}: {problem.message}", problem.hint) from None
    return tuple(found)


def read_message(raw: Any) -> Message:
    """One message.

    Raises:
        RecordError: it is no object, or its role is not one of the format's.
    """
    if type(raw) is not dict:
        raise RecordError(
            f"It is a JSON {json_type(raw)}, not an object.", "Give role and content."
        )
    role = raw.get("role")
    known = ROLES.get(role) if type(role) is str else None
    if known is None:
        raise RecordError(
            f"The role {role!r} is unknown.", f"Roles are {', '.join(sorted(ROLES))}."
        )
    content = raw.get("content", UNSET)
    if type(content) is not str and content is not None and content is not UNSET:
        content = _content(content)
    keys = raw.keys()
    if keys <= _PLAIN:
        return _new_message(known, content)
    calls = raw.get("tool_calls")
    extra = {} if keys <= _KNOWN else {k: raw[k] for k in sorted(keys - _KNOWN)}
    found: tuple[ToolCall, ...] = ()
    if calls:
        found = _calls(calls, extra)
    legacy = raw.get("function_call")
    if legacy:
        found += _calls([legacy], extra)
    reasoning = raw.get("reasoning_content")
    if reasoning is None and type(extra.get("reasoning")) is str:
        reasoning = extra.pop("reasoning")
    elif reasoning is not None and type(reasoning) is not str:
        reasoning = json_text(reasoning)
    return _new_message(
        known,
        content,
        found,
        _text(raw.get("tool_call_id")),
        _text(raw.get("name")),
        reasoning,
        extra,
    )


def _text(value: Any) -> str | None:
    """Ids and names as text; sources also use numbers."""
    return value if value is None or type(value) is str else json_text(value)


def _content(value: Any) -> str | list[dict[str, Any]] | UnsetType:
    """Content that is neither text nor null: parts, or an object that stands for its JSON text."""
    if not isinstance(value, list):
        return json_text(value)
    if all(isinstance(part, dict | str) for part in value):
        return [{"type": "text", "text": p} if isinstance(p, str) else p for p in value]
    return json_text(value)


def _calls(value: Any, extra: dict[str, Any]) -> tuple[ToolCall, ...]:
    """The calls of a message; keys of theirs that a call cannot hold go to `extra`."""
    if isinstance(value, str):
        value = _decoded_calls(value)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise RecordError(
            f"The tool calls are a JSON {json_type(value)}.", "Write tool_calls as a list."
        )
    calls = []
    beside: list[dict[str, Any]] = []
    for raw in value:
        if type(raw) is not dict:
            calls.append(_new_call("", json_text(raw)))
            beside.append({})
            continue
        function = raw.get("function")
        body = function if type(function) is dict else raw.get("custom")
        body = raw if type(body) is not dict else body
        name, arguments = body.get("name"), body.get("arguments", body.get("input"))
        calls.append(
            _new_call(
                name if type(name) is str else _text(name) or "",
                arguments if type(arguments) is str else read_arguments(arguments),
                _text(raw.get("id")),
            )
        )
        beside.append({} if raw.keys() <= _CALL_KEYS else _call_extras(raw, body is raw))
    if any(beside):
        extra["tool_call_extras"] = beside
    return tuple(calls)


def _call_extras(raw: dict[str, Any], flat: bool) -> dict[str, Any]:
    taken = {"id", "type", "function", "custom"} | (
        {"name", "arguments", "input"} if flat else set()
    )
    return {k: raw[k] for k in sorted(raw) if k not in taken}


def _decoded_calls(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return [{"name": "", "arguments": text}]


def read_arguments(value: Any) -> str:
    """Argument text: a string as it is, an object as compact JSON, nothing as ""."""
    if isinstance(value, str):
        return value
    return "" if value is None else json_text(value)
