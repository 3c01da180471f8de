"""Rows for TRL's GRPOTrainer: prompt messages, and the columns that its reward functions are given.

`tools` stays beside the messages as JSON text, as in all rows of this layout. GRPOTrainer renders
prompts with tools of its own only, never with a row's; `train_grpo.py` beside the rows therefore
renders each prompt with its tools before it trains.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from curation.episodes import ToolText
from curation.exports.chat import (
    MessageIn,
    MessageOut,
    WrappedIn,
    fitted_tools,
    read,
    tool_of,
    wrapped_text,
    written,
)
from curation.judged_rows import Rewarded
from curation.trajectory import Message

START = b'{"ground_truth":'
"""Of every line; no other row of the layout begins so."""


class _RowOut(Struct, gc=False, omit_defaults=True):
    ground_truth: str
    alternatives: tuple[str, ...]
    accepted: str
    reply: str
    prompt: list[MessageOut | Message]
    tools: Raw
    uid: str
    step: int
    split: str
    pass_rate: float | None = None
    perplexity: float | None = None


class _RowIn(Struct, gc=False, forbid_unknown_fields=True):
    ground_truth: str
    alternatives: tuple[str, ...]
    accepted: str
    reply: str
    prompt: list[MessageIn]
    tools: str
    uid: str
    step: int
    split: str
    pass_rate: float | None = None
    perplexity: float | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_RowIn)
_tools_decoder = msgspec.json.Decoder(list[WrappedIn])


def fit_rewarded(example: Rewarded, prompt: tuple[Message, ...]) -> Rewarded:
    """The example with a prompt that the layout fitted, and tools as it carries them.

    Raises:
        Unfit: calls earn the reward and no tool is on offer.
    """
    calls = any(one != "[]" for one in (example.ground_truth, *example.alternatives))
    has_calls = calls or any(message.tool_calls for message in prompt)
    tools = fitted_tools(example.tools, has_calls)
    return msgspec.structs.replace(example, prompt=prompt, tools=tools)


def encode_rewarded(example: Rewarded) -> bytes:
    """One row as one line."""
    return _encoder.encode(
        _RowOut(
            example.ground_truth,
            example.alternatives,
            example.accepted,
            example.reply,
            [written(message) for message in example.prompt],
            wrapped_text(example.tools),
            example.uid,
            example.step,
            example.split,
            example.pass_rate,
            example.perplexity,
        )
    )


def check_rewarded(line: bytes) -> None:
    """Every key and type of the row."""
    _decoder.decode(line)


def decode_rewarded(line: bytes) -> Rewarded:
    """Inverse of `encode_rewarded`."""
    row = _decoder.decode(line)
    return Rewarded(
        prompt=tuple([read(message) for message in row.prompt]),
        ground_truth=row.ground_truth,
        uid=row.uid,
        step=row.step,
        split=row.split,
        tools=tools_back(row.tools),
        alternatives=row.alternatives,
        accepted=row.accepted,
        reply=row.reply,
        pass_rate=row.pass_rate,
        perplexity=row.perplexity,
    )


def tools_back(text: str) -> tuple[ToolText, ...]:
    """Tools from their JSON text."""
    return tuple([tool_of(tool.function) for tool in _tools_decoder.decode(text)])
