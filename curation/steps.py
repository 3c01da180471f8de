"""Pairing: which result answers which call.

Results are paired by id where ids are present and unambiguous, else by tool name among
the results that follow, else by order: three ways because sources drop, repeat and swap ids.
"""

from __future__ import annotations

from msgspec import Struct

from curation.trajectory import Message, Role, ToolCall


class Pairing(Struct, frozen=True):
    """Calls matched with results over a whole trajectory."""

    results: dict[tuple[int, int], int]
    """(message_index, call_index) -> message index of the tool message that answers it."""
    orphans: tuple[int, ...]
    """Message indexes of tool messages that answer no call."""


def pair_results(messages: tuple[Message, ...]) -> Pairing:
    """Match every tool message with the call it answers.

    A tool message only answers calls of the assistant messages since the last user message or
    before it, never later ones. An id that no earlier call has makes the message an orphan; a
    message without an id goes to the first waiting call of the same name, else the first waiting.
    """
    results: dict[tuple[int, int], int] = {}
    orphans: list[int] = []
    waiting: list[tuple[int, int, ToolCall]] = []
    tool = Role.TOOL  # looked up once: members of an enum are slow to get at
    for index, message in enumerate(messages):
        if message.role is tool:
            # Results mostly come in the order of their calls; looked at first, as bulk checking
            # spends a tenth of its time here.
            wanted = message.tool_call_id
            if wanted is not None and waiting and waiting[0][2].id == wanted:
                position: int | None = 0
            else:
                position = _answered(waiting, message)
            if position is None:
                orphans.append(index)
            else:
                i, j, _ = waiting.pop(position)
                results[i, j] = index
        elif message.tool_calls:
            for j, call in enumerate(message.tool_calls):
                waiting.append((index, j, call))
    return Pairing(results, tuple(orphans))


def _answered(waiting: list[tuple[int, int, ToolCall]], message: Message) -> int | None:
    """Position in `waiting` of the call that `message` answers."""
    if message.tool_call_id is not None:
        for position, (_, _, call) in enumerate(waiting):
            if call.id == message.tool_call_id:
                return position
        # Ids on results but not on calls (some exporters): fall through to order.
        waiting_ids = any(call.id is not None for _, _, call in waiting)
        if waiting_ids:
            return None
    if message.name:
        for position, (_, _, call) in enumerate(waiting):
            if call.name == message.name:
                return position
    return 0 if waiting else None
