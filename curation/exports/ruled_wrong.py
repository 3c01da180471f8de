"""Predictions that were ruled right where the step was ruled wrong (LABEL_WRONG).

Such a ruling makes a correction, and once that is accepted the correction speaks. But the rest of
the trajectory may not have been looked at yet, and what a pair or a reward needs (the prompt, the
wrong step, the right answer) is known at once (LoopTool; methods §5.10).
"""

from __future__ import annotations

from collections.abc import Iterator

from curation.annotation import StepVerdict
from curation.diffing import first_difference
from curation.episodes import tool_specs
from curation.export_reasons import Dropped, DropReason
from curation.exporting import Curated, Judged, Pair
from curation.exports.pairs import pair_of
from curation.exports.siblings import says_the_same
from curation.step_facts import Better
from curation.tries import keeps_schema


def better_answers(curated: Curated) -> Iterator[Better | Dropped]:
    """The predictions, as long as they answer the prompt that is exported and the step is still
    held wrong; one that the correction says already is not among them."""
    if not curated.facts.better:
        return
    original = curated.original or curated.trajectory
    if original.tools != curated.trajectory.tools:
        yield Dropped(DropReason.TOOLS_DIFFER)
        return
    cut = first_difference(original.messages, curated.trajectory.messages)
    said = curated.annotation.step_verdicts if curated.annotation else {}
    specs = tool_specs(curated.trajectory.tools)
    for one in curated.facts.better:
        at = one.message_index
        where = f"message {at}, answer of {one.model}"
        if cut is not None and cut < at:
            yield Dropped(DropReason.TRY_OF_OTHER_PROMPT, where, at)
        elif cut != at and said.get(at) is not StepVerdict.INCORRECT:
            continue  # somebody holds the step right: the annotation in force goes before the court
        elif cut == at and says_the_same(curated.trajectory.messages[at], one.message):
            continue
        elif not keeps_schema(one.message, specs):
            yield Dropped(DropReason.BROKEN_ALTERNATIVE, where, at)
        else:
            yield one


def better_pairs(curated: Curated) -> Iterator[Pair | Dropped]:
    """The prediction is chosen, the wrong step rejected."""
    original = curated.original or curated.trajectory
    for one in better_answers(curated):
        if isinstance(one, Dropped):
            yield one
            continue
        at = one.message_index
        rejected = original.messages[at]
        if says_the_same(one.message, rejected):
            yield Dropped(DropReason.SAME_CALLS, f"message {at}, answer of {one.model}", at)
        else:
            yield pair_of(original.messages[:at], one.message, rejected, original.tools)


def better_wanted(curated: Curated) -> Iterator[Judged | Dropped]:
    """The prediction is wanted; that the step is not, its verdict says."""
    trajectory = curated.trajectory
    for one in better_answers(curated):
        if isinstance(one, Dropped):
            yield one
            continue
        prompt = trajectory.messages[: one.message_index]
        yield Judged(prompt, (one.message,), True, trajectory.tools, one.message_index)
