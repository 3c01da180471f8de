"""The contract of a row of LLaMA-Factory's v1 messages, read from its bytes as v1 reads them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from curation.export_reasons import DropReason, Unfit
from curation.exports.chat_look import decoded, tool_schemas
from curation.exports.row_text import check_arguments


class _Part(Struct, gc=False, forbid_unknown_fields=True):
    type: str
    value: str


class _Message(Struct, gc=False, forbid_unknown_fields=True):
    role: str
    content: list[_Part]
    loss_weight: float | UnsetType = UNSET


class _Row(Struct, gc=False, forbid_unknown_fields=True):
    tools: str
    messages: list[_Message] | UnsetType = UNSET
    chosen_messages: list[_Message] | UnsetType = UNSET
    rejected_messages: list[_Message] | UnsetType = UNSET


class _Call(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    arguments: Raw


_row_decoder = msgspec.json.Decoder(_Row)
_call_decoder = msgspec.json.Decoder(_Call)

_ROLES = frozenset({"system", "user", "assistant", "tool"})
_OF_STEPS = frozenset({"text", "reasoning", "tool_call"})


def check_v1_row(line: bytes) -> None:
    """Refuse a row that v1 would stop at, or learn otherwise than it is meant.

    Raises:
        Unfit: the row breaks the contract.
    """
    row = decoded(_row_decoder, line)
    schemas = tool_schemas(row.tools.encode()) if row.tools else {}
    if row.messages:
        _check_messages(row.messages, schemas)
        return
    if not (row.chosen_messages and row.rejected_messages):
        raise Unfit(DropReason.ROW_FORM, "it has neither `messages` nor a pair")
    chosen, rejected = row.chosen_messages, row.rejected_messages
    _check_messages(chosen, schemas)
    _check_messages(rejected, schemas)
    if chosen[:-1] != rejected[:-1]:
        raise Unfit(DropReason.ROW_FORM, "the sides answer different prompts")
    if chosen == rejected:
        raise Unfit(DropReason.SAME_SIDES)
    if any(message.loss_weight for message in chosen[:-1]):
        raise Unfit(DropReason.HALF_MASK, "the prompt of a pair has weight")
    if len(chosen) < 2 or chosen[-2].role not in ("user", "tool"):
        raise Unfit(DropReason.PROMPT_END, "before the sides")


def _check_messages(messages: Sequence[_Message], schemas: dict[str, bytes]) -> None:
    n_waiting = 0
    for index, message in enumerate(messages):
        where, role = f"message {index}", message.role
        if role not in _ROLES:
            raise Unfit(DropReason.ROW_FORM, f"{where}: the role {role!r}")
        kinds = {part.type for part in message.content}
        if not kinds or not kinds <= (_OF_STEPS if role == "assistant" else {"text"}):
            raise Unfit(DropReason.ROW_FORM, f"{where}: parts of the types {sorted(kinds)}")
        if message.loss_weight not in ((0.0, 1.0) if role == "assistant" else (0.0,)):
            raise Unfit(DropReason.HALF_MASK, f"{where}: the weight {message.loss_weight}")
        if role == "tool":
            n_waiting -= 1
            if n_waiting < 0:
                raise _misplaced(messages, index)
            continue
        if n_waiting:
            raise Unfit(DropReason.UNANSWERED_CALL, f"before {where}")
        n_waiting = _check_calls(message, where, schemas)
    last = messages[-1]
    if last.role != "assistant":
        raise Unfit(DropReason.LAST_NOT_ASSISTANT, f"it ends with {last.role}")
    if not any(message.loss_weight for message in messages):
        raise Unfit(DropReason.NO_TARGET, "every weight is 0")
    if last.loss_weight and not any(part.value for part in last.content):
        raise Unfit(DropReason.EMPTY_TARGET, "the last message")


def _misplaced(messages: Sequence[_Message], index: int) -> Unfit:
    later = any(part.type == "tool_call" for m in messages[index:] for part in m.content)
    reason = DropReason.RESULT_BEFORE_CALL if later else DropReason.ORPHAN_RESULT
    return Unfit(reason, f"message {index}")


def _check_calls(message: _Message, where: str, schemas: dict[str, bytes]) -> int:
    """How many calls the message makes."""
    n_calls = 0
    for part in message.content:
        if part.type != "tool_call":
            continue
        n_calls += 1
        if not schemas:
            raise Unfit(DropReason.NO_TOOLS, where)
        call = decoded(_call_decoder, part.value)
        raw = bytes(call.arguments)
        if raw[:1] != b"{":
            raise Unfit(DropReason.ARGUMENTS_TYPE, f"{where}, {call.name}: an object is due")
        check_arguments(raw, call.name, where, schemas)
    return n_calls
