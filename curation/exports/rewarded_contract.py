"""The contract of a row for reinforcement learning, read from its bytes as its trainer reads them.

What a reward compares with must be an answer that a model could give: calls of tools on offer, with
arguments that are objects, no key twice. So the ground truth is looked at as if it were the
completion of its prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from curation.export_reasons import DropReason, Unfit
from curation.exports.chat_contract import check_chat_row

ROLES = frozenset({"system", "user", "assistant"})


class _Call(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    arguments: Raw


class _GoldCall(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    accepted: dict[str, list[Any]]
    optional: list[str]


class _Named(Struct, gc=False):
    name: str


class _Tool(Struct, gc=False):
    function: _Named


class RewardedRow(Struct, gc=False, forbid_unknown_fields=True):
    """A row for TRL's GRPOTrainer."""

    ground_truth: str
    alternatives: list[str]
    accepted: str
    reply: str
    prompt: Raw
    tools: str
    uid: str
    step: int
    split: str
    pass_rate: float | UnsetType = UNSET
    perplexity: float | UnsetType = UNSET


class _TextMessage(Struct, gc=False, forbid_unknown_fields=True):
    role: str
    content: str


class _RewardModel(Struct, gc=False, forbid_unknown_fields=True):
    style: str
    ground_truth: str


class _ExtraInfo(Struct, gc=False, forbid_unknown_fields=True):
    split: str
    uid: str
    step: int
    alternatives: list[str]
    accepted: str
    reply: str
    tools: str
    pass_rate: float | None
    perplexity: float | None


class VerlRow(Struct, gc=False, forbid_unknown_fields=True):
    """A row for verl, before it is a row of a table."""

    data_source: str
    prompt: list[_TextMessage]
    ability: str
    reward_model: _RewardModel
    extra_info: _ExtraInfo


_rewarded_decoder = msgspec.json.Decoder(RewardedRow)
_verl_decoder = msgspec.json.Decoder(VerlRow)
_calls_decoder = msgspec.json.Decoder(list[_Call])
_gold_decoder = msgspec.json.Decoder(list[_GoldCall])
_tools_decoder = msgspec.json.Decoder(list[_Tool])

_Row = TypeVar("_Row")


def check_rewarded_row(line: bytes) -> None:
    """Refuse a row that TRL's GRPOTrainer would not train on as it is meant.

    Raises:
        Unfit: the row breaks the contract.
    """
    row = _decoded(_rewarded_decoder, line)
    check_answers(bytes(row.prompt), row.tools, row.ground_truth, row.alternatives, row.reply)
    _check_gold(row.accepted)


def check_verl_row(line: bytes) -> None:
    """Refuse a row that verl would not train on as it is meant.

    Raises:
        Unfit: the row breaks the contract.
    """
    row = _decoded(_verl_decoder, line)
    extra, model = row.extra_info, row.reward_model
    if not row.prompt:
        raise Unfit(DropReason.NO_PROMPT)
    for index, message in enumerate(row.prompt):
        if message.role not in ROLES:
            raise Unfit(DropReason.ROW_FORM, f"message {index}: the role {message.role!r}")
    if row.prompt[-1].role != "user":
        raise Unfit(DropReason.PROMPT_END, f"it ends with {row.prompt[-1].role}")
    if model.style != "rule" or not row.data_source:
        raise Unfit(DropReason.ROW_FORM, "it names no rule to reward by")
    names = _names(extra.tools)
    system = "\n".join([m.content for m in row.prompt if m.role == "system"])
    if names and not ("<tools>" in system and all(name in system for name in names)):
        raise Unfit(DropReason.NO_TOOLS, "they do not stand in the prompt")
    asked = b'[{"role":"user","content":"?"}]'
    check_answers(asked, extra.tools, model.ground_truth, extra.alternatives, extra.reply)
    _check_gold(extra.accepted)


def check_answers(
    prompt: bytes, tools: str, ground_truth: str, alternatives: Sequence[str], reply: str
) -> None:
    """Look at every accepted answer as the completion of its prompt."""
    answers = (ground_truth, *alternatives)
    names = _names(tools)
    for place, answer in enumerate(answers):
        which = "the ground truth" if not place else f"alternative {place}"
        calls = _decoded(_calls_decoder, answer.encode())
        for call in calls:
            if bytes(call.arguments)[:1] != b"{":
                raise Unfit(DropReason.ARGUMENTS_TYPE, f"{which}, {call.name}: an object is due")
        if any(call.name not in names for call in calls) and names:
            name = next(call.name for call in calls if call.name not in names)
            raise Unfit(DropReason.UNOFFERED_TOOL, f"{which}: {name}")
        if answers.index(answer) != place:
            raise Unfit(DropReason.ROW_FORM, f"{which} says what another answer says")
        # Words of an alternative are not kept: nothing compares them.
        words = (reply if not place else "-") if not calls else ""
        check_chat_row(_as_completion(prompt, calls, words, tools), objects=False)


def _as_completion(prompt: bytes, calls: list[_Call], words: str, tools: str) -> bytes:
    """A prompt-completion row that is learnt from, as the chat contract reads it."""
    said: dict[str, object] = {"role": "assistant", "content": words}
    if calls:
        said["tool_calls"] = [
            {
                "type": "function",
                "function": {"name": call.name, "arguments": bytes(call.arguments).decode()},
            }
            for call in calls
        ]
    return msgspec.json.encode(
        {"prompt": Raw(prompt), "completion": [said], "label": True, "tools": tools}
    )


def _check_gold(accepted: str) -> None:
    """Refuse set-valued gold that the reward could not read."""
    if accepted and not _decoded(_gold_decoder, accepted.encode()):
        raise Unfit(DropReason.ROW_FORM, "its gold holds no call")


def _decoded(decoder: msgspec.json.Decoder[_Row], data: bytes) -> _Row:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as problem:
        text = str(problem)
        # What Arrow fills in is null at a key that this row does not have.
        filled = "got `null`" in text
        raise Unfit(DropReason.NULL_FILLED if filled else DropReason.ROW_FORM, text) from None


# Tool sets repeat from row to row.
@lru_cache(maxsize=2048)
def _names(tools: str) -> frozenset[str]:
    """Names of the tools of a row."""
    return frozenset([one.function.name for one in _decoded(_tools_decoder, tools.encode())])
