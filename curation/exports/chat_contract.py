"""The contract of a chat row, read from its bytes as a trainer reads them.

Layouts write what fits; this looks at what they wrote, and knows nothing of how. So a mistake in a
layout, in the store or in a source stops here, row by row, with a reason, and not in the trainer.
What all such contracts have in common is `chat_look`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

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


class ChatRow(Struct, gc=False, forbid_unknown_fields=True):
    """A row of any of the shapes that TRL reads."""

    messages: list[ChatMessage] | UnsetType = UNSET
    prompt: list[ChatMessage] | UnsetType = UNSET
    completion: list[ChatMessage] | UnsetType = UNSET
    chosen: list[ChatMessage] | UnsetType = UNSET
    rejected: list[ChatMessage] | UnsetType = UNSET
    label: bool | UnsetType = UNSET
    tools: str | UnsetType = UNSET


NO_TOOLS = Raw(b"[]")


class _Input(Struct, gc=False, forbid_unknown_fields=True):
    messages: list[ChatMessage]
    tools: Raw = NO_TOOLS


class TuningRow(Struct, gc=False, forbid_unknown_fields=True):
    """A row of either shape that OpenAI's service reads."""

    messages: list[ChatMessage] | UnsetType = UNSET
    input: _Input | UnsetType = UNSET
    preferred_output: list[ChatMessage] | UnsetType = UNSET
    non_preferred_output: list[ChatMessage] | UnsetType = UNSET
    tools: Raw = NO_TOOLS


_chat_decoder = msgspec.json.Decoder(ChatRow)
_tuning_decoder = msgspec.json.Decoder(TuningRow)

_ROLES = frozenset({"system", "user", "assistant", "tool"})
_SERVICE_ROLES = _ROLES | {"developer"}


def check_chat_row(line: bytes, *, objects: bool) -> None:
    """Refuse a row that TRL would not train on as it is meant. `objects`: arguments are objects.

    Raises:
        Unfit: the row breaks the contract.
    """
    row = decoded(_chat_decoder, line)
    if not row.tools:
        raise Unfit(DropReason.ROW_FORM, "there is no `tools`")
    schemas = tool_schemas(row.tools.encode())
    look = Look(schemas, b"{" if objects else b'"', _ROLES, ids=False)
    if row.messages:
        look.at(row.messages)
        refuse_no_target(row.messages[-1:], "the last message")
        return
    if not row.prompt:
        raise Unfit(DropReason.NO_PROMPT)
    prompt = row.prompt
    if row.chosen and row.rejected:
        check_prompt_end(prompt)
        look.at([*prompt, *row.chosen])
        look.at([*prompt, *row.rejected])
        check_sides(row.chosen, row.rejected)
    elif row.completion:
        if row.label is not UNSET:
            check_prompt_end(prompt)
        look.at([*prompt, *row.completion])
        if row.completion[0].role != "assistant":
            raise Unfit(DropReason.ROLE_ORDER, f"the completion begins with {_role(row)}")
        if row.label is not False:
            refuse_no_target(row.completion, "the completion")
    else:
        raise Unfit(DropReason.ROW_FORM, "there is nothing to learn beside the prompt")


def check_tuning_row(line: bytes) -> None:
    """Refuse a row that OpenAI's service would not take, or learn otherwise than it is meant.

    Raises:
        Unfit: the row breaks the contract.
    """
    row = decoded(_tuning_decoder, line)
    if row.messages:
        look = Look(tool_schemas(bytes(row.tools)), b'"', _SERVICE_ROLES, ids=True)
        look.at(row.messages)
        if row.messages[-1].role != "assistant":
            raise Unfit(DropReason.LAST_NOT_ASSISTANT, f"it ends with {row.messages[-1].role}")
        _check_weights(row.messages)
        return
    if not (row.input and row.preferred_output and row.non_preferred_output):
        raise Unfit(DropReason.ROW_FORM, "it has neither `messages` nor a pair")
    look = Look(tool_schemas(bytes(row.input.tools)), b'"', _SERVICE_ROLES, ids=True)
    prompt, chosen, rejected = row.input.messages, row.preferred_output, row.non_preferred_output
    if not prompt:
        raise Unfit(DropReason.NO_PROMPT)
    look.at([*prompt, *chosen])
    look.at([*prompt, *rejected], unlearnt=frozenset({len(prompt)}))
    check_sides(chosen, rejected)


def _check_weights(messages: Sequence[ChatMessage]) -> None:
    """Every assistant message has a weight or none has, 0 or 1, and one of them is learnt."""
    n_weighted = n_steps = learnt = 0
    for index, message in enumerate(messages):
        if message.role == "assistant":
            n_steps += 1
            if message.weight is UNSET:
                continue
            n_weighted += 1
            learnt += message.weight == 1
            if message.weight not in (0, 1):
                raise Unfit(DropReason.HALF_MASK, f"message {index}: weight {message.weight}")
        elif message.weight is not UNSET:
            raise Unfit(DropReason.HALF_MASK, f"message {index}: a weight on {message.role}")
    if n_weighted and n_weighted < n_steps:
        raise Unfit(DropReason.HALF_MASK, f"{n_weighted} of {n_steps} steps have a weight")
    if n_weighted and not learnt:
        raise Unfit(DropReason.NO_TARGET, "every weight is 0")
    if not n_weighted:
        refuse_no_target(messages[-1:], "the last message")


def _role(row: ChatRow) -> str:
    return row.completion[0].role if row.completion else "nothing"
