"""Augmentation: the needed tool is withheld, and the expected answer says what is missing."""

from __future__ import annotations

from random import Random

from curation.asking_back import is_english, refusal
from curation.augment_reasons import Barred
from curation.augmenting import Original, augmentation
from curation.episodes import ToolText
from curation.example_parts import (
    Trained,
    answered_so,
    first_call_step,
    is_learnt,
    messages_of,
    trained,
)
from curation.exporting import Example
from curation.tool_likeness import may_stand_in
from curation.tool_mentions import is_plain_word, mentions
from curation.trajectory import Message, Role


@augmentation("irrelevance", title="Needed tool withheld", types=("sft",))
def irrelevance(original: Original, rng: Random) -> Example | Barred:
    """The one tool that a first request takes is not offered any more, and the answer says so
    instead of calling something else (xLAM, Tool-N1). Only where the tools that are left are unlike
    it, and no text mentions it; other tools must be left, unless `bare`.
    """
    example = trained(original.example)
    step = first_call_step(example)
    if step is None:
        return Barred.NO_FIRST_CALL
    if not is_learnt(example, step):
        return Barred.NOT_LEARNT
    needed = _tools_of_turn(original.curated.trajectory.messages, step)
    if len(needed) != 1:
        return Barred.SEVERAL_TOOLS
    (name,) = needed
    withheld = next((tool for tool in example.tools if tool.name == name), None)
    if withheld is None:
        return Barred.UNOFFERED_TOOL
    left = tuple([tool for tool in example.tools if tool.name != name])
    barred = _unsound(example, step, withheld, left, original.bare)
    if barred is not None:
        return barred
    answer = refusal(withheld, rng, bare=not left)
    return answered_so(example, messages_of(example)[:step], left, answer)


def _tools_of_turn(messages: tuple[Message, ...], step: int) -> set[str]:
    """The tools that are called from a step to the next words of the user."""
    names: set[str] = set()
    for message in messages[step:]:
        if message.role is Role.USER:
            break
        names.update(call.name for call in message.tool_calls)
    return names


def _unsound(
    example: Trained, step: int, withheld: ToolText, left: tuple[ToolText, ...], bare: bool
) -> Barred | None:
    """Why the refusal would not be the right answer, or not follow from the prompt."""
    prompt = messages_of(example)[:step]
    if not left and not bare:
        return Barred.NO_TOOL_LEFT
    # A user who says "weather" offers no tool of that name.
    plain = is_plain_word(withheld.name)
    said = [m.text for m in prompt if not (plain and m.role is Role.USER)]
    said += [text for tool in left for text in (tool.description, bytes(tool.parameters).decode())]
    if mentions("\n".join(said).lower(), withheld.name):
        return Barred.NAME_IN_TEXT
    if any(may_stand_in(tool, withheld) for tool in left):
        return Barred.OTHER_TOOL_MAY_DO_IT
    return None if is_english(prompt[-1].text) else Barred.NOT_ENGLISH
