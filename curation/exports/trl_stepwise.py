"""Rows for TRL's PRMTrainer: `{prompt, completions, labels}`, all of it text.

PRMTrainer hands `prompt` and every completion to the tokenizer as they are and puts each label on
the separator behind its completion; messages would stop it. So rows carry text, with tools, calls
and results in tags (`tagged_prompt`) and each turn between tags with its role. What a step was
answered stands at the beginning of the next completion: the label of a step is on the token right
behind that step. Axolotl reads the same rows (`type: stepwise_supervised`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from curation.export_reasons import DropReason, Unfit
from curation.exporting import Notes
from curation.exports.chat import fitted_tools, wrapped_text
from curation.exports.row_text import check_schema
from curation.exports.tagged_prompt import assistant_text, tagged
from curation.judged_rows import StepTexts, Stepwise
from curation.trajectory import Message, Role

START = b'{"completions":'
"""Of every line; no other row of the layout begins so."""


class _Row(Struct, gc=False, forbid_unknown_fields=True):
    completions: tuple[str, ...]
    labels: tuple[bool, ...]
    prompt: str
    tools: str


class _Named(Struct, gc=False):
    name: str
    parameters: Raw = Raw()


class _Tool(Struct, gc=False):
    function: _Named


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Row)
_tools_decoder = msgspec.json.Decoder(list[_Tool])


def fit_stepwise(example: Stepwise | StepTexts, notes: Notes) -> StepTexts:
    """The run of steps as text.

    Raises:
        Unfit: nothing stands before the first step, a message holds something other than text, or
            a call that is in the prompt or labelled correct cannot be read.
    """
    if isinstance(example, StepTexts):
        return example
    whole = [*example.prompt, *(m for step in example.steps for m in step)]
    tools = fitted_tools(example.tools, any(message.tool_calls for message in whole))
    if not any(message.role is not Role.SYSTEM for message in example.prompt):
        raise Unfit(DropReason.NO_PROMPT)
    prompt = tagged(example.prompt, tools, notes, thinking=True)
    completions = []
    at = len(example.prompt)
    for step, label in zip(example.steps, example.labels, strict=True):
        before = tagged(step[:-1], (), notes)
        at += len(step)
        said = assistant_text(step[-1], at - 1, notes, thinking=True, broken=not label)
        if not said.strip():
            raise Unfit(DropReason.EMPTY_TARGET, f"message {at - 1}")
        completions.append(_turns([*before, Message(Role.ASSISTANT, said)]))
    tools_text = msgspec.json.decode(wrapped_text(tools), type=str)
    return StepTexts(_turns(prompt) + "\n", tuple(completions), example.labels, tools_text)


def _turns(messages: Sequence[Message]) -> str:
    return "\n".join([f"<{m.role.value}>\n{m.text}\n</{m.role.value}>" for m in messages])


def encode_stepwise(example: StepTexts) -> bytes:
    """One row as one line."""
    return _encoder.encode(
        _Row(example.completions, example.labels, example.prompt, example.tools_text)
    )


def check_stepwise(line: bytes) -> None:
    """Every key and type of the row."""
    _decoder.decode(line)


def decode_stepwise(line: bytes) -> StepTexts:
    """Inverse of `encode_stepwise`."""
    row = _decoder.decode(line)
    return StepTexts(row.prompt, row.completions, row.labels, row.tools)


def check_stepwise_row(line: bytes) -> None:
    """Refuse a row that PRMTrainer would not train on as it is meant.

    Raises:
        Unfit: the row breaks the contract.
    """
    try:
        row = _decoder.decode(line)
        tools = _tools_decoder.decode(row.tools)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as problem:
        text = str(problem)
        filled = "got `null`" in text
        raise Unfit(DropReason.NULL_FILLED if filled else DropReason.ROW_FORM, text) from None
    if not row.prompt.strip():
        raise Unfit(DropReason.NO_PROMPT)
    if not row.completions:
        raise Unfit(DropReason.NO_TARGET)
    if len(row.completions) != len(row.labels):
        detail = f"{len(row.completions)} steps and {len(row.labels)} labels"
        raise Unfit(DropReason.HALF_MASK, detail)
    for place, completion in enumerate(row.completions):
        if not completion.strip():
            raise Unfit(DropReason.EMPTY_TARGET, f"step {place + 1}")
        if completion != completion.rstrip("\n"):
            # The separator behind it carries the label; a line break of its own would hide it.
            raise Unfit(DropReason.ROW_FORM, f"step {place + 1} ends with a line break")
    for tool in tools:
        check_schema(tool.function.name, bytes(tool.function.parameters))
        if tool.function.name not in row.prompt:
            raise Unfit(DropReason.NO_TOOLS, f"{tool.function.name} does not stand in the prompt")
    if not tools and any("<tool_call>" in one for one in row.completions):
        raise Unfit(DropReason.NO_TOOLS)
