"""What the formats with `conversations: [{from, value}]` share: turns, replies and sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import RecordError, json_text
from curation.tool_schemas import read_tools
from curation.trajectory import ToolSpec, json_type

SPEAKERS = frozenset(("human", "gpt", "function_call", "observation", "system"))
"""The tags that LLaMA-Factory writes."""


def turns_of(record: dict[str, Any], key: str = "conversations") -> Iterator[tuple[str, str]]:
    """(speaker, text) of every turn.

    Raises:
        RecordError: the conversation is no list, or a turn lacks its speaker.
    """
    conversation = record[key]
    if not isinstance(conversation, list):
        raise RecordError(
            f"`{key}` is a JSON {json_type(conversation)}, not a list.", "Write turns as a list."
        )
    for index, turn in enumerate(conversation):
        yield read_turn(turn, f"Turn {index}")


def read_turn(turn: Any, name: str) -> tuple[str, str]:
    """Speaker and text of one turn, also when it is spelt role and content."""
    if not isinstance(turn, dict):
        raise RecordError(f"{name} is a JSON {json_type(turn)}.", "Give `from` and `value`.")
    speaker = turn.get("from", turn.get("role"))
    value = turn.get("value", turn.get("content"))
    if not isinstance(speaker, str):
        raise RecordError(f"{name} does not say who speaks.", "Give `from` as text.")
    if value is None:
        value = ""
    return speaker, value if isinstance(value, str) else json_text(value)


def unknown_speaker(speaker: str, known: frozenset[str]) -> RecordError:
    """The error for a turn by somebody the format does not know."""
    return RecordError(
        f"The speaker {speaker!r} is unknown.", f"Speakers are {', '.join(sorted(known))}."
    )


def speakers(record: dict[str, Any]) -> set[str]:
    """Who speaks, for telling formats apart; empty when it is no conversation of texts."""
    conversation = record.get("conversations")
    if not isinstance(conversation, list) or not conversation:
        return set()
    if not all(
        isinstance(t, dict) and isinstance(t.get("from"), str) and isinstance(t.get("value"), str)
        for t in conversation
    ):
        return set()
    return {t["from"] for t in conversation}


def tools_in_record(
    record: dict[str, Any], given: tuple[ToolSpec, ...], memory: dict[str, Any]
) -> tuple[ToolSpec, ...]:
    """The record's `tools`, else those given apart; a text of tools is decoded once per file."""
    tools = record.get("tools")
    if tools is None:
        return given
    if not isinstance(tools, str):
        return read_tools(tools)
    seen: dict[str, tuple[ToolSpec, ...]] = memory.setdefault("tools", {})
    if tools not in seen:
        if len(seen) >= 512:
            seen.clear()
        seen[tools] = read_tools(tools)
    return seen[tools]


def parallel_results(text: str, n_calls: int) -> list[str]:
    """One text per call when the observation answers several in a list, else the text itself."""
    if n_calls < 2 or not text.lstrip().startswith("["):
        return [text]
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return [text]
    if not isinstance(value, list) or len(value) != n_calls:
        return [text]
    return [part if isinstance(part, str) else json_text(part) for part in value]
