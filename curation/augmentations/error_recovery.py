"""Augmentation: a wrong call and what the schema says of it, in front of the right one.

AskToAct and TL-Training (arXiv 2412.15495): a model sees the error and learns the recovery, not the
error. The wrong call comes from `curation/mutations/`, its result from the schema check, and the
wrong step carries no loss: masked in a whole trajectory, part of the prompt in a row of one step.
"""

from __future__ import annotations

from random import Random

import msgspec
from msgspec.structs import replace

from curation.annotation import TryRuling
from curation.augment_reasons import Barred
from curation.augmenting import Original, augmentation
from curation.episodes import tool_specs
from curation.example_parts import Trained, is_learnt, messages_of, trained
from curation.exporting import Completion, Conversation, Curated, Example, MaskedSpan
from curation.exports.arrow_numbers import survives
from curation.mutating import mutants
from curation.schemas import quote, validator_for
from curation.trajectory import Message, Role, ToolCall, ToolSpec

_BREAKING = ("missing-key", "cast-value", "blank-value", "misspelt-tool")
"""Mutations that a schema tells from a right call, and that every layout can write."""


@augmentation("error-recovery", title="Error and recovery", types=("sft",))
def error_recovery(original: Original, rng: Random) -> Example | Barred:
    """A wrong call, made by a mutation, and the error that the schema check gives for it stand
    before the right call; the wrong call is never learnt. For whole trajectories in layouts
    that can mask a step; per step in all.
    """
    example = trained(original.example)
    steps = _steps(example)
    if not steps:
        return Barred.NO_SINGLE_CALL
    specs = tool_specs(example.tools)
    messages = messages_of(example)
    rng.shuffle(steps)
    fitting = [i for i in steps if _error_of(messages[i].tool_calls[0], specs) == ""]
    for step in fitting:
        inserted = _wrong_turn(messages, step, specs, original.curated, rng)
        if inserted is not None:
            return _with_turn(example, step, inserted)
    return Barred.NO_SCHEMA_ERROR if fitting else Barred.NO_SINGLE_CALL


def _steps(example: Trained) -> list[int]:
    """Message indexes of learnt steps of a single call."""
    return [
        index
        for index, message in enumerate(messages_of(example))
        if index and len(message.tool_calls) == 1 and is_learnt(example, index)
    ]


def _wrong_turn(
    messages: tuple[Message, ...],
    step: int,
    specs: tuple[ToolSpec, ...],
    curated: Curated,
    rng: Random,
) -> tuple[Message, Message] | None:
    """A wrong call with its error; None where no mutation breaks the schema."""
    right = messages[step]
    seed, alternatives = str(rng.random()), _alternatives(curated)
    for name in rng.sample(_BREAKING, len(_BREAKING)):
        found = mutants(
            right, specs, messages[:step], seed=seed, alternatives=alternatives, mutations=[name]
        )
        if not found:
            continue
        (call,) = found[0].message.tool_calls
        error = _error_of(call, specs)
        if not error or not survives(call.raw_arguments):
            continue
        call = replace(call, id=_free_id(messages, call.id))
        # The right step says its words itself; said twice they would be learnt as a habit.
        wrong = Message(Role.ASSISTANT, None if right.text else right.content, (call,))
        named = any(m.name is not None for m in messages if m.role is Role.TOOL)
        text = msgspec.json.encode({"error": error}).decode()
        of = call.name if named else None
        return wrong, Message(Role.TOOL, text, tool_call_id=call.id, name=of)
    return None


def _error_of(call: ToolCall, specs: tuple[ToolSpec, ...]) -> str:
    """What the schema check says of a call; "" for one that fits."""
    spec = next((s for s in specs if s.name == call.name), None)
    if spec is None:
        return f"The tool {quote(call.name)} is not offered."
    arguments = call.parsed()
    if arguments.value is None:
        return arguments.error or ""
    validator = validator_for(spec)
    if validator.fits(arguments.value):
        return ""
    return " ".join([problem.message for problem in validator.problems(arguments.value)])


def _alternatives(curated: Curated) -> list[Message]:
    """Other answers that people accept at steps of the trajectory."""
    ruled = curated.annotation.tries if curated.annotation is not None else ()
    good = {(t.message_index, t.try_id) for t in ruled if t.ruling is TryRuling.ALTERNATIVE}
    return [one.message for one in curated.tries if (one.message_index, one.try_id) in good]


def _free_id(messages: tuple[Message, ...], like: str | None) -> str | None:
    """An id of the same form that no call has; None for None."""
    if like is None:
        return None
    taken = {call.id for message in messages for call in message.tool_calls}
    number = 0
    while f"{like}_{number}" in taken:
        number += 1
    return f"{like}_{number}"


def _with_turn(example: Trained, step: int, inserted: tuple[Message, Message]) -> Example:
    n = len(inserted)
    match example:
        case Conversation(messages=messages):
            masked = [i + n if i >= step else i for i in example.masked]
            return replace(
                example,
                messages=(*messages[:step], *inserted, *messages[step:]),
                masked=tuple(sorted([*masked, step])),
                spans=tuple(
                    [_moved(s, n) if s.message_index >= step else s for s in example.spans]
                ),
            )
        case Completion():
            prompt = (*example.prompt, *inserted)
            return replace(example, prompt=prompt, step=len(prompt))
        case _:
            raise TypeError(type(example).__name__)


def _moved(span: MaskedSpan, n: int) -> MaskedSpan:
    return replace(span, message_index=span.message_index + n)
