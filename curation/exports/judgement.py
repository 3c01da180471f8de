"""Which steps of the trained trajectory a judgement speaks of.

Verdicts and marks are about the original. Where a correction changed a message, what was said of
the old one does not hold of the new one; where it did not, it does.
"""

from __future__ import annotations

from collections.abc import Collection

from curation.annotation import StepVerdict
from curation.diffing import aligned
from curation.exporting import Curated, MaskedSpan
from curation.trajectory import Anchor, Message, Role, TextField


def verdicts_in_force(curated: Curated) -> dict[int, StepVerdict]:
    """Message index in `curated.trajectory` -> verdict, for steps that were judged as they are."""
    said = curated.annotation.step_verdicts if curated.annotation else {}
    return {j: said[i] for i, j in _as_judged(curated, said)}


def unlearnt(curated: Curated) -> set[int]:
    """Message indexes in `curated.trajectory` of what holds a place marked "do not learn"."""
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


def masks(curated: Curated) -> tuple[tuple[int, ...], tuple[MaskedSpan, ...]]:
    """What carries no loss in `curated.trajectory`: whole steps, and parts of others.

    Whole: judged incorrect, weighted 0 by their source, or marked "do not learn" anywhere but at
    words of their text (no trainer masks one argument of a call, or a part of the thinking; a good
    half that is not learnt costs little, an error that is learnt is what the mark was to prevent).
    """
    verdicts = verdicts_in_force(curated)
    messages = curated.trajectory.messages
    avoided = _avoided(curated)
    if not verdicts and not avoided and not any(message.extra for message in messages):
        return (), ()
    whole: list[int] = []
    spans: list[MaskedSpan] = []
    for index, message in enumerate(messages):
        if message.role is not Role.ASSISTANT:
            continue
        parts = _joined([_span_in(message, anchor) for anchor in avoided.get(index, ())])
        if (
            verdicts.get(index) is StepVerdict.INCORRECT
            or _unweighted(message)
            or None in parts
            or (parts == [(0, len(message.text))] and not message.tool_calls)
        ):
            whole.append(index)
        else:
            spans += [MaskedSpan(index, *part) for part in parts if part is not None]
    return tuple(whole), tuple(spans)


def _avoided(curated: Curated) -> dict[int, list[Anchor]]:
    """Message index in the trained trajectory -> places marked "do not learn"."""
    marks = curated.annotation.marks if curated.annotation else ()
    said: dict[int, list[Anchor]] = {}
    for mark in marks:
        if not mark.train and mark.anchor.message_index is not None:
            said.setdefault(mark.anchor.message_index, []).append(mark.anchor)
    return {j: said[i] for i, j in _as_judged(curated, said)}


def _span_in(message: Message, anchor: Anchor) -> tuple[int, int] | None:
    """The words of the message's text that are meant; None: all of the message."""
    if anchor.span is None or anchor.field is not TextField.CONTENT:
        return None
    if not isinstance(message.content, str):
        return None
    start, end = anchor.span
    end = min(end, len(message.content))
    return (start, end) if start < end else None


def _joined(parts: list[tuple[int, int] | None]) -> list[tuple[int, int] | None]:
    """Parts in order, those that touch made one; [None] when one is the whole message."""
    if None in parts:
        return [None]
    joined: list[tuple[int, int] | None] = []
    for start, end in sorted(part for part in parts if part is not None):
        before = joined[-1] if joined else None
        if before is not None and start <= before[1]:
            joined[-1] = (before[0], max(before[1], end))
        else:
            joined.append((start, end))
    return joined


def _unweighted(message: Message) -> bool:
    if not message.extra:
        return False
    weights = [message.extra.get(key) for key in ("weight", "loss_weight")]
    return any(not isinstance(w, bool) and w is not None and w in (0, 0.0) for w in weights)
