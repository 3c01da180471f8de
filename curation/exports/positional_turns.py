"""Conversations of trainers that know no ids: a result belongs to the call in its place.

System first, then users and assistants in turn; results stand right behind their calls, in their
order. What is not so is refused, or put in order where the ids say how.
"""

from __future__ import annotations

from curation.export_reasons import Adaptation, DropReason, Unfit
from curation.exporting import Notes
from curation.exports.chat import readable_calls, text_of
from curation.exports.think_tags import fitted_thought
from curation.steps import pair_results
from curation.trajectory import Message, Role, ToolCall


def positional(messages: tuple[Message, ...], notes: Notes) -> tuple[Message, ...]:
    """The messages as such a conversation.

    Raises:
        Unfit: they are none.
    """
    fitted = without_ids(messages, notes)
    before = None
    for index, message in enumerate(fitted):
        role = message.role
        if role is Role.SYSTEM:
            if index:
                raise Unfit(DropReason.SYSTEM_PLACE, f"message {index}")
            continue
        if not _may_follow(role, before):
            raise Unfit(DropReason.ALTERNATION, f"message {index} is {role.value}")
        before = role
    return fitted


def without_ids(messages: tuple[Message, ...], notes: Notes) -> tuple[Message, ...]:
    """The messages without ids, results in the order of their calls, thinking apart from text.

    Raises:
        Unfit: calls and results cannot be told by their places.
    """
    ordered = _ordered(messages, notes)
    return tuple([_message(m, i, notes) for i, m in enumerate(ordered)])


def _may_follow(role: Role, before: Role | None) -> bool:
    match role:
        case Role.USER:
            return before in (None, Role.ASSISTANT)
        case Role.TOOL:
            return before in (Role.ASSISTANT, Role.TOOL)
        case _:
            return before in (Role.USER, Role.TOOL)


def _ordered(messages: tuple[Message, ...], notes: Notes) -> tuple[Message, ...]:
    pairing = pair_results(messages)
    if pairing.orphans:
        raise Unfit(DropReason.ORPHAN_RESULT, f"message {pairing.orphans[0]}")
    ordered = list(messages)
    last = len(messages) - 1
    for index, message in enumerate(messages):
        if not message.tool_calls or index == last:
            continue
        n = len(message.tool_calls)
        places = [pairing.results.get((index, j)) for j in range(n)]
        if sorted(place or 0 for place in places) != list(range(index + 1, index + n + 1)):
            missing = next((j for j, place in enumerate(places) if place is None), 0)
            detail = f"message {index}, {message.tool_calls[missing].name}"
            raise Unfit(DropReason.UNANSWERED_CALL, detail)
        results = [messages[place] for place in places if place is not None]
        notes[Adaptation.RESULTS_ORDERED] += results != ordered[index + 1 : index + n + 1]
        ordered[index + 1 : index + n + 1] = results
    return tuple(ordered)


def _message(message: Message, index: int, notes: Notes) -> Message:
    text, role = text_of(message, notes), message.role
    if role is Role.TOOL:
        return Message(role, text)
    notes[Adaptation.NAMES_LEFT_OUT] += message.name is not None
    if role is Role.DEVELOPER:
        notes[Adaptation.DEVELOPER_AS_SYSTEM] += 1
        return Message(Role.SYSTEM, text)
    if role is not Role.ASSISTANT:
        return Message(role, text)
    reasoning, text = fitted_thought(message.reasoning, text, index)
    calls = tuple(
        [ToolCall(call.name, call.raw_arguments.strip()) for call in readable_calls(message, index)]
    )
    return Message(role, text, calls, reasoning=reasoning)
