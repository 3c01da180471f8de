"""ToolACE: tools inside the system text, calls as Python-call text (formats §3b).

The system text stays as it is, tool list included. A tool turn that lists several results becomes
one result per entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.call_text import read_calls
from curation.importing import ImportContext, Imported, import_format
from curation.named_results import named_results
from curation.prompt_tools import tools_in_text
from curation.sharegpt_turns import speakers, turns_of, unknown_speaker
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
                messages.extend(named_results(value))
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
