"""LLaMA-Factory's v1 messages: content in parts, and a weight on every message.

They carry what ShareGPT there cannot: text beside a call, turns that do not alternate, and steps
without loss (`loss_weight: 0.0`). Read by the trainer that `USE_V1=1` switches on
(`v1/core/rendering`, 0.9.5); its weights are looked up without a default once the column exists, so
every message has one. No ids: results stand in the order of their calls.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from curation.episodes import ToolText
from curation.export_reasons import DropReason, Unfit
from curation.exporting import LAYOUTS, Completion, Conversation, Example, Notes, Pair
from curation.exports.chat import WrappedIn, fitted_tools, tool_of, without_ending, wrapped_text
from curation.exports.chat_fit import refuse_spans
from curation.exports.lines import Lines
from curation.exports.llama_factory_card import v1_advice, v1_config
from curation.exports.llama_factory_v1_contract import check_v1_row
from curation.exports.positional_turns import without_ids
from curation.trajectory import Message, Role, ToolCall


class _Part(Struct, gc=False, forbid_unknown_fields=True):
    type: str
    value: str


class _Message(Struct, gc=False, forbid_unknown_fields=True):
    role: Role
    content: list[_Part]
    loss_weight: float


class _RowOut(Struct, gc=False, omit_defaults=True):
    tools: Raw
    messages: list[_Message] | None = None
    chosen_messages: list[_Message] | None = None
    rejected_messages: list[_Message] | None = None


class _RowIn(Struct, gc=False, forbid_unknown_fields=True):
    tools: str
    messages: list[_Message] | None = None
    chosen_messages: list[_Message] | None = None
    rejected_messages: list[_Message] | None = None


class _Call(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    arguments: Raw


_call_decoder = msgspec.json.Decoder(_Call)
_NO_TOOLS = Raw(b'""')
"""An empty list would be a heading without tools under it."""


class LlamaFactoryV1(Lines):
    """See the module."""

    name = "llama-factory-v1"
    title = "LLaMA-Factory v1"
    description = (
        "JSON Lines of LLaMA-Factory's v1 messages, with `loss_weight` per message and text beside "
        "calls, and its YAML config."
    )
    shapes: tuple[type[Struct], ...] = (Conversation, Completion, Pair)
    suffix = ".jsonl"

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_RowIn)
        self._tools_decoder = msgspec.json.Decoder(list[WrappedIn])

    def fit(self, example: Example, notes: Notes) -> Example:
        """Messages without ids; a completion becomes a row with the rest masked."""
        refuse_spans(example)
        match example:
            case Conversation():
                return _conversation(example, notes)
            case Completion():
                earlier = [i for i, m in enumerate(example.prompt) if m.role is Role.ASSISTANT]
                whole = example.prompt + example.completion
                return _conversation(Conversation(whole, example.tools, tuple(earlier)), notes)
            case Pair():
                if not example.prompt:
                    raise Unfit(DropReason.NO_PROMPT)
                chosen, rejected = (
                    _conversation(Conversation((*example.prompt, side), example.tools), notes)
                    for side in (example.chosen, example.rejected)
                )
                *prompt, preferred = chosen.messages
                worse = rejected.messages[-1]
                return Pair(tuple(prompt), preferred, worse, chosen.tools, len(prompt))
            case _:
                raise TypeError(type(example).__name__)

    def encode(self, example: Example) -> bytes:
        """One row as one line."""
        assert isinstance(example, Conversation | Pair)
        row = _RowOut(wrapped_text(example.tools) if example.tools else _NO_TOOLS)
        if isinstance(example, Conversation):
            row.messages = _written(example.messages, frozenset(example.masked))
        else:
            earlier = frozenset(range(len(example.prompt)))
            row.chosen_messages = _written((*example.prompt, example.chosen), earlier)
            row.rejected_messages = _written((*example.prompt, example.rejected), earlier)
        return self._encoder.encode(row)

    def contract(self, encoded: bytes) -> None:
        """See `curation.exports.llama_factory_v1_contract`."""
        check_v1_row(encoded)

    def check(self, line: bytes) -> None:
        """Every key and type of the row; texts inside it are not looked into."""
        self._decoder.decode(line)

    def decode(self, line: bytes) -> Example:
        """Inverse of `encode`."""
        row = self._decoder.decode(line)
        tools = self._tools_back(row.tools)
        if row.chosen_messages is not None and row.rejected_messages is not None:
            *prompt, chosen = _read(row.chosen_messages)
            rejected = _read(row.rejected_messages)[-1]
            return Pair(tuple(prompt), chosen, rejected, tools, len(prompt))
        messages = row.messages or []
        masked = [
            i for i, m in enumerate(messages) if m.role is Role.ASSISTANT and not m.loss_weight
        ]
        return Conversation(_read(messages), tools, tuple(masked))

    def _tools_back(self, text: str) -> tuple[ToolText, ...]:
        found = self._tools_decoder.decode(text) if text else []
        return tuple([tool_of(tool.function) for tool in found])

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """The config."""
        return {"llama_factory_v1.yaml": v1_config(files, shape)}

    def advice(self, type_name: str) -> str:
        """How to train."""
        return v1_advice(type_name)


def _conversation(example: Conversation, notes: Notes) -> Conversation:
    row = without_ending(example, notes)
    has_calls = any(message.tool_calls for message in row.messages)
    fitted = without_ids(row.messages, notes)
    return replace(row, messages=fitted, tools=fitted_tools(row.tools, has_calls))


def _written(messages: Sequence[Message], masked: frozenset[int]) -> list[_Message]:
    return [
        _Message(
            message.role,
            _parts(message),
            float(message.role is Role.ASSISTANT and index not in masked),
        )
        for index, message in enumerate(messages)
    ]


def _parts(message: Message) -> list[_Part]:
    parts = [_Part("reasoning", message.reasoning)] if message.reasoning else []
    if message.text or not (parts or message.tool_calls):
        parts.append(_Part("text", message.text))
    for call in message.tool_calls:
        value = msgspec.json.encode(_Call(call.name, Raw(call.raw_arguments.encode())))
        parts.append(_Part("tool_call", value.decode()))
    return parts


def _read(messages: Sequence[_Message]) -> tuple[Message, ...]:
    return tuple([_message(message) for message in messages])


def _message(message: _Message) -> Message:
    texts = {part.type: part.value for part in message.content if part.type != "tool_call"}
    calls = [_call_decoder.decode(p.value) for p in message.content if p.type == "tool_call"]
    return Message(
        message.role,
        texts.get("text", ""),
        tuple([ToolCall(call.name, bytes(call.arguments).decode()) for call in calls]),
        reasoning=texts.get("reasoning"),
    )


LAYOUTS.register(LlamaFactoryV1(), __name__)
