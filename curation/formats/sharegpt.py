"""ShareGPT with function_call and observation turns, as LLaMA-Factory writes it (formats §3a).

A `gpt` turn right before a `function_call` is the text of the same step: the format cannot say
both in one turn. An observation that is a list with one entry per parallel call becomes one result
per call. In preference rows `chosen` ends the trajectory and `rejected` is a prediction for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import (
    ImportContext,
    Imported,
    ImportedPrediction,
    import_format,
    json_text,
)
from curation.openai_messages import read_arguments
from curation.sharegpt_turns import (
    SPEAKERS,
    parallel_results,
    read_turn,
    speakers,
    tools_in_record,
    turns_of,
    unknown_speaker,
)
from curation.trajectory import Message, Role, ToolCall, Trajectory

REJECTED = "rejected"
"""Model name of the prediction made from a rejected answer."""

_TAKEN = frozenset(("conversations", "tools", "system", "id", "chosen", "rejected"))
_NAME = re.compile(r"""["']name["']\s*:\s*["']([^"']*)["']""")


@import_format
class ShareGPT:
    """Turns by human, gpt, function_call and observation; tools as JSON text."""

    name = "sharegpt"
    title = "ShareGPT"
    description = (
        "conversations with from and value, where calls are function_call turns (JSON, a list for "
        "parallel calls) and results observation turns; tools as JSON text. LLaMA-Factory's shape."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        who = speakers(record)
        tool_use = "tools" in record or not who.isdisjoint(("function_call", "observation"))
        return bool(who) and who <= SPEAKERS and tool_use

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        messages: list[Message] = []
        if record.get("system"):
            messages.append(Message(Role.SYSTEM, str(record["system"])))
        for speaker, text in turns_of(record):
            _add(messages, speaker, text)
        predictions: tuple[ImportedPrediction, ...] = ()
        if isinstance(record.get("chosen"), dict):
            index = len(messages)
            messages.append(_answer(record["chosen"]))
            if isinstance(record.get("rejected"), dict):
                rejected = _answer(record["rejected"])
                predictions = (ImportedPrediction(index, REJECTED, rejected),)
        yield Imported(
            trajectory=Trajectory(
                tuple(messages), tools_in_record(record, context.tools, context.memory)
            ),
            source_id=context.source_id(record),
            source={k: v for k, v in record.items() if k not in _TAKEN},
            predictions=predictions,
        )


def _answer(turn: Any) -> Message:
    """A chosen or rejected answer: one turn of the assistant."""
    messages: list[Message] = []
    _add(messages, *read_turn(turn, "The answer"))
    return messages[0]


def _add(messages: list[Message], speaker: str, text: str) -> None:
    match speaker:
        case "human":
            messages.append(Message(Role.USER, text))
        case "gpt":
            messages.append(Message(Role.ASSISTANT, text))
        case "system":
            messages.append(Message(Role.SYSTEM, text))
        case "function_call":
            calls = read_function_calls(text)
            before = messages[-1] if messages else None
            if before and before.role is Role.ASSISTANT and not before.tool_calls:
                messages[-1] = msgspec.structs.replace(before, tool_calls=calls)
            else:
                messages.append(Message(Role.ASSISTANT, None, calls))
        case "observation":
            calls = messages[-1].tool_calls if messages else ()
            messages.extend(Message(Role.TOOL, part) for part in parallel_results(text, len(calls)))
        case _:
            raise unknown_speaker(speaker, SPEAKERS)


def read_function_calls(text: str) -> tuple[ToolCall, ...]:
    """The calls of a function_call turn; text that is none is kept as one that does not parse."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return (_unparsed(text),)
    entries = value if isinstance(value, list) else [value]
    return tuple(_call(entry) for entry in entries)


def _call(entry: Any) -> ToolCall:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return ToolCall("", json_text(entry))
    arguments = entry.get("arguments", entry.get("parameters"))
    call_id = entry.get("id")
    return ToolCall(
        entry["name"], read_arguments(arguments), call_id if isinstance(call_id, str) else None
    )


def _unparsed(text: str) -> ToolCall:
    found = _NAME.search(text)
    return ToolCall(found.group(1) if found else "", text)
