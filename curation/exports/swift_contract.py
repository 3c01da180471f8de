"""The contract of an ms-swift row, read from its bytes as ms-swift reads them (4.6.0).

It joins messages of one speaker, pairs calls and results by their place and, unless it is strict,
leaves a row out that it cannot read; so all that is looked at before.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from curation.export_reasons import DropReason, Unfit
from curation.exports.chat_look import decoded, tool_schemas
from curation.exports.row_text import check_arguments


class _Item(Struct, gc=False, forbid_unknown_fields=True):
    role: str
    content: str
    loss: bool | UnsetType = UNSET


class _Row(Struct, gc=False, forbid_unknown_fields=True):
    messages: list[_Item]
    tools: str
    rejected_messages: list[_Item] | UnsetType = UNSET
    rejected_tools: str | UnsetType = UNSET
    label: bool | UnsetType = UNSET


class _Call(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    arguments: Raw


_row_decoder = msgspec.json.Decoder(_Row)
_call_decoder = msgspec.json.Decoder(_Call)

_ANSWERS = ("assistant", "tool_call")
_FOLLOWS = {
    "user": (None, "system", *_ANSWERS),
    "assistant": ("user", "tool_response", "assistant"),
    "tool_call": ("user", "tool_response", *_ANSWERS),
    "tool_response": ("tool_call", "tool_response"),
    "system": (None,),
}


def check_swift_row(line: bytes) -> None:
    """Refuse a row that ms-swift would leave out, or learn otherwise than it is meant.

    Raises:
        Unfit: the row breaks the contract.
    """
    row = decoded(_row_decoder, line)
    schemas = tool_schemas(row.tools.encode())
    _check_turns(row.messages, schemas)
    if row.rejected_messages is not UNSET:
        if row.rejected_tools != row.tools:
            raise Unfit(DropReason.ROW_FORM, "the sides have different tools")
        _check_turns(row.rejected_messages, schemas)
        _check_sides(row.messages, row.rejected_messages)
    if row.label is not False:
        last = row.messages[-1]
        # Text and calls of one step; a call is never empty.
        if last.loss and not last.content and _stands_alone(row.messages):
            raise Unfit(DropReason.EMPTY_TARGET, "the last message")


def _stands_alone(items: Sequence[_Item]) -> bool:
    return len(items) < 2 or items[-2].role not in _ANSWERS


def _check_turns(items: Sequence[_Item], schemas: dict[str, bytes]) -> None:
    before: str | None = None
    n_calls = n_results = 0
    for index, item in enumerate(items):
        where = f"message {index}"
        role = item.role
        if role not in _FOLLOWS:
            raise Unfit(DropReason.ROW_FORM, f"{where}: the role {role!r}")
        if (item.loss is UNSET) is (role in _ANSWERS):
            raise Unfit(DropReason.HALF_MASK, f"{where}: `loss` belongs on answers, on all of them")
        if before not in _FOLLOWS[role]:
            raise _misplaced(items, index)
        if role == "tool_call":
            _check_call(item, where, schemas)
        if role != "tool_response" and before == "tool_response" and n_results < n_calls:
            raise Unfit(DropReason.UNANSWERED_CALL, where)
        if role == "user" and before == "tool_call":
            raise Unfit(DropReason.UNANSWERED_CALL, where)
        if role != "tool_response" and before == "tool_response":
            n_calls = n_results = 0
        n_calls += role == "tool_call"
        n_results += role == "tool_response"
        if n_results > n_calls:
            raise Unfit(DropReason.ORPHAN_RESULT, where)
        before = role
    if before not in _ANSWERS:
        raise Unfit(DropReason.LAST_NOT_ASSISTANT, f"it ends with {before}")
    if not any(item.loss for item in items):
        raise Unfit(DropReason.NO_TARGET, "no message has `loss`")


def _misplaced(items: Sequence[_Item], index: int) -> Unfit:
    role, where = items[index].role, f"message {index}"
    if role == "system":
        return Unfit(DropReason.SYSTEM_PLACE, where)
    if role == "tool_response":
        later = any(item.role == "tool_call" for item in items[index:])
        reason = DropReason.RESULT_BEFORE_CALL if later else DropReason.ORPHAN_RESULT
        return Unfit(reason, where)
    return Unfit(DropReason.ALTERNATION, f"{where} is {role}")


def _check_call(item: _Item, where: str, schemas: dict[str, bytes]) -> None:
    if not schemas:
        raise Unfit(DropReason.NO_TOOLS, where)
    call = decoded(_call_decoder, item.content)
    raw = bytes(call.arguments)
    if raw[:1] != b"{":
        raise Unfit(DropReason.ARGUMENTS_TYPE, f"{where}, {call.name}: an object is due")
    check_arguments(raw, call.name, where, schemas)


def _check_sides(chosen: list[_Item], rejected: list[_Item]) -> None:
    """Both sides begin with the same messages, and only what is learnt differs."""
    sides = [[i for i, item in enumerate(side) if item.loss] for side in (chosen, rejected)]
    (a, *_), (b, *_) = sides
    if a != b or chosen[:a] != rejected[:b]:
        raise Unfit(DropReason.ROW_FORM, "the sides answer different prompts")
    if chosen[a:] == rejected[b:]:
        raise Unfit(DropReason.SAME_SIDES)
    if not a or chosen[a - 1].role not in ("user", "tool_response"):
        raise Unfit(DropReason.PROMPT_END, "before the sides")
