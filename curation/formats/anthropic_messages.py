"""Anthropic's Messages API: requests, and logs of request and response (its public API reference).

Content is text or blocks: `text`, `thinking`, `tool_use` (name, input, id) in the assistant's
messages, `tool_result` (tool_use_id, content, is_error) in the user's. Every result becomes a
message of its own before what else the user said; blocks of other kinds (images, documents) stay as
typed parts. A logged response becomes the last step. Headers of logged requests are never kept:
they hold keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import ImportContext, Imported, RecordError, import_format, json_text
from curation.openai_messages import read_arguments
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, Trajectory, json_type

_REQUEST_KEYS = ("request", "params", "request_body", "body")
_RESPONSE_KEYS = ("response", "result", "response_body", "message")
_TAKEN = frozenset(("id", "messages", "system", "tools", "custom_id", "headers"))
_BLOCKS = frozenset(("tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use"))
_PLAIN = frozenset(("type", "text", "cache_control"))
_ROLES: dict[Any, Role] = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}


@import_format
class AnthropicMessages:
    """Rows `{system, messages, tools}` with content blocks, and `{request, response}` of them."""

    name = "anthropic-messages"
    title = "Anthropic messages"
    description = (
        "Messages with tool_use and tool_result blocks, tools with input_schema, system apart. "
        "Also logs of request and response, and rows of message batches."
    )
    extends = ("openai-chat",)

    def sniff(self, record: dict[str, Any]) -> bool:
        request, response = _request(record), _response(record)
        messages = request.get("messages")
        if not isinstance(messages, list) or any("tool_calls" in m for m in messages):
            return False
        return (
            response.get("type") == "message"
            or any("input_schema" in tool for tool in request.get("tools") or ())
            or any(
                block.get("type") in _BLOCKS
                for m in messages
                if isinstance(m.get("content"), list)
                for block in m["content"]
            )
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        request, response = _request(record), _response(record)
        listed = request["messages"]
        if not isinstance(listed, list):
            raise RecordError(
                f"The messages are a JSON {json_type(listed)}, not a list.", "Write them as a list."
            )
        messages: list[Message] = []
        if request.get("system"):
            messages += _read(Role.SYSTEM, request["system"])
        for index, raw in enumerate(listed):
            role = _ROLES.get(raw.get("role")) if isinstance(raw, dict) else None
            if role is None:
                raise RecordError(
                    f"Message {index} has no role that Anthropic's API knows.",
                    "Roles are user and assistant.",
                )
            messages += _read(role, raw.get("content"))
        if response.get("content") is not None:
            _answer(messages, response)
        tools = request.get("tools")
        yield Imported(
            trajectory=Trajectory(
                tuple(messages), context.tools if tools is None else read_tools(tools)
            ),
            source_id=_source_id(record, response, context),
            source=_source(record, request, response),
        )


def _object(value: Any) -> dict[str, Any]:
    """An object that may be logged as its JSON text; {} for anything else."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _request(record: dict[str, Any]) -> dict[str, Any]:
    """The request: the record itself, or what a log has under its key (or that one's `body`)."""
    if "messages" in record:
        return record
    for key in _REQUEST_KEYS:
        found = _object(record.get(key))
        if "messages" in found:
            return found
        inner = _object(found.get("body"))
        if "messages" in inner:
            return inner
    return record


def _response(record: dict[str, Any]) -> dict[str, Any]:
    """The response of a log; {} where there is none."""
    for key in _RESPONSE_KEYS:
        found = _object(record.get(key))
        for inner in (found, _object(found.get("body")), _object(found.get("message"))):
            if isinstance(inner.get("content"), list) and inner.get("role") == "assistant":
                return inner
    return {}


def _answer(messages: list[Message], response: dict[str, Any]) -> None:
    """Add the response; it goes on with an assistant's message that the request began."""
    (answer,) = _read(Role.ASSISTANT, response["content"])
    last = messages[-1] if messages else None
    if (
        last is not None
        and last.role is Role.ASSISTANT
        and not last.tool_calls
        and isinstance(last.content, str)
        and isinstance(answer.content, str)
    ):
        messages[-1] = msgspec.structs.replace(answer, content=last.content + answer.content)
    else:
        messages.append(answer)


def _source_id(record: dict[str, Any], response: dict[str, Any], context: ImportContext) -> str:
    for holder, key in ((record, "custom_id"), (record, "id"), (response, "id")):
        if holder.get(key) not in (None, ""):
            return context.source_id(holder, key)
    return context.where


def _source(
    record: dict[str, Any], request: dict[str, Any], response: dict[str, Any]
) -> dict[str, Any]:
    """What the log says beside messages and tools: model, settings, usage, why it stopped."""
    source = {
        k: v
        for k, v in record.items()
        if k not in _TAKEN and not (k in (*_REQUEST_KEYS, *_RESPONSE_KEYS) and _object(v))
    }
    if request is not record:
        source["request"] = {k: v for k, v in request.items() if k not in _TAKEN}
    if response:
        source["response"] = {k: v for k, v in response.items() if k != "content"}
    else:
        for key in _RESPONSE_KEYS:
            if failed := _object(record.get(key)):
                source[key] = {k: v for k, v in failed.items() if k != "headers"}
    return source


def _read(role: Role, content: Any) -> Iterator[Message]:
    """The messages of one message's content, results first."""
    if not isinstance(content, list):
        yield Message(role, content if content is None else _text(content))
        return
    texts: list[dict[str, Any]] = []
    calls: list[ToolCall] = []
    thinking: list[str] = []
    extra: dict[str, Any] = {}
    n_results = 0
    for block in content:
        if not isinstance(block, dict):
            texts.append({"type": "text", "text": _text(block)})
            continue
        match block.get("type"):
            case "tool_use":
                arguments = read_arguments(block.get("input"))
                calls.append(ToolCall(_text(block.get("name")), arguments, block.get("id")))
            case "tool_result":
                n_results += 1
                yield _result(block)
            case "thinking":
                thinking.append(_text(block.get("thinking")))
                if block.get("signature"):
                    extra.setdefault("signatures", []).append(block["signature"])
            case "redacted_thinking":
                extra.setdefault("redacted_thinking", []).append(block.get("data"))
            case _:
                texts.append(block)
    if n_results and not (texts or calls):
        return
    yield Message(
        role,
        _content(texts),
        tuple(calls),
        reasoning="\n".join(thinking) or None,
        extra=extra,
    )


def _result(block: dict[str, Any]) -> Message:
    content = block.get("content")
    if isinstance(content, list):
        content = _content([b if isinstance(b, dict) else {"text": _text(b)} for b in content])
    elif content is not None:
        content = _text(content)
    return Message(
        Role.TOOL,
        "" if content is None else content,
        tool_call_id=block.get("tool_use_id"),
        extra={"is_error": True} if block.get("is_error") else {},
    )


def _content(blocks: list[dict[str, Any]]) -> str | list[dict[str, Any]] | None:
    """Text where there is one plain text, parts where there is more, null where nothing is."""
    if not blocks:
        return None
    text = blocks[0].get("text")
    if len(blocks) == 1 and isinstance(text, str) and blocks[0].keys() <= _PLAIN:
        return text
    return blocks


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json_text(value)
