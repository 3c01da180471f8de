"""What an annotator says of a trajectory, as a fold over the acts they performed.

Every key press that means something is one `Act`: it names its kind, its place and its value, and
is appended to the store with who and when. An annotation is never edited; it is the fold of the
acts that stand. Undo and redo are themselves acts, which is why they work across trajectories and
after a commit, and why two tabs of one person merge instead of overwriting each other. An undo
takes back an act, a redo takes back an undo; an act stands unless an undo of it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from curation.checklists import Answer, Answered
from curation.errors import AnnotationError
from curation.marks import Mark, placed, removed
from curation.recovery import Recovery, with_label


class Outcome(StrEnum):
    """What should become of the trajectory. Not said is None, never one of these."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"


class StepVerdict(StrEnum):
    """Judgement of one step (PRM800K's +1, −1, 0)."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    UNSURE = "unsure"


class TryRuling(StrEnum):
    """What is said of a try (`curation/tries.py`). To make it the reference is a correction."""

    ALTERNATIVE = "alternative"
    """As good as the reference: a further accepted answer."""
    REJECTED = "rejected"
    """Worse than the reference: the other side of a preference pair (TP-LLaMA)."""


class RuledTry(Struct, frozen=True):
    """A ruling on one try of a step."""

    message_index: int
    try_id: str
    """`curation.tries.try_id` of what was answered."""
    ruling: TryRuling


class Annotation(Struct, frozen=True, omit_defaults=True):
    """All one annotator says of one trajectory."""

    outcome: Outcome | None = None
    step_verdicts: dict[int, StepVerdict] = {}
    """Message index of the step -> verdict; steps not judged are absent."""
    marks: tuple[Mark, ...] = ()
    note: str = ""
    correction_uid: str | None = None
    """uid of the corrected trajectory this annotator proposes."""
    recovery: dict[int, tuple[Recovery, ...]] = {}
    """Message index of the step -> what it does about an earlier error; never empty."""
    tries: tuple[RuledTry, ...] = ()
    """Tries that were ruled on, the latest ruling last."""
    checklist: tuple[Answered, ...] = ()
    """Items of tools' checklists that were answered at calls, the latest answer last."""

    @property
    def is_empty(self) -> bool:
        """True when nothing at all was said."""
        return self == Annotation()


class ActKind(StrEnum):
    """The closed set of acts."""

    MARK = "mark"
    UNMARK = "unmark"
    VERDICTS = "verdicts"
    RECOVERY = "recovery"
    OUTCOME = "outcome"
    NOTE = "note"
    CORRECT = "correct"
    TRY = "try"
    CHECKLIST = "checklist"
    COMMIT = "commit"
    UNDO = "undo"
    REDO = "redo"


class MarkPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`mark`: place or replace the mark with this id (see `curation.marks.placed`)."""

    mark: Mark


class UnmarkPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`unmark`: remove the mark with this id and links to it; unknown ids are ignored."""

    mark_id: str


class VerdictsPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`verdicts`: set several steps at once ("rest is clean" is one act); null clears."""

    verdicts: dict[int, StepVerdict | None]


class RecoveryPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`recovery`: set or clear one recovery label of one step."""

    message_index: int
    label: Recovery
    holds: bool


class OutcomePayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`outcome`: set or clear (null) the outcome."""

    outcome: Outcome | None


class NotePayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: replace the note."""

    note: str


class CorrectPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`correct`: attach a stored correction; null detaches it."""

    correction_uid: str | None


class TryPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`try`: rule on a try of a step; null takes the ruling back."""

    message_index: int
    try_id: str
    ruling: TryRuling | None


class ChecklistPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`checklist`: answer an item at a call; null takes the answer back."""

    message_index: int
    call_index: int
    item_id: str
    answer: Answer | None


class EmptyPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`commit`, `undo` and `redo` carry nothing: the store resolves what they refer to."""


Payload = (
    MarkPayload
    | UnmarkPayload
    | VerdictsPayload
    | RecoveryPayload
    | OutcomePayload
    | NotePayload
    | CorrectPayload
    | TryPayload
    | ChecklistPayload
    | EmptyPayload
)

_PAYLOADS: dict[ActKind, type[Payload]] = {
    ActKind.MARK: MarkPayload,
    ActKind.UNMARK: UnmarkPayload,
    ActKind.VERDICTS: VerdictsPayload,
    ActKind.RECOVERY: RecoveryPayload,
    ActKind.OUTCOME: OutcomePayload,
    ActKind.NOTE: NotePayload,
    ActKind.CORRECT: CorrectPayload,
    ActKind.TRY: TryPayload,
    ActKind.CHECKLIST: ChecklistPayload,
    ActKind.COMMIT: EmptyPayload,
    ActKind.UNDO: EmptyPayload,
    ActKind.REDO: EmptyPayload,
}


def read_payload(kind: ActKind, data: Any) -> Payload:
    """Validate the payload of an act.

    Raises:
        AnnotationError: the payload does not fit the kind; names the field.
    """
    try:
        return msgspec.convert(data, _PAYLOADS[kind], str_keys=True)
    except msgspec.ValidationError as problem:
        raise AnnotationError(
            f"The act {kind.value!r} cannot be read: {problem}.",
            hint="Reload the page; the studio was probably updated while it was open.",
        ) from None


def apply(annotation: Annotation, payload: Payload) -> Annotation:
    """One act applied to an annotation. Pure; unknown targets leave it unchanged."""
    replace = msgspec.structs.replace
    match payload:
        case MarkPayload(mark=mark):
            return replace(annotation, marks=placed(annotation.marks, mark))
        case UnmarkPayload(mark_id=mark_id):
            return replace(annotation, marks=removed(annotation.marks, mark_id))
        case VerdictsPayload(verdicts=verdicts):
            merged: dict[int, StepVerdict | None] = {**annotation.step_verdicts, **verdicts}
            kept = {i: v for i, v in sorted(merged.items()) if v is not None}
            return replace(annotation, step_verdicts=kept)
        case RecoveryPayload(message_index=index, label=label, holds=holds):
            labels = with_label(annotation.recovery.get(index, ()), label, holds)
            steps = {**annotation.recovery, index: labels}
            kept_labels = {i: steps[i] for i in sorted(steps) if steps[i]}
            return replace(annotation, recovery=kept_labels)
        case OutcomePayload(outcome=outcome):
            return replace(annotation, outcome=outcome)
        case NotePayload(note=note):
            return replace(annotation, note=note)
        case CorrectPayload(correction_uid=correction_uid):
            return replace(annotation, correction_uid=correction_uid)
        case TryPayload(message_index=index, try_id=try_id, ruling=ruling):
            ruled = tuple(
                t for t in annotation.tries if (t.message_index, t.try_id) != (index, try_id)
            )
            said = () if ruling is None else (RuledTry(index, try_id, ruling),)
            return replace(annotation, tries=(*ruled, *said))
        case ChecklistPayload(message_index=index, call_index=call, item_id=item, answer=answer):
            others = tuple(
                a
                for a in annotation.checklist
                if (a.message_index, a.call_index, a.item_id) != (index, call, item)
            )
            mine = () if answer is None else (Answered(index, call, item, answer),)
            return replace(annotation, checklist=(*others, *mine))
        case EmptyPayload():
            return annotation


def fold(payloads: Iterable[Payload]) -> Annotation:
    """The annotation that a sequence of acts (those that stand) amounts to."""
    annotation = Annotation()
    for payload in payloads:
        annotation = apply(annotation, payload)
    return annotation
