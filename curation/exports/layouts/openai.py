"""OpenAI's fine-tuning files: chat rows with `weight`, and preference rows.

The API's own rules are kept or the row is refused: every call has an id and a result right after
its message (a row may end with calls), results answer a call, a row ends with the assistant,
arguments are JSON text. `weight: 0` takes an assistant message out of the loss, so steps judged
incorrect can stay as context, and one example per step is the same row with a weight per turn.
Broken arguments are carried only where nothing is learnt from them: with weight 0, and on the
rejected side of a pair.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import UNSET, Struct, UnsetType

from curation.episodes import ToolText
from curation.export_reasons import Adaptation, DropReason, Unfit
from curation.exporting import LAYOUTS, Completion, Conversation, Example, Notes, Pair
from curation.exports.chat import (
    MessageIn,
    MessageOut,
    WrappedIn,
    WrappedOut,
    fitted_tools,
    read,
    readable_calls,
    text_of,
    tool_of,
    up_to_last_step,
    wrapped,
    written,
)
from curation.exports.chat_contract import check_tuning_row
from curation.exports.chat_fit import refuse_spans
from curation.exports.lines import Lines
from curation.exports.openai_card import submit_note
from curation.steps import pair_results
from curation.trajectory import Message, Role, ToolCall

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class _InputOut(Struct, gc=False):
    messages: list[MessageOut | Message]
    tools: list[WrappedOut] | UnsetType = UNSET


class _RowOut(Struct, gc=False):
    messages: list[MessageOut | Message] | UnsetType = UNSET
    input: _InputOut | UnsetType = UNSET
    preferred_output: list[MessageOut | Message] | UnsetType = UNSET
    non_preferred_output: list[MessageOut | Message] | UnsetType = UNSET
    tools: list[WrappedOut] | UnsetType = UNSET


class _InputIn(Struct, gc=False, forbid_unknown_fields=True):
    messages: list[MessageIn]
    tools: list[WrappedIn] = []


class _RowIn(Struct, gc=False, forbid_unknown_fields=True):
    messages: list[MessageIn] | None = None
    input: _InputIn | None = None
    preferred_output: list[MessageIn] = []
    non_preferred_output: list[MessageIn] = []
    tools: list[WrappedIn] = []


def _tools_back(tools: list[WrappedIn]) -> tuple[ToolText, ...]:
    return tuple([tool_of(tool.function) for tool in tools])


class OpenAI(Lines):
    """See the module."""

    name = "openai"
    title = "OpenAI fine-tuning"
    description = "JSON Lines for supervised and preference fine-tuning, with weights per turn."
    shapes: tuple[type[Struct], ...] = (Conversation, Completion, Pair)
    suffix = ".jsonl"
    through_arrow = False

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_RowIn)

    def fit(self, example: Example, notes: Notes) -> Example:
        """Ids, pairing and ends as the API demands; a completion becomes a weighted row."""
        refuse_spans(example)
        match example:
            case Conversation():
                fitted: Example = _conversation(
                    example.messages, example.tools, example.masked, notes
                )
            case Completion():
                earlier = tuple(i for i, m in enumerate(example.prompt) if m.role is Role.ASSISTANT)
                fitted = _conversation(
                    example.prompt + example.completion, example.tools, earlier, notes
                )
            case Pair():
                fitted = _pair(example, notes)
            case _:
                raise TypeError(type(example).__name__)
        if any(not _NAME.fullmatch(tool.name) for tool in fitted.tools):  # type: ignore[union-attr]
            notes[Adaptation.UNUSUAL_TOOL_NAME] += 1
        return fitted

    def encode(self, example: Example) -> bytes:
        """One row as one line; without tools there is no `tools` key, as the API wants."""
        assert isinstance(example, Conversation | Pair)
        tools = wrapped(example.tools) if example.tools else UNSET
        if isinstance(example, Pair):
            row = _RowOut(
                input=_InputOut([written(m) for m in example.prompt], tools),
                preferred_output=[written(example.chosen)],
                non_preferred_output=[written(example.rejected)],
            )
        else:
            row = _RowOut(messages=_weighted(example), tools=tools)
        return self._encoder.encode(row)

    def contract(self, encoded: bytes) -> None:
        """See `curation.exports.chat_contract`."""
        check_tuning_row(encoded)

    def check(self, line: bytes) -> None:
        """Every key and type of the row; texts inside it are not looked into."""
        self._decoder.decode(line)

    def decode(self, line: bytes) -> Example:
        """Inverse of `encode`."""
        row = self._decoder.decode(line)
        if row.messages is not None:
            masked = tuple(i for i, m in enumerate(row.messages) if not m.weight)
            messages = tuple([read(m) for m in row.messages])
            return Conversation(messages, _tools_back(row.tools), masked)
        if row.input is None:
            raise msgspec.ValidationError("a row needs `messages` or `input`")
        prompt = tuple([read(m) for m in row.input.messages])
        (chosen,), (rejected,) = row.preferred_output, row.non_preferred_output
        return Pair(prompt, read(chosen), read(rejected), _tools_back(row.input.tools), len(prompt))

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """How they are handed in."""
        return {"SUBMIT.md": submit_note(files, shape)}

    def advice(self, type_name: str) -> str:
        """What the service checks."""
        return (
            "Upload the files as they are (`SUBMIT.md` says how); the service wants at least 10 "
            "rows. `weight: 0` marks assistant messages that carry no loss. Tool names outside "
            "`[A-Za-z0-9_-]{1,64}` are counted in the manifest; the service refuses them.\n\n"
            "`datasets` 4.8 or newer loads the rows unchanged; older versions fill in the schemas "
            "of other rows' tools with nulls, because `tools` is a list of objects here."
        )


def _weighted(example: Conversation) -> list[MessageOut | Message]:
    if not example.masked:
        return [written(message) for message in example.messages]
    masked = frozenset(example.masked)
    return [
        written(message, weight=int(i not in masked) if message.role is Role.ASSISTANT else None)
        for i, message in enumerate(example.messages)
    ]


def _conversation(
    messages: tuple[Message, ...],
    tools: tuple[ToolText, ...],
    masked: tuple[int, ...],
    notes: Notes,
) -> Conversation:
    messages = up_to_last_step(messages, notes)
    fitted = _messages(messages, frozenset(masked), notes)
    return Conversation(fitted, fitted_tools(tools, _has_calls(messages)), masked)


def _pair(example: Pair, notes: Notes) -> Pair:
    if not example.prompt:
        raise Unfit(DropReason.NO_PROMPT)
    step = len(example.prompt)
    sides = []
    for side, lenient in ((example.chosen, frozenset[int]()), (example.rejected, {step})):
        sides.append(_messages((*example.prompt, side), frozenset(lenient), notes))
    has_calls = _has_calls((*example.prompt, example.chosen, example.rejected))
    return Pair(
        prompt=sides[0][:step],
        chosen=sides[0][step],
        rejected=sides[1][step],
        tools=fitted_tools(example.tools, has_calls),
        step=example.step,
    )


def _has_calls(messages: tuple[Message, ...]) -> bool:
    return any(message.tool_calls for message in messages)


def _messages(
    messages: tuple[Message, ...], unlearnt: frozenset[int], notes: Notes
) -> tuple[Message, ...]:
    """Every message as the API takes it. `unlearnt`: indexes that may hold broken arguments."""
    ids = _call_ids(messages, notes)
    fitted = []
    for index, message in enumerate(messages):
        calls = message.tool_calls
        if calls:
            calls = calls if index in unlearnt else readable_calls(message, index)
            calls = tuple(
                [
                    call
                    if call.id == ids[index, j]
                    else ToolCall(call.name, call.raw_arguments, ids[index, j])
                    for j, call in enumerate(calls)
                ]
            )
        elif _is_fit(message):
            fitted.append(message)
            continue
        if message.reasoning:
            notes[Adaptation.REASONING_LEFT_OUT] += 1
        fitted.append(
            Message(
                message.role,
                text_of(message, notes) or (None if calls else ""),
                calls,
                ids[index, -1] if message.role is Role.TOOL else None,
                # The service knows no name of a result; its id tells which tool it is of.
                None if message.role is Role.TOOL else message.name,
            )
        )
    return tuple(fitted)


def _is_fit(message: Message) -> bool:
    """Whether a message without calls, answering none, is as the API takes it: most are."""
    return (
        type(message.content) is str
        and message.role is not Role.TOOL
        and message.tool_call_id is None
        and message.reasoning is None
        and not message.extra
    )


def _call_ids(messages: tuple[Message, ...], notes: Notes) -> dict[tuple[int, int], str]:
    """(message, call) -> id of the call; (message, -1) -> id of the call a result answers."""
    pairing = pair_results(messages)
    if pairing.orphans:
        raise Unfit(DropReason.ORPHAN_RESULT, f"message {pairing.orphans[0]}")
    ids: dict[tuple[int, int], str] = {}
    last = len(messages) - 1
    for index, message in enumerate(messages):
        if not message.tool_calls:
            continue
        end = index + len(message.tool_calls)
        own: set[str] = set()
        for j, call in enumerate(message.tool_calls):
            if call.id is None:
                notes[Adaptation.IDS_MADE] += 1
            ids[index, j] = call_id = call.id or f"call_{index}_{j}"
            own.add(call_id)
            result = pairing.results.get((index, j))
            if result is not None:
                ids[result, -1] = call_id
            if index != last and (result is None or not index < result <= end):
                raise Unfit(DropReason.UNANSWERED_CALL, f"message {index}, {call.name}")
        if len(own) < len(message.tool_calls):
            raise Unfit(DropReason.REPEATED_CALL_ID, f"message {index}")
    return ids


LAYOUTS.register(OpenAI(), __name__)
