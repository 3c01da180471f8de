"""Unpaired preference (KTO): what is wanted and what is not.

Accepted is wanted and rejected is not. Where steps were judged one by one, each judged step is an
example of its own; a rejected trajectory says nothing of its single steps, so without verdicts it
is one example as a whole. A corrected trajectory gives its new step as wanted and the step it
replaced as unwanted; where no step was replaced (but a user's words, say), it is wanted like
any accepted trajectory. Tries of a step that people rejected are unwanted, alternatives wanted, as
is a prediction that was ruled right where the step was wrong.
What holds a place marked "do not learn" is never wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from curation.annotation import Outcome, StepVerdict
from curation.episodes import Episode
from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, Curated, Judged, Options, Pair
from curation.exports.judgement import unlearnt, verdicts_in_force
from curation.exports.pairs import cut_pair
from curation.exports.ruled_wrong import better_wanted
from curation.exports.siblings import judged_tries


class Kto:
    """See the module."""

    name = "kto"
    title = "Wanted and unwanted (KTO)"
    description = "Accepted against rejected, per step where steps were judged; and ruled tries."
    shapes: tuple[type[Struct], ...] = (Judged,)
    splits = True
    wants_facts = True

    def examples(self, curated: Curated, options: Options) -> Iterator[Judged | Dropped]:
        """One labelled example per judged step, else per trajectory; and one per ruled try."""
        avoided = unlearnt(curated)
        for one in _judged(curated, options):
            yield _refused(one, avoided) or one
        if curated.outcome not in (None, Outcome.REJECT):
            yield from judged_tries(curated)
            yield from better_wanted(curated)


def _refused(one: Judged | Dropped, avoided: set[int]) -> Dropped | None:
    """Why nothing that holds a place marked "do not learn" is wanted; None for all others."""
    if isinstance(one, Dropped) or not one.label:
        return None
    held = avoided & set(range(one.step, one.step + len(one.completion)))
    if not held:
        return None
    return Dropped(DropReason.NOT_TO_LEARN, f"message {min(held)}", one.step)


def _judged(curated: Curated, options: Options) -> Iterator[Judged | Dropped]:
    if curated.outcome is None:
        yield Dropped(DropReason.UNDECIDED)
        return
    verdicts = verdicts_in_force(curated)
    corrected = curated.original is not None and curated.outcome is not Outcome.REJECT
    pair = cut_pair(curated) if corrected else None
    if isinstance(pair, Pair):
        yield from _corrected(curated.trajectory, pair, verdicts)
    elif verdicts:
        yield from _by_verdict(curated.trajectory, verdicts)
    elif options.per_step and curated.outcome is Outcome.REJECT:
        yield Dropped(DropReason.NO_STEP_VERDICTS)
    elif options.per_step:
        for step in curated.trajectory.assistant_indexes():
            yield _step(curated.trajectory, step, True)
    else:
        yield _whole(curated)


def _corrected(
    trajectory: Episode, pair: Pair, verdicts: dict[int, StepVerdict]
) -> Iterator[Judged | Dropped]:
    earlier = {i: v for i, v in verdicts.items() if i < pair.step}
    yield from _by_verdict(trajectory, earlier)
    yield Judged(pair.prompt, (pair.chosen,), True, pair.tools, pair.step)
    yield Judged(pair.prompt, (pair.rejected,), False, pair.tools, pair.step)


def _by_verdict(
    trajectory: Episode, verdicts: dict[int, StepVerdict]
) -> Iterator[Judged | Dropped]:
    for step in trajectory.assistant_indexes():
        match verdicts.get(step):
            case StepVerdict.UNSURE:
                yield Dropped(DropReason.STEP_UNSURE, f"message {step}", step)
            case StepVerdict() as verdict:
                yield _step(trajectory, step, verdict is StepVerdict.CORRECT)


def _step(trajectory: Episode, step: int, label: bool) -> Judged:
    messages = trajectory.messages
    return Judged(messages[:step], (messages[step],), label, trajectory.tools, step)


def _whole(curated: Curated) -> Judged | Dropped:
    messages = curated.trajectory.messages
    steps = curated.trajectory.assistant_indexes()
    if not steps:
        return Dropped(DropReason.NO_TARGET)
    first, end = steps[0], steps[-1] + 1
    wanted = curated.outcome is not Outcome.REJECT
    # Not what a user says after the last step: the model did not write it.
    return Judged(messages[:first], messages[first:end], wanted, curated.trajectory.tools, first)


TYPES.register(Kto(), __name__)
