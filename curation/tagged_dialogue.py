"""A dialogue as blocks in one text: `<user>`, `<think>`, `<tool_call>`, `<obs>`, `<response>`.

ToolRL's way (formats §14): the history stands in one string, and what the assistant does between
two others is one step. Blocks are read one after another, so tags that a block's text names are
text. A call keeps what does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from curation.importing import RecordError
from curation.named_results import named_results
from curation.tagged_turns import read_block, read_turn
from curation.trajectory import Message, Role

HEADING = "**Dialogue Records History**"

_BLOCK = re.compile(r"\s*<(user|think|tool_call|obs|response)>(.*?)</\1>", re.DOTALL)


def is_tagged_dialogue(text: str) -> bool:
    """Whether a text begins as such a dialogue."""
    return _BLOCK.match(_body(text)) is not None


def read_dialogue(text: str) -> tuple[Message, ...]:
    """The messages of a history.

    Raises:
        RecordError: something stands outside the blocks, which nobody can be said to have said.
    """
    messages, end = _read(_body(text))
    rest = _body(text)[end:].strip()
    if rest:
        raise RecordError(
            f"The dialogue has text outside its tags: {rest[:60]!r}.",
            "Put it between <user>, <response>, <tool_call> or <obs>, each with its closing tag.",
        )
    return tuple(messages)


def read_answer(text: str) -> Message:
    """One answer of the assistant; what does not read as blocks is read as text with calls."""
    messages, end = _read(text)
    one = messages[0] if len(messages) == 1 else None
    if one is not None and one.role is Role.ASSISTANT and not text[end:].strip():
        return one
    return next(read_turn(Role.ASSISTANT, text))


def _body(text: str) -> str:
    return text.strip().removeprefix(HEADING)


def _blocks(text: str) -> Iterator[tuple[str, str, int]]:
    position = 0
    while found := _BLOCK.match(text, position):
        position = found.end()
        yield found.group(1), found.group(2).strip(), position


def _read(text: str) -> tuple[list[Message], int]:
    """The messages, and where the last block ends."""
    messages: list[Message] = []
    step: dict[str, Any] = {}
    end = 0

    def close() -> None:
        if step:
            messages.append(Message(Role.ASSISTANT, **step))
            step.clear()

    for tag, inner, position in _blocks(text):
        end = position
        if tag == "user" or tag == "obs":
            close()
            messages.extend([Message(Role.USER, inner)] if tag == "user" else named_results(inner))
        elif tag == "tool_call":
            step["tool_calls"] = (*step.get("tool_calls", ()), *read_block(inner))
        else:
            key = "reasoning" if tag == "think" else "content"
            if key in step or (key == "reasoning" and step):
                close()
            step[key] = inner
    close()
    return messages, end
