"""Which steps of the trained trajectory a judgement speaks of.

Verdicts are about the original. Where a correction changed a message, what was said of the old one
does not hold of the new one; where it did not, it does.
"""

from __future__ import annotations

from curation.annotation import StepVerdict
from curation.diffing import aligned
from curation.exporting import Curated
from curation.trajectory import Message, Role


def verdicts_in_force(curated: Curated) -> dict[int, StepVerdict]:
    """Message index in `curated.trajectory` -> verdict, for steps that were judged as they are."""
    said = curated.annotation.step_verdicts if curated.annotation else {}
    if curated.original is None or not said:
        return dict(said)
    before, after = curated.original.messages, curated.trajectory.messages
    return {
        j: said[i]
        for i, j in aligned(before, after)
        if i is not None and j is not None and i in said and before[i] == after[j]
    }


def masked_steps(curated: Curated) -> tuple[int, ...]:
    """Assistant messages that carry no loss: judged incorrect, or weighted 0 by their source."""
    verdicts = verdicts_in_force(curated)
    messages = curated.trajectory.messages
    if not verdicts and not any(message.extra for message in messages):
        return ()
    return tuple(
        index
        for index, message in enumerate(messages)
        if message.role is Role.ASSISTANT
        and (verdicts.get(index) is StepVerdict.INCORRECT or _unweighted(message))
    )


def _unweighted(message: Message) -> bool:
    if not message.extra:
        return False
    weight = message.extra.get("weight")
    return not isinstance(weight, bool) and weight in (0, 0.0) and weight is not None
