"""The acts that turn one annotation into another, for annotations that come whole.

People say things act by act; a source that carries labels says all at once (`app/flows/
source_annotations.py`). `fold` of the acts gives the wanted annotation, whatever was said before.
Corrections and checklists are not among what a source says.
"""

from __future__ import annotations

from collections.abc import Iterator

from curation.annotation import (
    ActKind,
    Annotation,
    MarkPayload,
    NotePayload,
    OutcomePayload,
    Payload,
    RecoveryPayload,
    StepVerdict,
    TryPayload,
    UnmarkPayload,
    VerdictsPayload,
)


def acts_between(before: Annotation, after: Annotation) -> list[tuple[ActKind, Payload]]:
    """What has to be said after `before` for it to be `after`; [] when it is already.

    Marks are one by `mark_id`, so the ids of `after` must be the same on every import.
    """
    return [*_marks(before, after), *_steps(before, after), *_tries(before, after)] + [
        (kind, payload)
        for kind, payload, is_said in (
            (ActKind.NOTE, NotePayload(after.note), before.note == after.note),
            (ActKind.OUTCOME, OutcomePayload(after.outcome), before.outcome is after.outcome),
        )
        if not is_said
    ]


def _marks(before: Annotation, after: Annotation) -> Iterator[tuple[ActKind, Payload]]:
    stays = {mark.mark_id for mark in after.marks}
    for mark in before.marks:
        if mark.mark_id not in stays:
            yield ActKind.UNMARK, UnmarkPayload(mark.mark_id)
    said = {mark.mark_id: mark for mark in before.marks}
    for mark in after.marks:
        if said.get(mark.mark_id) != mark:
            yield ActKind.MARK, MarkPayload(mark)


def _steps(before: Annotation, after: Annotation) -> Iterator[tuple[ActKind, Payload]]:
    changed: dict[int, StepVerdict | None] = {
        index: after.step_verdicts.get(index)
        for index in sorted(before.step_verdicts.keys() | after.step_verdicts.keys())
        if before.step_verdicts.get(index) is not after.step_verdicts.get(index)
    }
    if changed:
        yield ActKind.VERDICTS, VerdictsPayload(changed)
    for index in sorted(before.recovery.keys() | after.recovery.keys()):
        old, new = set(before.recovery.get(index, ())), set(after.recovery.get(index, ()))
        for label in sorted(old ^ new):
            yield ActKind.RECOVERY, RecoveryPayload(index, label, label in new)


def _tries(before: Annotation, after: Annotation) -> Iterator[tuple[ActKind, Payload]]:
    old = {(t.message_index, t.try_id): t.ruling for t in before.tries}
    new = {(t.message_index, t.try_id): t.ruling for t in after.tries}
    for place in [*new, *(place for place in old if place not in new)]:
        if old.get(place) is not new.get(place):
            yield ActKind.TRY, TryPayload(*place, new.get(place))
