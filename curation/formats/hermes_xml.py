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

from curation.importing import ImportContext, Imported, RecordError, import_format
from curation.openai_messages import read_message
from curation.sharegpt_turns import tools_in_record, turns_of, unknown_speaker
from curation.tagged_turns import read_turn, tools_in_tags
from curation.trajectory import Message, Role, Trajectory

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
            messages.extend(read_turn(_ROLES[speaker], text, extra))
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
