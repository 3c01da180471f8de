"""What a judge is shown of a case: messages, tools and answers as plain text.

Blind: two answers that do the same are spelled the same, so nothing of ids, spacing, key order or
thinking tells which of them is the label. Nothing here is fenced or cut; what can never be shown
(thinking, images) is counted. The fitting and the fence are `curation/judge_prompt.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.judging import Omission, OmissionKind
from curation.thinking import without_thinking
from curation.trajectory import Message, Role, ToolCall, ToolSpec, canonical_json

NOTHING = "(neither a call nor text)"


def answer_text(answer: Message) -> str:
    """An answer to the step: its text, then its calls in the order given."""
    text = without_thinking(answer.text).strip()
    return "\n".join([*([text] if text else []), *map(call_text, answer.tool_calls)]) or NOTHING


def call_text(call: ToolCall) -> str:
    """One call on one line, spelled in one way whoever made it."""
    parsed = call.parsed()
    try:
        if parsed.value is not None:
            return canonical_json({"name": call.name, "arguments": parsed.value}).decode()
    except (UnicodeEncodeError, RecursionError):
        pass  # halves of characters, absurd nesting: as it was generated
    return f"{call.name} with arguments that are not a JSON object: {call.raw_arguments}"


def message_text(message: Message) -> str:
    """One message before the step, calls and all."""
    is_own = message.role is Role.ASSISTANT
    text = without_thinking(message.text) if is_own else message.text
    head = f"{message.name}:" if message.role is Role.TOOL and message.name else ""
    return "\n".join(part for part in (head, text, *map(call_text, message.tool_calls)) if part)


def tool_text(tool: ToolSpec) -> str:
    """A tool as it was offered."""
    said: dict[str, Any] = {"name": tool.name, "description": tool.description}
    if tool.parameters is not None:
        said["parameters"] = tool.parameters
    try:
        return msgspec.json.encode({**said, **tool.extra}).decode()
    except (UnicodeEncodeError, RecursionError, TypeError, OverflowError):
        return ascii({**said, **tool.extra})


def never_shown(message: Message, index: int | None, name: str = "") -> Iterator[Omission]:
    """What of a message is not text for a judge: its thinking, its images and files."""
    thought = len(message.reasoning or "")
    if message.role is Role.ASSISTANT:
        thought += len(message.text) - len(without_thinking(message.text))
    if thought:
        yield Omission(OmissionKind.THINKING, thought, index, name)
    for part in message.content if isinstance(message.content, list) else ():
        if not part.get("text"):
            yield Omission(OmissionKind.PART, len(ascii(part)), index, name)
