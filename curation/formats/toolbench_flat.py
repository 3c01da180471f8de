"""ToolBench's flat conversations (`toolllama_G123_dfs_*.json`): ReAct text by turns (formats §5b).

An assistant turn `Thought: … Action: name Action Input: {…}` becomes a call with the thought as its
text. The tools stand in the system text as a Python literal; the text stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, import_format
from curation.react_text import is_react, read_react, tools_in_prompt
from curation.sharegpt_turns import turns_of, unknown_speaker
from curation.trajectory import Message, Role, Trajectory

_ROLES = {"system": Role.SYSTEM, "user": Role.USER, "function": Role.TOOL}
_KNOWN = frozenset((*_ROLES, "assistant"))
_TAKEN = frozenset(("id", "conversations"))


@import_format
class ToolBenchFlat:
    """Rows `{id, conversations}` from system, user, assistant and function."""

    name = "toolbench-flat"
    title = "ToolBench conversations"
    description = (
        "ToolLLaMA's training rows: conversations in which the assistant writes Thought, Action "
        "and Action Input, and the tools stand in the system text."
    )
    extends = ("sharegpt",)

    def sniff(self, record: dict[str, Any]) -> bool:
        turns = record.get("conversations")
        return isinstance(turns, list) and any(
            turn.get("from") == "assistant" and is_react(turn.get("value")) for turn in turns
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        messages: list[Message] = []
        for speaker, text in turns_of(record):
            if speaker == "assistant":
                messages.append(read_react(text))
            elif speaker in _ROLES:
                messages.append(Message(_ROLES[speaker], text))
            else:
                raise unknown_speaker(speaker, _KNOWN)
        system = next((m.text for m in messages if m.role is Role.SYSTEM), "")
        yield Imported(
            trajectory=Trajectory(tuple(messages), tools_in_prompt(system) or context.tools),
            source_id=context.source_id(record),
            source={k: v for k, v in record.items() if k not in _TAKEN},
        )
