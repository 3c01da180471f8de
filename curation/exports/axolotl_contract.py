"""The contract of an Axolotl row, read from its bytes as `chat_template` reads them (0.19.0).

A message without `train` falls back on the roles of the config, and offsets that miss a part leave
it out of the loss without a word; so every step has to say what is learnt, and parts have to cover
their text from end to end.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType

from curation.export_reasons import DropReason, Unfit
from curation.exports.chat_look import (
    ChatMessage,
    Look,
    check_prompt_end,
    check_sides,
    decoded,
    refuse_no_target,
    tool_schemas,
)


class _Detail(Struct, gc=False, forbid_unknown_fields=True):
    begin_offset: int
    end_offset: int
    train: bool


class _Message(ChatMessage, gc=False, forbid_unknown_fields=True):
    train: bool | UnsetType = UNSET
    train_detail: list[_Detail] | UnsetType = UNSET


class _Row(Struct, gc=False, forbid_unknown_fields=True):
    messages: list[_Message]
    tools: str
    completion: list[_Message] | UnsetType = UNSET
    chosen: _Message | UnsetType = UNSET
    rejected: _Message | UnsetType = UNSET
    label: bool | UnsetType = UNSET


_row_decoder = msgspec.json.Decoder(_Row)

_ROLES = frozenset({"system", "user", "assistant", "tool"})


def check_axolotl_row(line: bytes) -> None:
    """Refuse a row that Axolotl would not train on as it is meant.

    Raises:
        Unfit: the row breaks the contract.
    """
    row = decoded(_row_decoder, line)
    look = Look(tool_schemas(row.tools.encode()), b'"', _ROLES, ids=False)
    if not row.messages:
        raise Unfit(DropReason.NO_PROMPT)
    if row.chosen and row.rejected:
        check_prompt_end(row.messages)
        look.at([*row.messages, row.chosen])
        look.at([*row.messages, row.rejected])
        check_sides([row.chosen], [row.rejected])
    elif row.completion:
        if row.label is UNSET:
            raise Unfit(DropReason.ROW_FORM, "a completion needs a label")
        check_prompt_end(row.messages)
        look.at([*row.messages, *row.completion])
        if row.completion[0].role != "assistant":
            begins = row.completion[0].role
            raise Unfit(DropReason.ROLE_ORDER, f"the completion begins with {begins}")
        if row.label:
            refuse_no_target(row.completion, "the completion")
    else:
        look.at(row.messages)
        _check_training(row.messages)


def _check_training(messages: Sequence[_Message]) -> None:
    """Every step says whether it is learnt, nothing else does, and one of them is."""
    learnt = None
    for index, message in enumerate(messages):
        if message.role != "assistant":
            if message.train is not UNSET or message.train_detail is not UNSET:
                raise Unfit(DropReason.HALF_MASK, f"message {index}: `train` on {message.role}")
        elif message.train is UNSET or message.weight is not UNSET:
            raise Unfit(DropReason.HALF_MASK, f"message {index} does not say whether it is learnt")
        elif message.train:
            learnt = message
            if message.train_detail is not UNSET:
                _check_parts(message, message.train_detail, index)
        elif message.train_detail is not UNSET:
            raise Unfit(DropReason.HALF_MASK, f"message {index}: parts of what is not learnt")
    if learnt is None:
        raise Unfit(DropReason.NO_TARGET, "no step has `train`")
    last = messages[-1]
    if last.role != "assistant":
        raise Unfit(DropReason.LAST_NOT_ASSISTANT, f"it ends with {last.role}")
    if last.train:
        refuse_no_target([last], "the last message")


def _check_parts(message: _Message, parts: list[_Detail], index: int) -> None:
    """Parts that lie end to end over the text, taking turns in being learnt."""
    text = message.content or ""
    at, before = 0, None
    for part in parts:
        if part.begin_offset != at or part.end_offset < at or part.train is before:
            raise Unfit(DropReason.HALF_MASK, f"message {index}: a part begins at {at}")
        at, before = part.end_offset + 1, part.train
    if at != len(text) or not any(part.train for part in parts):
        raise Unfit(DropReason.HALF_MASK, f"message {index}: parts of {at} of {len(text)} letters")
    if message.tool_calls:
        raise Unfit(DropReason.HALF_MASK, f"message {index}: words beside a call")
