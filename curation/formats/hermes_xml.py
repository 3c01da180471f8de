"""Hermes and Qwen: `<tools>`, `<tool_call>` and `<tool_response>` inside text (formats §3d).

Read from ShareGPT turns, from chat messages whose content holds the tags, and from transcripts
(`SYSTEM:`, `USER:`, `ASSISTANT:` in one string). Thinking is cut first, because it may name the
tags. A call that is cut off or is no JSON stays as generated and does not parse. The system text
stays as it is, tool list included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import ImportContext, Imported, RecordError, import_format, json_text
from curation.openai_messages import read_arguments, read_message
from curation.sharegpt_turns import tools_in_record, turns_of, unknown_speaker
from curation.tagged_text import blocks, cut_thinking, loose_value, values_in
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

TRANSCRIPT_KEYS = ("example", "transcript", "text")
"""Where a whole dialogue stands in one string."""

_ROLES = {
    "system": Role.SYSTEM,
    "human": Role.USER,
    "user": Role.USER,
    "gpt": Role.ASSISTANT,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "observation": Role.TOOL,
    "function": Role.TOOL,
}
_KNOWN = frozenset(_ROLES)
_KEYS = ("name", "function")
_TAGS = ("<tool_call>", "<tools>", "<tool_response>")
_TAKEN = frozenset(("conversations", "messages", "tools", "system", "id", *TRANSCRIPT_KEYS))
_SPEAKER = re.compile(r"^(SYSTEM|USER|HUMAN|ASSISTANT|GPT|TOOL|FUNCTION):[ \t]*", re.MULTILINE)
_NAME = re.compile(r"""["']name["']\s*:\s*["']([^"']*)["']""")


@import_format
class HermesXML:
    """Conversations whose calls are `<tool_call>` blocks of JSON."""

    name = "hermes-xml"
    title = "Hermes XML"
    description = (
        "Text with <tools>, <tool_call> and <tool_response>, as Hermes and Qwen write it: ShareGPT "
        "turns, chat messages or transcripts. <think> becomes the step's reasoning."
    )
    extends = ("sharegpt", "openai-chat")

    def sniff(self, record: dict[str, Any]) -> bool:
        conversation = record.get("conversations")
        if isinstance(conversation, list):
            return any(_tagged(t.get("value", t.get("content"))) for t in conversation)
        messages = record.get("messages")
        if isinstance(messages, list):
            return not any("tool_calls" in m for m in messages) and any(
                _tagged(m.get("content")) for m in messages
            )
        return _transcript(record) is not None

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        turns = list(_turns(record))
        messages: list[Message] = []
        if record.get("system"):
            turns.insert(0, ("system", str(record["system"]), {}))
        for speaker, text, extra in turns:
            if speaker not in _ROLES:
                raise unknown_speaker(speaker, _KNOWN)
            messages.extend(_read_turn(_ROLES[speaker], text, extra))
        system = "\n".join(text for speaker, text, _ in turns if speaker == "system")
        tools = tools_in_record(record, (), context.memory) or tools_in_tags(system)
        yield Imported(
            trajectory=Trajectory(tuple(messages), tools or context.tools),
            source_id=context.source_id(record),
            source={k: v for k, v in record.items() if k not in _TAKEN},
        )


def _tagged(text: Any) -> bool:
    return isinstance(text, str) and any(tag in text for tag in _TAGS)


def _transcript(record: dict[str, Any]) -> str | None:
    for key in TRANSCRIPT_KEYS:
        text = record.get(key)
        if isinstance(text, str) and _tagged(text) and _SPEAKER.search(text):
            return text
    return None


def _turns(record: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Speaker, text and further keys of every turn, whatever holds them."""
    if "conversations" in record:
        for speaker, text in turns_of(record):
            yield speaker, text, {}
    elif "messages" in record:
        for raw in record["messages"]:
            message = read_message(raw)
            yield message.role.value, message.text, message.extra
    else:
        transcript = _transcript(record)
        if transcript is None:
            raise RecordError(
                "There is neither a conversation nor a transcript.",
                "Give `conversations`, `messages` or a transcript in `example`.",
            )
        yield from split_transcript(transcript)


def split_transcript(text: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The turns of `SYSTEM: …`, `USER: …`; a fence of backticks around it is dropped."""
    body = text.strip().removeprefix("```").removesuffix("```")
    marks = list(_SPEAKER.finditer(body))
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following.start() if following else len(body)
        yield mark.group(1).lower(), body[mark.end() : end].strip(), {}


def _read_turn(role: Role, text: str, extra: dict[str, Any]) -> Iterator[Message]:
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
