"""LLaMA-Factory's ShareGPT files, registered by a `dataset_info.json` beside them.

Its converter drops a row that breaks its rules with no more than a log line, so the rules are
applied here, where the row is counted: human or observation alternates with gpt or function_call,
the count is even (odd before a pair), a call and text cannot share a turn. Results of parallel
calls become one observation, a JSON list, as their calls become one function_call. Ids have no
place in this form; thinking stands in front of an answer between think tags.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from curation.episodes import ToolText
from curation.export_reasons import Adaptation, DropReason, Unfit
from curation.exporting import (
    LAYOUTS,
    Completion,
    Conversation,
    Example,
    Judged,
    Notes,
    Pair,
)
from curation.exports.chat import (
    DefinitionIn,
    bare,
    definition,
    readable_calls,
    text_of,
    tool_of,
    up_to_last_step,
)
from curation.exports.chat_fit import refuse_masks
from curation.exports.lines import Lines
from curation.exports.llama_factory_card import advice, config, dataset_info
from curation.exports.sharegpt_contract import check_sharegpt_row
from curation.exports.think_tags import fitted_thought, parted, tagged
from curation.steps import pair_results
from curation.trajectory import Message, Role, ToolCall


class _Turn(Struct, gc=False, forbid_unknown_fields=True, rename={"speaker": "from"}):
    speaker: str
    value: str


class _RowOut(Struct, gc=False, omit_defaults=True):
    conversations: list[_Turn]
    system: str
    tools: str
    chosen: _Turn | None = None
    rejected: _Turn | None = None
    kto_tag: bool | None = None


class _RowIn(Struct, gc=False, forbid_unknown_fields=True):
    conversations: list[_Turn]
    system: str
    tools: str
    chosen: _Turn | None = None
    rejected: _Turn | None = None
    kto_tag: bool | None = None


class _Call(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    arguments: Raw


_call_decoder = msgspec.json.Decoder(_Call | list[_Call])


_tools_decoder = msgspec.json.Decoder(list[DefinitionIn])
_schema_decoder = msgspec.json.Decoder(dict[str, Raw])


def _tools_text(tools: tuple[ToolText, ...]) -> str:
    return msgspec.json.encode([definition(tool) for tool in tools]).decode() if tools else ""


def _tools_back(text: str) -> tuple[ToolText, ...]:
    return tuple([tool_of(tool) for tool in _tools_decoder.decode(text)]) if text else ()


class ShareGpt(Lines):
    """See the module."""

    name = "sharegpt"
    title = "LLaMA-Factory (ShareGPT)"
    description = (
        "ShareGPT turns with function_call and observation, dataset_info.json and its YAML config."
    )
    shapes: tuple[type[Struct], ...] = (Conversation, Completion, Pair, Judged)
    suffix = ".jsonl"

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_RowIn)

    def fit(self, example: Example, notes: Notes) -> Example:
        """Alternating turns without ids; a completion becomes a conversation that ends with it."""
        refuse_masks(example)
        match example:
            case Conversation():
                return _conversation(example.messages, example.tools, notes)
            case Completion():
                return _conversation(example.prompt + example.completion, example.tools, notes)
            case Judged():
                if len(example.completion) > 1:
                    raise Unfit(DropReason.SEVERAL_MESSAGES)
                whole = _conversation(example.prompt + example.completion, example.tools, notes)
                *prompt, last = whole.messages
                return Judged(tuple(prompt), (last,), example.label, whole.tools, len(prompt))
            case Pair():
                return _pair(example, notes)
            case _:
                raise TypeError(type(example).__name__)

    def encode(self, example: Example) -> bytes:
        """One row as one line."""
        assert not isinstance(example, Completion)
        tools = _tools_text(example.tools)  # type: ignore[union-attr]
        match example:
            case Conversation():
                row = _row(example.messages, tools)
            case Judged():
                row = _row(example.prompt + example.completion, tools)
                row.kto_tag = example.label
            case Pair():
                row = _row(example.prompt, tools)
                row.chosen, row.rejected = _turn(example.chosen), _turn(example.rejected)
            case _:
                raise TypeError(type(example).__name__)
        return self._encoder.encode(row)

    def contract(self, encoded: bytes) -> None:
        """See `curation.exports.sharegpt_contract`."""
        check_sharegpt_row(encoded)

    def check(self, line: bytes) -> None:
        """Every key and type of the row; texts inside it are not looked into."""
        self._decoder.decode(line)

    def decode(self, line: bytes) -> Example:
        """Inverse of `encode`."""
        row = self._decoder.decode(line)
        tools = _tools_back(row.tools)
        system = (Message(Role.SYSTEM, row.system),) if row.system else ()
        messages = (*system, *[_message(turn) for turn in row.conversations])
        if row.chosen is not None and row.rejected is not None:
            sides = _message(row.chosen), _message(row.rejected)
            return Pair(messages, sides[0], sides[1], tools, len(messages))
        if row.kto_tag is not None:
            *prompt, last = messages
            return Judged(tuple(prompt), (last,), row.kto_tag, tools, len(prompt))
        return Conversation(messages, tools)

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """`dataset_info.json`, which LLaMA-Factory finds the files by, and the config."""
        return {
            "dataset_info.json": dataset_info(files, shape),
            "llama_factory.yaml": config(files, shape),
        }

    def advice(self, type_name: str) -> str:
        """How to train on it."""
        return advice(type_name)


def _row(messages: tuple[Message, ...], tools: str) -> _RowOut:
    system = ""
    if messages and messages[0].role is Role.SYSTEM:
        system, messages = messages[0].text, messages[1:]
    return _RowOut([_turn(message) for message in messages], system, tools)


def _turn(message: Message) -> _Turn:
    match message.role:
        case Role.USER:
            return _Turn("human", message.text)
        case Role.TOOL:
            return _Turn("observation", message.text)
    if not message.tool_calls:
        return _Turn("gpt", tagged(message.reasoning) + message.text)
    calls = [_Call(call.name, Raw(call.raw_arguments.encode())) for call in message.tool_calls]
    value: Any = calls[0] if len(calls) == 1 else calls
    return _Turn("function_call", msgspec.json.encode(value).decode())


def _message(turn: _Turn) -> Message:
    match turn.speaker:
        case "human":
            return Message(Role.USER, turn.value)
        case "observation":
            return Message(Role.TOOL, turn.value)
        case "gpt":
            reasoning, text = parted(turn.value)
            return Message(Role.ASSISTANT, text, reasoning=reasoning)
        case "function_call":
            found = _call_decoder.decode(turn.value)
            calls = found if isinstance(found, list) else [found]
            return Message(
                Role.ASSISTANT,
                "",
                tuple(ToolCall(call.name, bytes(call.arguments).decode()) for call in calls),
            )
        case _:
            raise msgspec.ValidationError(f"the speaker {turn.speaker!r} is unknown")


def _conversation(
    messages: tuple[Message, ...], tools: tuple[ToolText, ...], notes: Notes
) -> Conversation:
    messages = up_to_last_step(messages, notes)
    fitted = _messages(messages, notes)
    return Conversation(fitted, _tools(tools, _has_calls(messages)))


def _pair(example: Pair, notes: Notes) -> Pair:
    prompt = _messages(example.prompt, notes)
    if not any(m.role is not Role.SYSTEM for m in prompt):
        raise Unfit(DropReason.NO_PROMPT)
    if prompt[-1].role is Role.ASSISTANT:
        raise Unfit(DropReason.ALTERNATION, "the prompt ends with the assistant")
    chosen = _assistant(example.chosen, example.step, notes)
    rejected = _assistant(example.rejected, example.step, notes)
    has_calls = _has_calls((*example.prompt, example.chosen, example.rejected))
    return Pair(prompt, chosen, rejected, _tools(example.tools, has_calls), len(prompt))


def _has_calls(messages: tuple[Message, ...]) -> bool:
    return any(message.tool_calls for message in messages)


def _tools(tools: tuple[ToolText, ...], has_calls: bool) -> tuple[ToolText, ...]:
    """Every tool with parameters: the trainer looks for `properties` in each of them."""
    if has_calls and not tools:
        raise Unfit(DropReason.NO_TOOLS)
    return tuple([_with_properties(tool) for tool in tools])


def _with_properties(tool: ToolText) -> ToolText:
    schema = bytes(tool.parameters)
    keys = _schema_decoder.decode(schema) if schema else {"type": Raw(b'"object"')}
    if "properties" in keys:
        return bare(tool)
    keys["properties"] = Raw(b"{}")
    return replace(bare(tool), parameters=Raw(msgspec.json.encode(keys)))


def _messages(messages: tuple[Message, ...], notes: Notes) -> tuple[Message, ...]:
    """System first, then turns; raises Unfit where they do not alternate."""
    orphans = pair_results(messages).orphans
    if orphans:
        raise Unfit(DropReason.ORPHAN_RESULT, f"message {orphans[0]}")
    fitted: list[Message] = []
    results: list[str] = []
    for index, message in enumerate(messages):
        if message.role is Role.TOOL:
            results.append(text_of(message, notes))
            continue
        _put_results(fitted, results, notes)
        if message.role in (Role.SYSTEM, Role.DEVELOPER):
            fitted.append(_system(message, index, notes))
        elif message.role is Role.USER:
            notes[Adaptation.NAMES_LEFT_OUT] += message.name is not None
            fitted.append(Message(Role.USER, text_of(message, notes)))
        else:
            fitted.append(_assistant(message, index, notes))
    _put_results(fitted, results, notes)
    turns = fitted[1:] if fitted and fitted[0].role is Role.SYSTEM else fitted
    for place, turn in enumerate(turns):
        if (turn.role is Role.ASSISTANT) is (place % 2 == 0):
            raise Unfit(DropReason.ALTERNATION, f"turn {place + 1} is {turn.role.value}")
    # An empty system message is the same as none in this form.
    return tuple(turns) if fitted and not fitted[0].content else tuple(fitted)


def _system(message: Message, index: int, notes: Notes) -> Message:
    if index:
        raise Unfit(DropReason.SYSTEM_PLACE, f"message {index}")
    notes[Adaptation.DEVELOPER_AS_SYSTEM] += message.role is Role.DEVELOPER
    return Message(Role.SYSTEM, text_of(message, notes))


def _put_results(fitted: list[Message], results: list[str], notes: Notes) -> None:
    """The waiting results as one observation: alone as it is, several as a JSON list."""
    if not results:
        return
    text = results[0]
    if len(results) > 1:
        notes[Adaptation.RESULTS_MERGED] += 1
        text = msgspec.json.encode([_json_or_text(result) for result in results]).decode()
    fitted.append(Message(Role.TOOL, text))
    results.clear()


def _json_or_text(text: str) -> Any:
    try:
        return (
            msgspec.json.decode(text, type=Raw) if msgspec.json.decode(text) is not None else None
        )
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return text


def _assistant(message: Message, index: int, notes: Notes) -> Message:
    text = text_of(message, notes)
    notes[Adaptation.NAMES_LEFT_OUT] += message.name is not None
    if not message.tool_calls:
        reasoning, text = fitted_thought(message.reasoning, text, index)
        return Message(Role.ASSISTANT, text, reasoning=reasoning)
    if text.strip():
        raise Unfit(DropReason.TEXT_WITH_CALL, f"message {index}")
    notes[Adaptation.REASONING_LEFT_OUT] += bool(message.reasoning)
    calls = tuple(
        [ToolCall(call.name, call.raw_arguments.strip()) for call in readable_calls(message, index)]
    )
    return Message(Role.ASSISTANT, "", calls)


LAYOUTS.register(ShareGpt(), __name__)
