"""TRL (and Unsloth, which reads TRL's files): messages, prompt-completion, preference, unpaired.

Arrow gives a column one struct type, so argument objects of different tools come back with each
other's keys set to null (`datasets` before 4.8) or fail to load at all when a key is a string here
and a number there. `trl` therefore writes arguments and `tools` as JSON text, which every version
loads unchanged, and puts a small module beside the files that turns them into objects where the
tokenizer applies its chat template: after Arrow, and in every trainer. (Decoding rows with
`Dataset.with_transform` is refused by TRL's SFTTrainer.) `trl-objects` writes the objects
themselves, for `datasets` 4.8 or newer, and refuses the rows that those would change.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from curation.episodes import ToolText
from curation.export_reasons import DropReason, Unfit
from curation.exporting import (
    LAYOUTS,
    Completion,
    Conversation,
    Example,
    Judged,
    Notes,
    Pair,
)
from curation.exports import trl_rewarded, trl_stepwise
from curation.exports.arrow_numbers import survives
from curation.exports.beside import text_of_file
from curation.exports.chat import (
    MessageIn,
    MessageOut,
    WrappedIn,
    read,
    tool_of,
    wrapped_text,
    written,
)
from curation.exports.chat_contract import check_chat_row
from curation.exports.chat_fit import fitted_chat, fitted_prompt, refuse_masks
from curation.exports.lines import Lines
from curation.exports.rewarded_contract import check_rewarded_row
from curation.exports.trl_card import OBJECTS, TEXT, advice, loader
from curation.exports.trl_judged_card import ADVICE as JUDGED_ADVICE
from curation.exports.trl_judged_card import TRAIN_GRPO, TRAIN_PRM
from curation.exports.trl_rewarded import (
    check_rewarded,
    decode_rewarded,
    encode_rewarded,
    fit_rewarded,
)
from curation.exports.trl_stepwise import (
    check_stepwise,
    check_stepwise_row,
    decode_stepwise,
    encode_stepwise,
    fit_stepwise,
)
from curation.exports.trl_training import training_script
from curation.judged_rows import Rewarded, StepTexts, Stepwise
from curation.trajectory import Message


class _RowOut(Struct, gc=False, omit_defaults=True):
    messages: list[MessageOut | Message] | None = None
    prompt: list[MessageOut | Message] | None = None
    completion: list[MessageOut | Message] | None = None
    chosen: list[MessageOut | Message] | None = None
    rejected: list[MessageOut | Message] | None = None
    label: bool | None = None
    tools: Raw | None = None


class _RowIn(Struct, gc=False, forbid_unknown_fields=True):
    tools: str
    messages: list[MessageIn] | None = None
    prompt: list[MessageIn] | None = None
    completion: list[MessageIn] | None = None
    chosen: list[MessageIn] | None = None
    rejected: list[MessageIn] | None = None
    label: bool | None = None


_wrapped_decoder = msgspec.json.Decoder(list[WrappedIn])


def _tools_back(text: str) -> tuple[ToolText, ...]:
    return tuple([tool_of(tool.function) for tool in _wrapped_decoder.decode(text)])


class Trl(Lines):
    """See the module."""

    shapes: tuple[type[Struct], ...]
    suffix: str = ".jsonl"

    def __init__(self, *, objects: bool) -> None:
        self._objects = objects
        learnt = (Conversation, Completion, Pair, Judged)
        self.shapes = learnt if objects else (*learnt, Rewarded, Stepwise)
        self.name = "trl-objects" if objects else "trl"
        self.title = "TRL, arguments as objects" if objects else "TRL"
        self.description = (
            "JSON Lines for TRL with `datasets` 4.8 or newer; arguments are objects, rows that it "
            "would change are left out."
            if objects
            else "JSON Lines for TRL; arguments are JSON text that every `datasets` loads "
            "unchanged, with a loader that makes them objects for the chat template."
        )
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_RowIn)

    def fit(self, example: Example, notes: Notes) -> Example:
        """Text content, readable arguments, names on tool messages only."""
        if isinstance(example, Rewarded):
            return fit_rewarded(example, fitted_prompt(example.prompt, notes))
        if isinstance(example, Stepwise | StepTexts):
            return fit_stepwise(example, notes)
        refuse_masks(example)
        fitted = fitted_chat(example, notes)
        if self._objects:
            _refuse_changing(fitted)
        return fitted

    def encode(self, example: Example) -> bytes:
        """One row as one line."""
        if isinstance(example, Rewarded):
            return encode_rewarded(example)
        if isinstance(example, StepTexts):
            return encode_stepwise(example)
        row = _RowOut(tools=wrapped_text(example.tools))  # type: ignore[union-attr]
        match example:
            case Conversation():
                row.messages = self._write(example.messages)
            case Completion():
                row.prompt = self._write(example.prompt)
                row.completion = self._write(example.completion)
            case Pair():
                row.prompt = self._write(example.prompt)
                row.chosen = self._write((example.chosen,))
                row.rejected = self._write((example.rejected,))
            case Judged():
                row.prompt = self._write(example.prompt)
                row.completion = self._write(example.completion)
                row.label = example.label
        return self._encoder.encode(row)

    def contract(self, encoded: bytes) -> None:
        """See `curation.exports.chat_contract`, and of two types the contracts of their own."""
        if encoded.startswith(trl_rewarded.START):
            check_rewarded_row(encoded)
        elif encoded.startswith(trl_stepwise.START):
            check_stepwise_row(encoded)
        else:
            check_chat_row(encoded, objects=self._objects)

    def check(self, line: bytes) -> None:
        """Every key and type of the row; texts inside it are not looked into."""
        if line.startswith(trl_rewarded.START):
            check_rewarded(line)
        elif line.startswith(trl_stepwise.START):
            check_stepwise(line)
        else:
            self._decoder.decode(line)

    def decode(self, line: bytes) -> Example:
        """Inverse of `encode`."""
        if line.startswith(trl_rewarded.START):
            return decode_rewarded(line)
        if line.startswith(trl_stepwise.START):
            return decode_stepwise(line)
        row = self._decoder.decode(line)
        tools = _tools_back(row.tools)
        if row.messages is not None:
            return Conversation(self._read(row.messages), tools)
        prompt = self._read(row.prompt or [])
        if row.chosen is not None and row.rejected is not None:
            (chosen,), (rejected,) = self._read(row.chosen), self._read(row.rejected)
            return Pair(prompt, chosen, rejected, tools, len(prompt))
        completion = self._read(row.completion or [])
        if row.label is None:
            return Completion(prompt, completion, tools, len(prompt))
        return Judged(prompt, completion, row.label, tools, len(prompt))

    def _write(self, messages: tuple[Message, ...]) -> list[MessageOut | Message]:
        return [written(message, objects=self._objects) for message in messages]

    def _read(self, messages: list[MessageIn]) -> tuple[Message, ...]:
        return tuple([read(message, objects=self._objects) for message in messages])

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """The loader, which gives chat templates objects, and a script that trains."""
        beside = {"load_rows.py": loader(self.suffix), **training_script(shape, self.suffix)}
        if shape == "Rewarded":
            beside |= {
                "tool_reward.py": text_of_file("tool_reward.py"),
                "train_grpo.py": TRAIN_GRPO,
            }
        elif shape == "Stepwise":
            beside["train_prm.py"] = TRAIN_PRM
        return beside

    def advice(self, type_name: str) -> str:
        """How to load it."""
        if type_name in JUDGED_ADVICE:
            return JUDGED_ADVICE[type_name]
        return advice(type_name, OBJECTS if self._objects else TEXT)


def _refuse_changing(example: Example) -> None:
    """Refuse what `datasets` would not read as it is written."""
    match example:
        case Conversation(messages=messages):
            whole = messages
        case Completion() | Judged():
            whole = example.prompt + example.completion
        case Pair():
            whole = (*example.prompt, example.chosen, example.rejected)
        case _:
            raise TypeError(type(example).__name__)
    for index, message in enumerate(whole):
        for call in message.tool_calls:
            if not survives(call.raw_arguments):
                raise Unfit(DropReason.CHANGED_BY_ARROW, f"message {index}, {call.name}")


LAYOUTS.register(Trl(objects=False), f"{__name__}:text")
LAYOUTS.register(Trl(objects=True), f"{__name__}:objects")
