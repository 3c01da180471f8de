"""Which steps of the trained trajectory a judgement speaks of.

Verdicts and marks are about the original. Where a correction changed a message, what was said of
the old one does not hold of the new one; where it did not, it does.
"""

from __future__ import annotations

from collections.abc import Collection

from curation.annotation import StepVerdict
from curation.diffing import aligned
from curation.exporting import Curated
from curation.trajectory import Message, Role


def verdicts_in_force(curated: Curated) -> dict[int, StepVerdict]:
    """Message index in `curated.trajectory` -> verdict, for steps that were judged as they are."""
    said = curated.annotation.step_verdicts if curated.annotation else {}
    return {j: said[i] for i, j in _as_judged(curated, said)}


def unlearnt(curated: Curated) -> set[int]:
    """Message indexes in `curated.trajectory` of what holds a place marked "do not learn".

    No layout here gives a part of a message no loss, so all of a message counts: a good half that
    is not learnt costs little, an error that is learnt is what the mark was to prevent.
    """
    marks = curated.annotation.marks if curated.annotation else ()
    said = {m.anchor.message_index for m in marks if not m.train}
    return {j for _, j in _as_judged(curated, {i for i in said if i is not None})}


def _as_judged(curated: Curated, indexes: Collection[int]) -> list[tuple[int, int]]:
    """(index in the original, index in the trained trajectory) of those that are the same."""
    if curated.original is None or not indexes:
        return [(i, i) for i in indexes]
    before, after = curated.original.messages, curated.trajectory.messages
    return [
        (i, j)
        for i, j in aligned(before, after)
        if i is not None and j is not None and i in indexes and before[i] == after[j]
    ]


def masked_steps(curated: Curated) -> tuple[int, ...]:
    """Assistant messages that carry no loss: judged incorrect, marked "do not learn", or weighted
    0 by their source."""
    verdicts = verdicts_in_force(curated)
    avoided = unlearnt(curated)
    messages = curated.trajectory.messages
    if not verdicts and not avoided and not any(message.extra for message in messages):
        return ()
    return tuple(
        index
        for index, message in enumerate(messages)
        if message.role is Role.ASSISTANT
        and (
            verdicts.get(index) is StepVerdict.INCORRECT or index in avoided or _unweighted(message)
        )
    )


def _unweighted(message: Message) -> bool:
    if not message.extra:
        return False
    weights = [message.extra.get(key) for key in ("weight", "loss_weight")]
    return any(not isinstance(w, bool) and w is not None and w in (0, 0.0) for w in weights)
