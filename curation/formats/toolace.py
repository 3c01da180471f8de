"""ToolACE: tools inside the system text, calls as Python-call text (formats §3b).

The system text stays as it is, tool list included. A tool turn that lists several results becomes
one result per entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.call_text import read_calls
from curation.importing import ImportContext, Imported, import_format, json_text
from curation.sharegpt_turns import speakers, turns_of, unknown_speaker
from curation.tagged_text import values_in
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolSpec, Trajectory

_SPEAKERS = frozenset(("user", "assistant", "tool", "system", "human", "gpt"))
_TAKEN = frozenset(("system", "conversations", "id"))


@import_format
class ToolACE:
    """Rows `{system, conversations}` with calls such as `[Find Hotel(city="Oslo")]`."""

    name = "toolace"
    title = "ToolACE call text"
    description = (
        "A system text that lists the functions, and an assistant that calls them as "
        "[name(key=value), …]. Names may hold spaces, slashes and dots; JSON literals are read."
    )
    extends = ("sharegpt",)

    def sniff(self, record: dict[str, Any]) -> bool:
        system = record.get("system")
        who = speakers(record)
        if not isinstance(system, str) or not who or not who <= _SPEAKERS:
            return False
        if "func_name1(" in system:
            return True
        tools = tools_in_text(system)
        return bool(tools) and any(
            turn["from"] in ("assistant", "gpt") and _answer(turn["value"], tools).tool_calls
            for turn in record["conversations"]
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        system = record.get("system")
        text = system if isinstance(system, str) else ""
        tools = tools_in_text(text) or context.tools
        messages = [Message(Role.SYSTEM, text)] if text else []
        for speaker, value in turns_of(record):
            if speaker in ("assistant", "gpt"):
                messages.append(_answer(value, tools))
            elif speaker == "tool":
                messages.extend(_results(value))
            elif speaker in _SPEAKERS:
                role = Role.SYSTEM if speaker == "system" else Role.USER
                messages.append(Message(role, value))
            else:
                raise unknown_speaker(speaker, _SPEAKERS)
        yield Imported(
            trajectory=Trajectory(tuple(messages), tools),
            source_id=context.source_id(record),
            source={k: v for k, v in record.items() if k not in _TAKEN},
        )


def _answer(text: str, tools: tuple[ToolSpec, ...]) -> Message:
    """The assistant's turn: calls when it is a bracketed list of them, else text."""
    found = read_calls(text, tools) if text.lstrip().startswith("[") else None
    if found is None:
        return Message(Role.ASSISTANT, text)
    return Message(Role.ASSISTANT, found.rest or None, found.calls)


def tools_in_text(text: str) -> tuple[ToolSpec, ...]:
    """The definitions in a prompt: the first list of named objects, else all named objects."""
    loose: list[Any] = []
    for value, _, _ in values_in(text):
        if isinstance(value, list) and value and all(_is_definition(v) for v in value):
            return read_tools(value)
        if _is_definition(value):
            loose.append(value)
    return read_tools(loose)


def _is_definition(value: Any) -> bool:
    return isinstance(value, dict) and (
        isinstance(value.get("name"), str) or isinstance(value.get("function"), dict)
    )


def _results(text: str) -> list[Message]:
    """One message per `{name, results}`; any other text is one result."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return [Message(Role.TOOL, text)]
    if not isinstance(value, list) or not value or not all(_is_result(v) for v in value):
        return [Message(Role.TOOL, text)]
    return [
        Message(
            Role.TOOL,
            v["results"] if isinstance(v["results"], str) else json_text(v["results"]),
            name=v["name"],
        )
        for v in value
    ]


def _is_result(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"name", "results"}
        and isinstance(value["name"], str)
    )
