"""ms-swift's messages: a call is a message of its own, and each says whether it is learnt.

Text, thinking (in its tags) and calls of one step stand as consecutive messages of the roles
assistant and tool_call, which ms-swift joins again; results follow in the order of their calls, as
there are no ids. `loss` stands on each of them, so a part of a text that carries no loss is a
message with `loss: false` between two others: 4.6.0 keeps one flag per joined message
(`template/base.py`, `loss_scale/base.py`). Older versions mask whole messages only.

The rejected side of a pair is a conversation of its own, and needs its own `rejected_tools`: what
is not said there is not taken from the chosen side.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct
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
from curation.exports.chat import WrappedIn, fitted_tools, tool_of, without_ending, wrapped_text
from curation.exports.lines import Lines
from curation.exports.masked_words import Parts, by_message, grown_words, pieces
from curation.exports.positional_turns import positional
from curation.exports.swift_card import advice, config
from curation.exports.swift_contract import check_swift_row
from curation.exports.think_tags import parted, tagged
from curation.trajectory import Message, Role, ToolCall


class _Item(Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    role: str
    content: str
    loss: bool | None = None
    """Whether it is learnt; only assistant and tool_call say it."""


class _Row(Struct, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    messages: list[_Item]
    rejected_messages: list[_Item] | None = None
    label: bool | None = None


class _RowOut(_Row, gc=False, kw_only=True, omit_defaults=True):
    tools: Raw
    rejected_tools: Raw | None = None


class _RowIn(_Row, gc=False, kw_only=True, forbid_unknown_fields=True):
    tools: str
    rejected_tools: str | None = None


class _Call(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    arguments: Raw


_call_decoder = msgspec.json.Decoder(_Call)


class Swift(Lines):
    """See the module."""

    name = "swift"
    title = "ms-swift"
    description = (
        "JSON Lines for ms-swift with tool_call and tool_response messages and `loss` on each of "
        "them, and its YAML config."
    )
    shapes: tuple[type[Struct], ...] = (Conversation, Completion, Pair, Judged)
    suffix = ".jsonl"

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_RowIn)
        self._tools_decoder = msgspec.json.Decoder(list[WrappedIn])

    def fit(self, example: Example, notes: Notes) -> Example:
        """Turns without ids; a completion becomes a row with the rest masked."""
        match example:
            case Completion():
                earlier = [i for i, m in enumerate(example.prompt) if m.role is Role.ASSISTANT]
                whole = example.prompt + example.completion
                row = Conversation(whole, example.tools, tuple(earlier), example.spans)
                return _conversation(row, notes)
            case Conversation():
                return _conversation(example, notes)
            case Judged():
                whole = example.prompt + example.completion
                row = _conversation(Conversation(whole, example.tools), notes)
                n = len(example.prompt)
                return Judged(row.messages[:n], row.messages[n:], example.label, row.tools, n)
            case Pair():
                prompt = (*example.prompt, example.chosen), (*example.prompt, example.rejected)
                chosen, rejected = (
                    _conversation(Conversation(side, example.tools), notes) for side in prompt
                )
                *before, preferred = chosen.messages
                return Pair(
                    tuple(before), preferred, rejected.messages[-1], chosen.tools, len(before)
                )
            case _:
                raise TypeError(type(example).__name__)

    def encode(self, example: Example) -> bytes:
        """One row as one line."""
        tools = wrapped_text(example.tools)  # type: ignore[union-attr]
        match example:
            case Conversation():
                masked, parts = frozenset(example.masked), by_message(example.spans)
                row = _RowOut(messages=_items(example.messages, masked, parts), tools=tools)
            case Pair():
                masked = frozenset(range(len(example.prompt)))
                chosen, rejected = (
                    _items((*example.prompt, side), masked, {})
                    for side in (example.chosen, example.rejected)
                )
                row = _RowOut(
                    messages=chosen, tools=tools, rejected_messages=rejected, rejected_tools=tools
                )
            case Judged():
                masked = frozenset(range(len(example.prompt)))
                whole = example.prompt + example.completion
                row = _RowOut(messages=_items(whole, masked, {}), tools=tools, label=example.label)
            case _:
                raise TypeError(type(example).__name__)
        return self._encoder.encode(row)

    def contract(self, encoded: bytes) -> None:
        """See `curation.exports.swift_contract`."""
        check_swift_row(encoded)

    def check(self, line: bytes) -> None:
        """Every key and type of the row; texts inside it are not looked into."""
        self._decoder.decode(line)

    def decode(self, line: bytes) -> Example:
        """Inverse of `encode`."""
        row = self._decoder.decode(line)
        tools = tuple([tool_of(tool.function) for tool in self._tools_decoder.decode(row.tools)])
        whole = replace(_read(row.messages), tools=tools)
        *prompt, last = whole.messages
        if row.rejected_messages is not None:
            rejected = _read(row.rejected_messages).messages[-1]
            return Pair(tuple(prompt), last, rejected, tools, len(prompt))
        if row.label is not None:
            steps = [i for i, m in enumerate(whole.messages) if m.role is Role.ASSISTANT]
            n = next(i for i in steps if i not in whole.masked)
            return Judged(whole.messages[:n], whole.messages[n:], row.label, tools, n)
        return whole

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """The config."""
        return {"swift.yaml": config(files, shape)}

    def advice(self, type_name: str) -> str:
        """How to train."""
        return advice(type_name)


def _conversation(example: Conversation, notes: Notes) -> Conversation:
    example = without_ending(example, notes)
    messages = example.messages
    has_calls = any(message.tool_calls for message in messages)
    fitted = positional(messages, notes)
    masked, spans = set(example.masked), []
    for index, parts in by_message(example.spans).items():
        text = messages[index].text
        if fitted[index].text != text:
            raise Unfit(DropReason.HALF_MASK, f"message {index}: words beside thinking")
        grown = grown_words(text, parts, notes)
        if grown == [(0, len(text))] and not messages[index].tool_calls:
            masked.add(index)
        else:
            spans += [MaskedSpan(index, start, end) for start, end in grown]
    if {i for i, m in enumerate(fitted) if m.role is Role.ASSISTANT} <= masked:
        raise Unfit(DropReason.NO_TARGET)
    tools = fitted_tools(example.tools, has_calls)
    return Conversation(fitted, tools, tuple(sorted(masked)), tuple(spans))


def _items(
    messages: Sequence[Message], masked: frozenset[int], parts: dict[int, Parts]
) -> list[_Item]:
    items: list[_Item] = []
    for index, message in enumerate(messages):
        if message.role is Role.ASSISTANT:
            items += _step(message, index not in masked, parts.get(index, []))
        else:
            role = "tool_response" if message.role is Role.TOOL else message.role.value
            items.append(_Item(role, message.text))
    return items


def _step(message: Message, learnt: bool, parts: Parts) -> list[_Item]:
    text, thought = message.text, tagged(message.reasoning)
    cut = pieces(len(text), parts) if parts else [(0, len(text), learnt)]
    items = [_Item("assistant", text[start:end], is_learnt) for start, end, is_learnt in cut]
    if cut[0][2] is learnt:
        items[0].content = thought + items[0].content
    elif thought:
        items.insert(0, _Item("assistant", thought, learnt))
    if message.tool_calls and not items[0].content:
        items.clear()
    for call in message.tool_calls:
        content = msgspec.json.encode(_Call(call.name, Raw(call.raw_arguments.encode())))
        items.append(_Item("tool_call", content.decode(), learnt))
    return items


def _read(items: Sequence[_Item]) -> Conversation:
    """The messages that items are joined to, and what of them carries no loss."""
    messages: list[Message] = []
    masked: list[int] = []
    spans: list[MaskedSpan] = []
    run: list[_Item] = []
    for item in [*items, None]:
        if item is not None and item.role in ("assistant", "tool_call"):
            run.append(item)
            continue
        if run:
            message, parts = _joined(run)
            if not any(one.loss for one in run):
                masked.append(len(messages))
            else:
                spans += [MaskedSpan(len(messages), start, end) for start, end in parts]
            messages.append(message)
            run = []
        if item is not None:
            role = Role.TOOL if item.role == "tool_response" else Role(item.role)
            messages.append(Message(role, item.content))
    return Conversation(tuple(messages), (), tuple(masked), tuple(spans))


def _joined(run: Sequence[_Item]) -> tuple[Message, Parts]:
    text, parts = "", []
    calls: list[ToolCall] = []
    for item in run:
        if item.role == "tool_call":
            call = _call_decoder.decode(item.content)
            calls.append(ToolCall(call.name, bytes(call.arguments).decode()))
            continue
        if not item.loss:
            parts.append((len(text), len(text) + len(item.content)))
        text += item.content
    reasoning, answer = parted(text)
    before = len(text) - len(answer)
    message = Message(Role.ASSISTANT, answer, tuple(calls), reasoning=reasoning)
    return message, [(start - before, end - before) for start, end in parts]


LAYOUTS.register(Swift(), __name__)
