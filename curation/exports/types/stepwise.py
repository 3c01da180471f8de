"""Process supervision (as in ToolComp and PRM800K): each step with whether it is correct.

A row is a run of judged steps. What stands before its first step is context without a label; it
ends before a step that is unsure or was not judged, because every step of a row needs its label.
Nothing is inferred from the outcome: an accepted trajectory may hold a wrong step that it recovers
from.

Of a corrected trajectory the steps of the original are judged, as they were when people looked at
them; the step that the correction replaced is incorrect, whatever else was said. The corrected step
is a row of its own, with the same steps before it; what follows it was not judged there.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from curation.annotation import Outcome, StepVerdict
from curation.episodes import Episode
from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, Curated, Options, Pair
from curation.exports.pairs import cut_pair
from curation.judged_rows import Stepwise
from curation.trajectory import Message

_SURE = (StepVerdict.CORRECT, StepVerdict.INCORRECT)


class StepwiseType:
    """See the module."""

    name = "stepwise"
    title = "Process reward (stepwise)"
    description = (
        "Judged steps of one trajectory with a label each; a corrected step is a row of its own."
    )
    shapes: tuple[type[Struct], ...] = (Stepwise,)
    splits = True
    wants_facts = False

    def examples(self, curated: Curated, options: Options) -> Iterator[Stepwise | Dropped]:
        """A row of the trajectory as it was judged, and one up to its corrected step."""
        verdicts = dict(curated.annotation.step_verdicts) if curated.annotation else {}
        judged = curated.original or curated.trajectory
        corrected = curated.original is not None and curated.outcome is not Outcome.REJECT
        pair = cut_pair(curated) if corrected else None
        if isinstance(pair, Pair):
            verdicts[pair.step] = StepVerdict.INCORRECT
        if not verdicts:
            yield Dropped(DropReason.STEPS_NOT_JUDGED)
            return
        yield from _run(judged, verdicts, of_original=curated.original is not None)
        if isinstance(pair, Pair):
            yield _corrected(curated.trajectory, verdicts, pair)


def _run(
    judged: Episode, verdicts: dict[int, StepVerdict], *, of_original: bool
) -> Iterator[Stepwise | Dropped]:
    """The steps from the first that was judged to the last before one that has no label."""
    steps = judged.assistant_indexes()
    first = next((n for n, at in enumerate(steps) if verdicts.get(at) in _SURE), None)
    if first is None:
        unsure = next((at for at in steps if at in verdicts), None)
        reason = DropReason.STEPS_NOT_JUDGED if unsure is None else DropReason.STEP_UNSURE
        yield Dropped(reason, "" if unsure is None else f"message {unsure}", unsure)
        return
    run: list[int] = []
    ended: Dropped | None = None
    for at in steps[first:]:
        verdict = verdicts.get(at)
        if verdict not in _SURE:
            reason = DropReason.STEPS_NOT_JUDGED if verdict is None else DropReason.STEP_UNSURE
            later = sum(step > at for step in steps)
            more = f" and {later} after it" if later else ""
            ended = Dropped(reason, f"message {at}{more}", at)
            break
        run.append(at)
    if run:
        yield Stepwise(
            judged.messages[: run[0]],
            _stretches(judged.messages, run),
            tuple(verdicts[at] is StepVerdict.CORRECT for at in run),
            judged.tools,
            of_original,
        )
    if ended is not None:
        yield ended


def _corrected(trajectory: Episode, verdicts: dict[int, StepVerdict], pair: Pair) -> Stepwise:
    """The steps right before the corrected one that were judged, and that one as correct."""
    run = [pair.step]
    for at in reversed([i for i in trajectory.assistant_indexes() if i < pair.step]):
        if verdicts.get(at) not in _SURE:
            break
        run.insert(0, at)
    labels = [verdicts[at] is StepVerdict.CORRECT for at in run[:-1]]
    return Stepwise(
        trajectory.messages[: run[0]],
        _stretches(trajectory.messages, run),
        (*labels, True),
        trajectory.tools,
    )


def _stretches(messages: tuple[Message, ...], run: list[int]) -> tuple[tuple[Message, ...], ...]:
    starts = [run[0], *(at + 1 for at in run[:-1])]
    return tuple(messages[start : at + 1] for start, at in zip(starts, run, strict=True))


TYPES.register(StepwiseType(), __name__)
