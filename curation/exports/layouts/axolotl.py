"""Axolotl's chat_template rows: every assistant message says whether it is learnt, to the word.

`train` on a message decides about all of it; `train_detail` about parts of its text, as offsets
whose end is inclusive. Arguments and `tools` are JSON text, which its loader makes objects of
(`axolotl/prompt_strategies/chat_template.py`, 0.19.0). Words are masked only where that code masks
them right: beside calls it would learn none of the calls, and behind leading spaces or thinking
tags it would count from another place, because templates take those away.

Its own preference types forget calls and tools (`dpo/chat_template.py` keeps role and content), so
a module that renders them stands beside the files.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace

from curation.export_reasons import DropReason, Unfit
from curation.exporting import (
    LAYOUTS,
    Completion,
    Conversation,
    Example,
    Judged,
    MaskedSpan,
    Notes,
    Pair,
)
from curation.exports.axolotl_card import advice, config, module
from curation.exports.axolotl_contract import check_axolotl_row
from curation.exports.chat import (
    MessageIn,
    MessageOut,
    WrappedIn,
    read,
    tool_of,
    without_ending,
    wrapped_text,
    written,
)
from curation.exports.chat_fit import fitted_chat
from curation.exports.lines import Lines
from curation.exports.masked_words import by_message, grown_words, pieces
from curation.trajectory import Message, Role


class _Detail(Struct, gc=False, forbid_unknown_fields=True):
    begin_offset: int
    end_offset: int
    """Of the last character: inclusive."""
    train: bool


class _StepOut(MessageOut, gc=False, kw_only=True):
    train: bool
    train_detail: list[_Detail] | UnsetType = UNSET


class _MessageIn(MessageIn, gc=False, kw_only=True, forbid_unknown_fields=True):
    train: bool = True
    train_detail: list[_Detail] = msgspec.field(default_factory=list)


class _RowOut(Struct, gc=False, omit_defaults=True):
    messages: list[MessageOut | Message]
    completion: list[MessageOut | Message] | None = None
    chosen: MessageOut | Message | None = None
    rejected: MessageOut | Message | None = None
    label: bool | None = None
    tools: Raw | None = None


class _RowIn(Struct, gc=False, forbid_unknown_fields=True):
    messages: list[_MessageIn]
    tools: str
    completion: list[_MessageIn] | None = None
    chosen: _MessageIn | None = None
    rejected: _MessageIn | None = None
    label: bool | None = None


class Axolotl(Lines):
    """See the module."""

    name = "axolotl"
    title = "Axolotl"
    description = (
        "JSON Lines for Axolotl's chat_template type, with `train` per message and `train_detail` "
        "per word, its YAML config, and a module that renders pairs with their calls and tools."
    )
    shapes: tuple[type[Struct], ...] = (Conversation, Completion, Pair, Judged)
    suffix = ".jsonl"

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_RowIn)
        self._tools_decoder = msgspec.json.Decoder(list[WrappedIn])

    def fit(self, example: Example, notes: Notes) -> Example:
        """Text content, readable arguments; a completion becomes a row with the rest masked."""
        if isinstance(example, Completion):
            earlier = [i for i, m in enumerate(example.prompt) if m.role is Role.ASSISTANT]
            whole = example.prompt + example.completion
            example = Conversation(whole, example.tools, tuple(earlier), example.spans)
        if isinstance(example, Conversation):
            return _masked(fitted_chat(without_ending(example, notes), notes), notes)
        return fitted_chat(example, notes)

    def encode(self, example: Example) -> bytes:
        """One row as one line."""
        tools = wrapped_text(example.tools)  # type: ignore[union-attr]
        match example:
            case Conversation():
                row = _RowOut(_taught(example), tools=tools)
            case Pair():
                row = _RowOut([written(m) for m in example.prompt], tools=tools)
                row.chosen, row.rejected = written(example.chosen), written(example.rejected)
            case Judged():
                row = _RowOut([written(m) for m in example.prompt], tools=tools)
                row.completion = [written(m) for m in example.completion]
                row.label = example.label
            case _:
                raise TypeError(type(example).__name__)
        return self._encoder.encode(row)

    def contract(self, encoded: bytes) -> None:
        """See `curation.exports.axolotl_contract`."""
        check_axolotl_row(encoded)

    def check(self, line: bytes) -> None:
        """Every key and type of the row; texts inside it are not looked into."""
        self._decoder.decode(line)

    def decode(self, line: bytes) -> Example:
        """Inverse of `encode`."""
        row = self._decoder.decode(line)
        tools = tuple([tool_of(tool.function) for tool in self._tools_decoder.decode(row.tools)])
        messages = tuple([read(message) for message in row.messages])
        if row.chosen is not None and row.rejected is not None:
            return Pair(messages, read(row.chosen), read(row.rejected), tools, len(messages))
        if row.completion is not None and row.label is not None:
            completion = tuple([read(message) for message in row.completion])
            return Judged(messages, completion, row.label, tools, len(messages))
        masked = [i for i, message in enumerate(row.messages) if not message.train]
        spans = [
            MaskedSpan(i, part.begin_offset, part.end_offset + 1)
            for i, message in enumerate(row.messages)
            for part in message.train_detail
            if not part.train
        ]
        return Conversation(messages, tools, tuple(masked), tuple(spans))

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """The config, and for pairs the module that renders them."""
        made = {"axolotl.yaml": config(files, shape)}
        return made if shape in ("Conversation", "Completion") else made | module()

    def advice(self, type_name: str) -> str:
        """How to train."""
        return advice(type_name)


def _taught(example: Conversation) -> list[MessageOut | Message]:
    masked, spans = frozenset(example.masked), by_message(example.spans)
    return [
        _step(message, index not in masked, spans.get(index, []))
        if message.role is Role.ASSISTANT
        else written(message)
        for index, message in enumerate(example.messages)
    ]


def _step(message: Message, train: bool, parts: list[tuple[int, int]]) -> _StepOut:
    plain = written(message)
    text = message.text
    step = _StepOut(role=message.role, content=text, train=train)
    if isinstance(plain, MessageOut):
        step.tool_calls, step.reasoning_content = plain.tool_calls, plain.reasoning_content
    if parts:
        cut = pieces(len(text), parts)
        step.train_detail = [_Detail(start, end - 1, learnt) for start, end, learnt in cut]
    return step


def _masked(example: Example, notes: Notes) -> Conversation:
    """The example with parts as whole words; raises Unfit where Axolotl would mask others."""
    assert isinstance(example, Conversation)
    masked, spans = set(example.masked), []
    for index, parts in by_message(example.spans).items():
        message = example.messages[index]
        text = message.text
        if message.tool_calls:
            raise Unfit(DropReason.HALF_MASK, f"message {index}: words beside a call")
        if text[:1].isspace() or "</think>" in text:
            raise Unfit(DropReason.HALF_MASK, f"message {index}: templates take away its beginning")
        grown = grown_words(text, parts, notes)
        if grown == [(0, len(text))]:
            masked.add(index)
        else:
            spans += [MaskedSpan(index, start, end) for start, end in grown]
    steps = {i for i, m in enumerate(example.messages) if m.role is Role.ASSISTANT}
    if steps <= masked:
        raise Unfit(DropReason.NO_TARGET)
    return replace(example, masked=tuple(sorted(masked)), spans=tuple(spans))


LAYOUTS.register(Axolotl(), __name__)
