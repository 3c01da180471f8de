"""Glaive function calling v2: system text and chat, each one string (formats §3c).

The definitions stand one after another in the system text, which stays as it is. A turn begins at a
blank line with its speaker; where answers end in `<|endoftext|>`, a speaker's name inside an answer
that has not ended is text. A call's arguments are JSON in single quotes inside JSON: the quotes are
taken off, what is between them is the raw arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import ImportContext, Imported, RecordError, import_format
from curation.openai_messages import read_arguments
from curation.prompt_tools import tools_in_text
from curation.trajectory import Message, Role, ToolCall, Trajectory

_END = "<|endoftext|>"
_CALL = "<functioncall>"
_SPEAKERS = {"USER": Role.USER, "ASSISTANT": Role.ASSISTANT, "FUNCTION RESPONSE": Role.TOOL}
_MARK = re.compile(
    r"(?:\A\s*|\n\s*\n\s*|<\|endoftext\|>\s*)(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*"
)
_QUOTED = re.compile(
    r"""\{\s*"name"\s*:\s*"([^"]*)"\s*,\s*"arguments"\s*:\s*'(.*)'\s*\}\Z""", re.DOTALL
)
_NAME = re.compile(r"""["']name["']\s*:\s*["']([^"']*)["']""")
_TAKEN = frozenset(("system", "chat", "id"))


@import_format
class GlaiveV2:
    """Rows `{system, chat}`."""

    name = "glaive-v2"
    title = "Glaive function calling v2"
    description = (
        "A system text with bare definitions and a chat in one string, with USER:, ASSISTANT:, "
        "FUNCTION RESPONSE: and <functioncall>, whose arguments are JSON in single quotes."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        chat = record.get("chat")
        return isinstance(chat, str) and "system" in record and _MARK.match(chat) is not None

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        system, chat = record.get("system"), record["chat"]
        if not isinstance(chat, str):
            raise RecordError("The chat is not text.", "Give the whole dialogue as one string.")
        text = str(system or "").strip().removeprefix("SYSTEM:").strip()
        messages = [Message(Role.SYSTEM, text)] if text else []
        messages.extend(_turns(chat))
        yield Imported(
            trajectory=Trajectory(tuple(messages), tools_in_text(text) or context.tools),
            source_id=context.source_id(record),
            source={k: v for k, v in record.items() if k not in _TAKEN},
        )


def _turns(chat: str) -> Iterator[Message]:
    marks = list(_marks(chat))
    if not marks or chat[: marks[0].start()].strip():
        raise RecordError(
            "The chat does not begin with a speaker.",
            "Turns begin with USER:, ASSISTANT: or FUNCTION RESPONSE: after a blank line.",
        )
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        text = chat[mark.end() : following.start() if following else len(chat)]
        text = text.replace(_END, "").strip()
        role = _SPEAKERS[mark.group(1)]
        yield _answer(text) if role is Role.ASSISTANT else Message(role, text)


def _marks(chat: str) -> Iterator[re.Match[str]]:
    """Where turns begin."""
    ends = _END in chat
    speaker, since = "", 0
    for mark in _MARK.finditer(chat):
        unfinished = ends and speaker == "ASSISTANT" and _END not in chat[since : mark.end()]
        if unfinished:
            continue
        speaker, since = mark.group(1), mark.end()
        yield mark


def _answer(text: str) -> Message:
    before, *calls = text.split(_CALL)
    return Message(
        Role.ASSISTANT,
        before.strip() or (None if calls else text),
        tuple(_call(one.strip()) for one in calls),
    )


def _call(text: str) -> ToolCall:
    quoted = _QUOTED.match(text)
    if quoted:
        return ToolCall(quoted.group(1), quoted.group(2).replace("\\'", "'"))
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        value = None
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return ToolCall(value["name"], read_arguments(value.get("arguments")))
    found = _NAME.search(text)
    return ToolCall(found.group(1) if found else "", text)
