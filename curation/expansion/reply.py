"""A generator's reply made into a sample, or into the reason why it is none.

The reply is the JSON object that was asked for. Text around exactly one such object, or a code
fence, is put up with, since endpoints without structured output write them; nothing inside is
mended: arguments stay as they were generated, messages in the order in which they came. Ids of
calls are ours, as the model is not asked for any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from curation.expansion.refusals import NotASample, Refusal
from curation.judge_reply import NoVerdict, answer_part, read_json, repeats
from curation.judging import JudgeReply, Unscored
from curation.tagged_text import values_in
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory, encode_messages

_CALLS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "arguments": {"type": "string"}},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    },
}
SAMPLE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "plan": {"type": "string"},
        "messages": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "role": {"type": "string", "enum": ["user", "assistant", "tool"]},
                    "content": {"type": "string"},
                    "calls": _CALLS,
                },
                "required": ["role", "content", "calls"],
                "additionalProperties": False,
            },
        },
        "calls": _CALLS,
        "answer": {"type": "string"},
    },
    "required": ["plan", "messages", "calls", "answer"],
    "additionalProperties": False,
}
"""What a reply must be. The plan comes first, so that the sample follows from it. Arguments are
JSON in a text, since strict structured output knows no objects with free keys."""

_MARKER = re.compile(r"</?data-[0-9a-f]{16}", re.IGNORECASE)
_REASONS = {
    Unscored.REFUSED: Refusal.DECLINED,
    Unscored.TRUNCATED: Refusal.TRUNCATED,
    Unscored.EMPTY: Refusal.EMPTY,
}


class _Call(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    arguments: str | dict[str, Any]


class _Said(Struct, frozen=True, forbid_unknown_fields=True):
    role: str
    content: str = ""
    calls: list[_Call] = []


class _Sample(Struct, frozen=True, forbid_unknown_fields=True):
    messages: list[_Said]
    calls: list[_Call]
    plan: str = ""
    answer: str = ""


def read_sample(
    reply: JudgeReply,
    tools: tuple[ToolSpec, ...],
    lead: tuple[Message, ...] = (),
    *,
    with_text: bool = False,
) -> Trajectory:
    """The sample in a reply: its last message is the right answer to all before it.

    Args:
        tools: those of the seed.
        lead: the system messages of the seed, which its children keep.
        with_text: the right answer may be text alone.

    Raises:
        NotASample: the reply cannot be read, or its messages are no conversation.
    """
    said = _read(reply)
    messages = [*lead, *_conversation(said)]
    if not said.calls and not (with_text and said.answer.strip()):
        raise NotASample(Refusal.NO_CALL, "The right answer calls nothing.")
    taken = sum(len(message.tool_calls) for message in messages)
    messages.append(Message(Role.ASSISTANT, said.answer.strip() or None, _calls(said.calls, taken)))
    try:
        encode_messages(tuple(messages))
    except (UnicodeEncodeError, RecursionError):
        raise NotASample(Refusal.UNSTORABLE, "It holds halves of characters.") from None
    return Trajectory(tuple(messages), tools)


def _read(reply: JudgeReply) -> _Sample:
    try:
        text = answer_part(reply)
    except NoVerdict as problem:
        reason = _REASONS.get(problem.reason, Refusal.UNREADABLE)
        raise NotASample(reason, problem.detail) from None
    if reply.finish is None and not text.endswith("}"):
        raise NotASample(Refusal.TRUNCATED, "The endpoint does not say that the reply ended.")
    if _MARKER.search(text):
        raise NotASample(Refusal.MARKERS, "It repeats the markers of the recorded data.")
    value = _object_in(text)
    if repeats(value):
        raise NotASample(Refusal.WRONG_SCHEMA, "The reply gives one key twice.")
    try:
        return msgspec.convert(value, _Sample)
    except msgspec.ValidationError as problem:
        raise NotASample(Refusal.WRONG_SCHEMA, f"{str(problem).replace('`$.', '`')}.") from None


def _object_in(text: str) -> Any:
    is_json, value = read_json(text)
    if is_json:
        return value
    found = [(start, end) for value, start, end in values_in(text) if isinstance(value, dict)]
    if len(found) != 1:
        what = f"{len(found)} JSON objects" if found else "no JSON object that can be read"
        raise NotASample(Refusal.UNREADABLE, f"The reply holds {what}.")
    [(start, end)] = found
    return read_json(text[start:end])[1]


def _conversation(said: _Sample) -> Iterator[Message]:
    """The messages before the right answer.

    Raises:
        NotASample: they do not follow each other as those of a conversation do.
    """
    before = ""
    waiting: list[ToolCall] = []
    taken = 0
    for number, one in enumerate(said.messages, start=1):
        problem = _misplaced(one, before, bool(waiting))
        if problem:
            raise NotASample(Refusal.ROLES, f"Message {number} {problem}.")
        match one.role:
            case "tool":
                call = waiting.pop(0)
                yield Message(Role.TOOL, one.content, tool_call_id=call.id, name=call.name)
            case "assistant":
                calls = _calls(one.calls, taken)
                taken += len(calls)
                waiting = list(calls)
                content = one.content if one.content.strip() or not calls else None
                yield Message(Role.ASSISTANT, content, calls)
            case _:
                yield Message(Role.USER, one.content)
        before = one.role
    if waiting:
        raise NotASample(Refusal.ROLES, "A call before the end has no result.")
    if before not in ("user", "tool"):
        raise NotASample(
            Refusal.ROLES, "The conversation ends with the assistant, so nothing is to be answered."
        )


def _misplaced(one: _Said, before: str, is_waiting: bool) -> str:
    """What is wrong with a message where it stands; "" when nothing is."""
    if one.role not in ("user", "assistant", "tool"):
        return f"is by {one.role[:40]!r}, who does not speak here"
    if one.role != "assistant" and one.calls:
        return f"is by {one.role} and holds calls"
    if one.role == "tool":
        return "" if is_waiting else "is a result that answers no call"
    if is_waiting:
        return "stands where a result should"
    if one.role == "user" and before == "tool":
        return "is by the user, directly after a result"
    if one.role == before:
        return f"is by {one.role}, as the one before it"
    if one.role == "assistant" and not before:
        return "is by the assistant, before the user has said anything"
    if not one.content.strip() and not one.calls:
        return "is empty"
    return ""


def _calls(calls: list[_Call], taken: int) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(call.name, _arguments(call.arguments), f"call_{number}")
        for number, call in enumerate(calls, start=taken + 1)
    )


def _arguments(given: str | dict[str, Any]) -> str:
    """As it was written; an object that was written as such as compact JSON."""
    if isinstance(given, str):
        return given
    try:
        return msgspec.json.encode(given).decode()
    except (UnicodeEncodeError, RecursionError):
        raise NotASample(Refusal.UNSTORABLE, "It holds halves of characters.") from None
