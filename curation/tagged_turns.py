"""Turns whose calls and results stand between tags in their text (formats §3d).

What Hermes, Qwen and those who follow them share: `<think>` is cut first, because it may name the
tags; then `<tool_call>` blocks become calls and `<tool_response>` blocks results. A call that is
cut off or is no JSON stays as generated and does not parse. What holds the turns (lists, rendered
prompts, transcripts) is the format's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import RecordError, json_text
from curation.openai_messages import read_arguments
from curation.tagged_text import blocks, cut_thinking, loose_value, values_in
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec

_NAME = re.compile(r"""["']name["']\s*:\s*["']([^"']*)["']""")


def read_turn(role: Role, text: str, extra: dict[str, Any] | None = None) -> Iterator[Message]:
    """The messages of one turn: several where it holds several results.

    `extra` goes to the message made of the turn itself.
    """
    extra = extra or {}
    if role is Role.ASSISTANT:
        yield _assistant(text, extra)
    elif role is Role.TOOL or (role is Role.USER and "<tool_response>" in text):
        responses, rest = blocks(text, "tool_response")
        if role is Role.TOOL and not responses:
            yield Message(Role.TOOL, text, extra=extra)
            return
        for response in responses:
            yield _result(response)
        if rest.strip():
            yield Message(Role.USER if role is Role.USER else Role.TOOL, rest.strip(), extra=extra)
    else:
        yield Message(role, text, extra=extra)


def _assistant(text: str, extra: dict[str, Any]) -> Message:
    reasoning, answer = cut_thinking(text)
    found, rest = blocks(answer, "tool_call")
    if not found:
        return Message(Role.ASSISTANT, answer, reasoning=reasoning, extra=extra)
    calls = tuple(call for block in found for call in read_block(block))
    return Message(Role.ASSISTANT, rest.strip() or None, calls, reasoning=reasoning, extra=extra)


def read_block(block: str) -> list[ToolCall]:
    """The calls of one `<tool_call>` block: normally one object, sometimes one a line or a list."""
    text = block.strip()
    try:
        value = loose_value(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.lstrip().startswith('{"') for line in lines):
            return [call for line in lines for call in read_block(line)]
        return [_unparsed(text)]
    entries = value if isinstance(value, list) else [value]
    return [_call(entry, text) for entry in entries]


def _call(entry: Any, text: str) -> ToolCall:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return _unparsed(text)
    return ToolCall(entry["name"], read_arguments(entry.get("arguments", entry.get("parameters"))))


def _unparsed(text: str) -> ToolCall:
    found = _NAME.search(text)
    return ToolCall(found.group(1) if found else "", text)


def _result(block: str) -> Message:
    """One result; `{name, content}` gives the tool's name beside the text."""
    text = block.strip()
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Message(Role.TOOL, text)
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return Message(Role.TOOL, text)
    call_id = value.get("tool_call_id")
    if not value.keys() <= {"name", "content", "tool_call_id"} or "content" not in value:
        return Message(Role.TOOL, text, name=value["name"])
    content = value["content"]
    return Message(
        Role.TOOL,
        content if isinstance(content, str) else json_text(content),
        name=value["name"],
        tool_call_id=call_id if isinstance(call_id, str) else None,
    )


def tools_in_tags(system: str) -> tuple[ToolSpec, ...]:
    """Definitions between `<tools>` tags: a list, one a line, or Python literals.

    Prompts also name the tags in prose, so every pair is looked at and the first with tools counts.

    Raises:
        RecordError: a pair holds text that looks like definitions and cannot be read.
    """
    unread = ""
    for block in blocks(system, "tools")[0]:
        definitions = [value for value, _, _ in values_in(block)]
        if _are_definitions(definitions):
            single = len(definitions) == 1 and isinstance(definitions[0], list)
            return read_tools(definitions[0] if single else definitions)
        if "{" in block:
            try:
                return read_tools(loose_value(block))
            except ValueError:
                unread = block
    if unread:
        raise RecordError(
            "The definitions between <tools> and </tools> are neither JSON nor Python literals.",
            "Correct the list in the system text.",
        )
    return ()


def _are_definitions(values: list[Any]) -> bool:
    """Whether all values are definitions, and not bits found inside something unreadable."""
    flat = [d for v in values for d in (v if isinstance(v, list) else [v])]
    return bool(flat) and all(
        isinstance(d, dict) and ("name" in d or "function" in d) for d in flat
    )
