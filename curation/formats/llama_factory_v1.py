"""LLaMA-Factory v1: messages whose content is a list of typed parts (formats §3e).

Parts `{type, value}` of a message become its text, its reasoning and its calls; parts of other
types (images) stay parts. A result that lists one entry per parallel call becomes one result a
call. `loss_weight` stays with its message; exports read a 0 as they read OpenAI's `weight`. In
preference rows the chosen messages are the trajectory, and the rejected message at the place where
the two part is a prediction; where more messages follow it, all rejected ones stay in the source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import (
    ImportContext,
    Imported,
    ImportedPrediction,
    RecordError,
    import_format,
    json_text,
)
from curation.openai_messages import ROLES, read_arguments, read_message
from curation.sharegpt_turns import parallel_results, tools_in_record
from curation.trajectory import Message, Role, ToolCall, Trajectory

REJECTED = "rejected"
"""Model name of the prediction made from a rejected answer."""

_LISTS = ("messages", "chosen_messages", "rejected_messages")
_TAKEN = frozenset(("id", "tools", *_LISTS))
_TYPES = frozenset(("text", "reasoning", "tool_call"))


@import_format
class LlamaFactoryV1:
    """Rows `{messages, tools}` or `{chosen_messages, rejected_messages, tools}`."""

    name = "llama-factory-v1"
    title = "LLaMA-Factory v1 messages"
    description = (
        "messages whose content is a list of parts {type, value} (text, reasoning, tool_call), "
        "with loss_weight; in preference rows the rejected message becomes a prediction."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return any(
            _has_parts(message)
            for key in _LISTS
            if isinstance(record.get(key), list)
            for message in record[key][:8]
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        before = _messages(record, "messages") if record.get("messages") is not None else ()
        source = {k: v for k, v in record.items() if k not in _TAKEN}
        predictions: tuple[ImportedPrediction, ...] = ()
        messages = before
        if record.get("chosen_messages") is not None:
            messages = before + _messages(record, "chosen_messages")
            rejected = record.get("rejected_messages")
            if rejected:
                other = before + _messages(record, "rejected_messages")
                predictions = tuple(_rejected(messages, other))
                if not predictions or len(other) > predictions[0].message_index + 1:
                    source["rejected_messages"] = rejected
        elif not before:
            raise RecordError(
                "There are neither messages nor chosen messages.",
                "Give `messages`, or `chosen_messages` and `rejected_messages`.",
            )
        yield Imported(
            trajectory=Trajectory(messages, tools_in_record(record, context.tools, context.memory)),
            source_id=context.source_id(record),
            source=source,
            predictions=predictions,
        )


def _has_parts(message: Any) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    return isinstance(content, list) and any(
        isinstance(part, dict) and "value" in part and "type" in part for part in content
    )


def _rejected(
    chosen: tuple[Message, ...], rejected: tuple[Message, ...]
) -> Iterator[ImportedPrediction]:
    """The rejected answer for the first step at which it differs, when both are answers there."""
    for index, (kept, other) in enumerate(zip(chosen, rejected, strict=False)):
        if kept != other:
            if kept.role is other.role is Role.ASSISTANT:
                yield ImportedPrediction(index, REJECTED, other)
            return


def _messages(record: dict[str, Any], key: str) -> tuple[Message, ...]:
    value = record[key]
    if not isinstance(value, list):
        raise RecordError(f"`{key}` is not a list.", "Give a list of messages.")
    found: list[Message] = []
    for index, raw in enumerate(value):
        try:
            message = _message(raw)
        except RecordError as problem:
            raise RecordError(f"`{key}` {index}: {problem.message}", problem.hint) from None
        calls = found[-1].tool_calls if found else ()
        if message == Message(Role.TOOL, message.content) and isinstance(message.content, str):
            parts = parallel_results(message.content, len(calls))
            found.extend(Message(Role.TOOL, part) for part in parts)
        else:
            found.append(message)
    return tuple(found)


def _message(raw: Any) -> Message:
    if not _has_parts(raw):
        return read_message(raw)
    role = ROLES.get(raw.get("role"))
    if role is None:
        raise RecordError(
            f"The role {raw.get('role')!r} is unknown.", f"Roles are {', '.join(sorted(ROLES))}."
        )
    parts = [part for part in raw["content"] if isinstance(part, dict)]
    beside = {k: v for k, v in raw.items() if k not in ("role", "content")}
    plain = read_message({**beside, "role": role.value})
    texts = [_text(part) for part in parts if part.get("type") == "text"]
    others = [part for part in parts if part.get("type") not in _TYPES]
    reasoning = [_text(part) for part in parts if part.get("type") == "reasoning"]
    calls = [c for part in parts if part.get("type") == "tool_call" for c in _calls(part)]
    message = msgspec.structs.replace(
        plain,
        tool_calls=tuple(calls),
        reasoning="\n".join(reasoning) if reasoning else None,
    )
    if others or len(texts) > 1:
        content: Any = [{"type": "text", "text": text} for text in texts] + others
        message = msgspec.structs.replace(message, content=content)
    elif texts:
        message = msgspec.structs.replace(message, content=texts[0])
    return message


def _text(part: dict[str, Any]) -> str:
    value = part.get("value")
    return value if isinstance(value, str) else json_text(value)


def _calls(part: dict[str, Any]) -> Iterator[ToolCall]:
    """The calls of a part; one that is no JSON is kept as a call that does not parse."""
    value = part.get("value")
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            yield ToolCall("", value)
            return
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            yield ToolCall(entry["name"], read_arguments(entry.get("arguments")))
        else:
            yield ToolCall("", json_text(entry))
