"""What an annotator says of a trajectory, as a fold over the acts they performed.

Every key press that means something is one `Act`: it names its kind, its place and its value, and
is appended to the store with who and when. An annotation is never edited; it is the fold of the
acts that were not undone. Undo is itself an act, which is why it works across trajectories and
after a commit, and why two tabs of one person merge instead of overwriting each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from curation.errors import AnnotationError
from curation.trajectory import Anchor


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


class MarkSeverity(StrEnum):
    """How much a marked error matters to the task."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Mark(Struct, frozen=True, omit_defaults=True):
    """A category placed at an anchor."""

    mark_id: str
    """Chosen by the client, unique within the annotation; makes repeats harmless."""
    taxonomy: str
    category: str
    anchor: Anchor
    severity: MarkSeverity = MarkSeverity.MAJOR
    note: str = ""
    root_cause: bool = False


class Annotation(Struct, frozen=True, omit_defaults=True):
    """All one annotator says of one trajectory."""

    outcome: Outcome | None = None
    step_verdicts: dict[int, StepVerdict] = {}
    """Message index of the step -> verdict; steps not judged are absent."""
    marks: tuple[Mark, ...] = ()
    note: str = ""
    correction_uid: str | None = None
    """uid of the corrected trajectory this annotator proposes."""

    @property
    def is_empty(self) -> bool:
        """True when nothing at all was said."""
        return self == Annotation()


class ActKind(StrEnum):
    """The closed set of acts."""

    MARK = "mark"
    UNMARK = "unmark"
    VERDICTS = "verdicts"
    OUTCOME = "outcome"
    NOTE = "note"
    CORRECT = "correct"
    COMMIT = "commit"
    UNDO = "undo"


class MarkPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`mark`: place or replace the mark with this id."""

    mark: Mark


class UnmarkPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`unmark`: remove the mark with this id; unknown ids are ignored."""

    mark_id: str


class VerdictsPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`verdicts`: set several steps at once ("rest is clean" is one act); null clears."""

    verdicts: dict[int, StepVerdict | None]


class OutcomePayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`outcome`: set or clear (null) the outcome."""

    outcome: Outcome | None


class NotePayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: replace the note."""

    note: str


class CorrectPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`correct`: attach a stored correction; null detaches it."""

    correction_uid: str | None


class EmptyPayload(Struct, frozen=True, forbid_unknown_fields=True):
    """`commit` and `undo` carry nothing: the store resolves what they refer to."""


Payload = (
    MarkPayload
    | UnmarkPayload
    | VerdictsPayload
    | OutcomePayload
    | NotePayload
    | CorrectPayload
    | EmptyPayload
)

_PAYLOADS: dict[ActKind, type[Payload]] = {
    ActKind.MARK: MarkPayload,
    ActKind.UNMARK: UnmarkPayload,
    ActKind.VERDICTS: VerdictsPayload,
    ActKind.OUTCOME: OutcomePayload,
    ActKind.NOTE: NotePayload,
    ActKind.CORRECT: CorrectPayload,
    ActKind.COMMIT: EmptyPayload,
    ActKind.UNDO: EmptyPayload,
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
            others = tuple(m for m in annotation.marks if m.mark_id != mark.mark_id)
            return replace(annotation, marks=(*others, mark))
        case UnmarkPayload(mark_id=mark_id):
            return replace(
                annotation, marks=tuple(m for m in annotation.marks if m.mark_id != mark_id)
            )
        case VerdictsPayload(verdicts=verdicts):
            merged: dict[int, StepVerdict | None] = {**annotation.step_verdicts, **verdicts}
            kept = {i: v for i, v in sorted(merged.items()) if v is not None}
            return replace(annotation, step_verdicts=kept)
        case OutcomePayload(outcome=outcome):
            return replace(annotation, outcome=outcome)
        case NotePayload(note=note):
            return replace(annotation, note=note)
        case CorrectPayload(correction_uid=correction_uid):
            return replace(annotation, correction_uid=correction_uid)
        case EmptyPayload():
            return annotation


def fold(payloads: Iterable[Payload]) -> Annotation:
    """The annotation that a sequence of acts (undone ones left out) amounts to."""
    annotation = Annotation()
    for payload in payloads:
        annotation = apply(annotation, payload)
    return annotation
