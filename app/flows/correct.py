"""Correct: edit arguments or a message as text, checked before anything is stored.

Edits start from the annotator's current correction when there is one (else from the trajectory),
but the parent of a correction is always the imported trajectory. An edit that means the same as
what stands (same JSON value, same text) changes nothing; one that means the same as the parent
brings the parent's own spelling back, so undoing an edit by hand leaves no trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.flows.annotate import LEASE, Draft, draft_of
from curation.annotation import ActKind, CorrectPayload
from curation.checking import catalogue_fingerprint, run_checks
from curation.diffing import MessageChange, diff_trajectories
from curation.errors import AnnotationError, StoreError
from curation.queueing import suspicion
from curation.schemas import validator_for
from curation.trajectory import Message, Trajectory, canonical_json, parse_arguments
from storage import acts, tasks, trajectories
from storage.annotators import AnnotatorInfo, hold_annotator, take_turn
from storage.corrections import append_correction
from storage.engine import Store
from storage.findings import Checked, FoundIn, replace_findings
from storage.trajectories import StoredTrajectory

MAX_REASON = 2_000
"""Characters of a reason."""


class EditTarget(StrEnum):
    """What an edit replaces."""

    ARGUMENTS = "arguments"
    CONTENT = "content"


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    """One text an annotator typed over another."""

    message_index: int
    target: EditTarget
    text: str
    call_index: int | None = None
    """The call whose arguments are edited; None for content."""


class EditProblem(Struct, frozen=True):
    """Why an edit cannot be saved."""

    edit: int
    """Index into the edits that were sent."""
    pointer: str
    """The argument concerned, "" for the whole."""
    message: str
    hint: str = ""


class EditReport(Struct, frozen=True):
    """What edits amount to."""

    ok: bool
    """True when they can be saved."""
    changed: bool
    """True when they differ from what stands."""
    problems: tuple[EditProblem, ...] = ()
    changes: tuple[MessageChange, ...] = ()
    """Against the imported trajectory, earlier edits included; () while there are problems."""


class Corrected(Struct, frozen=True):
    """The answer to a proposed correction."""

    correction_uid: str | None
    """The correction that stands now; None when nothing differs from the imported trajectory."""
    changed: bool
    """False when the edits changed nothing, and nothing was stored."""
    draft: Draft
    changes: tuple[MessageChange, ...] = ()


class StaleEdit(StoreError):
    """Somebody (another tab) has corrected the same trajectory since these edits were begun."""

    def __init__(self, yours: str | None, current: str | None) -> None:
        super().__init__(
            f"The correction changed while you edited: you began from {yours or 'the original'}, "
            f"now {current or 'the original'} stands.",
            where="correct",
            hint="Look at what stands now and make your edit again; your text is still there.",
        )
        self.yours = yours
        self.current = current


def check_edits(
    store: Store, uid: str, edits: Sequence[Edit], annotator: AnnotatorInfo | None = None
) -> EditReport:
    """What the edits would change, and what stands in their way. Nothing is stored.

    Args:
        annotator: whose current correction the edits start from; None: from the trajectory.

    Raises:
        NotFound: no such trajectory.
    """
    with store.read() as conn:
        parent = trajectories.load(conn, uid)
        current = None
        if annotator is not None:
            current = draft_of(conn, parent.id, annotator.id).annotation.correction_uid
        base = parent.trajectory if current is None else trajectories.load(conn, current).trajectory
    edited, problems = apply_edits(parent.trajectory, base, edits)
    if problems:
        return EditReport(ok=False, changed=edited != base, problems=tuple(problems))
    return EditReport(
        ok=True, changed=edited != base, changes=tuple(diff_trajectories(parent.trajectory, edited))
    )


def propose_correction(
    store: Store,
    annotator: AnnotatorInfo,
    session_id: str,
    n: int,
    uid: str,
    edits: Sequence[Edit],
    reason: str,
    *,
    base: str | msgspec.UnsetType | None = msgspec.UNSET,
    lease: timedelta = LEASE,
) -> Corrected:
    """Store the edited trajectory as this annotator's correction; again with the same n: nothing.

    Args:
        base: the correction the edits were begun from (None: the original). When it is given and
            is not what stands, the edits are refused; UNSET does not ask.

    Raises:
        NotFound: no such trajectory.
        AnnotationError: no reason, invalid edits, or `uid` is itself a correction.
        StaleEdit: see `base`.
    """
    reason = reason.replace("\x00", "").strip()
    with store.write() as conn:
        take_turn(conn)
        hold_annotator(conn, annotator.id)
        parent = trajectories.load(conn, uid)
        draft = draft_of(conn, parent.id, annotator.id)
        current = draft.annotation.correction_uid
        if n in acts.delivered(conn, session_id, [n]):
            return Corrected(current, True, draft, _changes(conn, parent, current))
        if base is not msgspec.UNSET and base != current:
            raise StaleEdit(base, current)
        _refuse_correcting_a_correction(parent)
        before = (
            parent.trajectory if current is None else trajectories.load(conn, current).trajectory
        )
        edited, problems = apply_edits(parent.trajectory, before, edits)
        _refuse_problems(problems)
        if edited == before:
            return Corrected(current, False, draft, _changes(conn, parent, current))
        _refuse_without_reason(reason)
        correction_uid = _store_correction(conn, parent, edited, annotator, reason)
        acts.append_act(
            conn,
            trajectory_id=parent.id,
            annotator_id=annotator.id,
            kind=ActKind.CORRECT,
            payload=CorrectPayload(correction_uid),
            session_id=session_id,
            n=n,
        )
        tasks.renew(conn, annotator.id, [parent.id], datetime.now(UTC) + lease)
        return Corrected(
            correction_uid,
            True,
            draft_of(conn, parent.id, annotator.id),
            tuple(diff_trajectories(parent.trajectory, edited)),
        )


def _changes(
    conn: Connection, parent: StoredTrajectory, current: str | None
) -> tuple[MessageChange, ...]:
    if current is None:
        return ()
    corrected = trajectories.load(conn, current).trajectory
    return tuple(diff_trajectories(parent.trajectory, corrected))


def _refuse_correcting_a_correction(parent: StoredTrajectory) -> None:
    if parent.parent_uid is not None:
        raise AnnotationError(
            "This is itself a correction.",
            where=parent.uid,
            hint=f"Open the imported trajectory {parent.parent_uid} and correct that.",
        )


def _refuse_problems(problems: Sequence[EditProblem]) -> None:
    if problems:
        first = problems[0]
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        raise AnnotationError(
            f"The edit cannot be saved: {first.message}{more}",
            where=first.pointer,
            hint=first.hint or "Mend the text and save again.",
        )


def _refuse_without_reason(reason: str) -> None:
    if not reason or len(reason) > MAX_REASON:
        raise AnnotationError(
            "A correction needs a reason." if not reason else "The reason is too long.",
            where="reason",
            hint=f"Say in a few words why (at most {MAX_REASON} characters).",
        )


def _store_correction(
    conn: Connection,
    parent: StoredTrajectory,
    edited: Trajectory,
    annotator: AnnotatorInfo,
    reason: str,
) -> str | None:
    """Add trajectory, proposal and findings; None when the edits restored the original."""
    if edited == parent.trajectory:
        return None
    row_id, uid = trajectories.add_correction(conn, parent.id, edited)
    append_correction(
        conn,
        parent_id=parent.id,
        trajectory_id=row_id,
        annotator_id=annotator.id,
        reason=reason,
    )
    found = run_checks(edited)
    checked = Checked(
        row_id,
        suspicion(found),
        tuple(
            FoundIn(f, _tool_name(edited, f.anchor.message_index, f.anchor.call_index))
            for f in found
        ),
    )
    replace_findings(conn, [checked], catalogue_fingerprint())
    return uid


def _tool_name(trajectory: Trajectory, i: int | None, j: int | None) -> str | None:
    return None if i is None or j is None else trajectory.messages[i].tool_calls[j].name


# --- edits to trajectory, pure -------------------------------------------------------------------


def apply_edits(
    parent: Trajectory, base: Trajectory, edits: Sequence[Edit]
) -> tuple[Trajectory, list[EditProblem]]:
    """`base` with the edits applied, and what is wrong with them. Invalid edits are not applied."""
    problems: list[EditProblem] = []
    edited = base
    seen: set[tuple[int, int | None]] = set()
    for number, edit in enumerate(edits):
        place = (edit.message_index, edit.call_index)
        problem = _misplaced(base, edit)
        if problem is None and place in seen:
            problem = "The same place is edited twice."
        seen.add(place)
        if problem is not None:
            problems.append(EditProblem(number, "", problem, "Reload the page and edit again."))
        elif edit.target is EditTarget.ARGUMENTS:
            edited, found = _edit_arguments(parent, edited, number, edit)
            problems.extend(found)
        else:
            edited, found = _edit_content(parent, edited, number, edit)
            problems.extend(found)
    return edited, problems


def _misplaced(base: Trajectory, edit: Edit) -> str | None:
    if not 0 <= edit.message_index < len(base.messages):
        return f"There is no message {edit.message_index}."
    calls = base.messages[edit.message_index].tool_calls
    if edit.target is EditTarget.CONTENT:
        return None if edit.call_index is None else "Content belongs to a message, not to a call."
    if edit.call_index is None or not 0 <= edit.call_index < len(calls):
        return f"Message {edit.message_index} has no call {edit.call_index}."
    return None


def _edit_arguments(
    parent: Trajectory, base: Trajectory, number: int, edit: Edit
) -> tuple[Trajectory, list[EditProblem]]:
    assert edit.call_index is not None
    message = base.messages[edit.message_index]
    call = message.tool_calls[edit.call_index]
    text = edit.text.strip()
    original = parent.messages[edit.message_index].tool_calls[edit.call_index]
    for standing in (call.raw_arguments, original.raw_arguments):
        if _same_arguments(text, standing):
            text = standing
            break
    else:
        problems = _argument_problems(parent, call.name, number, text)
        if problems:
            return base, problems
    calls = list(message.tool_calls)
    calls[edit.call_index] = msgspec.structs.replace(call, raw_arguments=text)
    changed = msgspec.structs.replace(message, tool_calls=tuple(calls))
    return base.replace_message(edit.message_index, changed), []


def _same_arguments(text: str, standing: str) -> bool:
    if text == standing.strip():
        return True
    one, other = parse_arguments(text).value, parse_arguments(standing).value
    if one is None or other is None or not text:
        return False
    return canonical_json(one) == canonical_json(other)


def _argument_problems(parent: Trajectory, tool: str, number: int, text: str) -> list[EditProblem]:
    if not text:
        return [EditProblem(number, "", "The arguments are empty.", "Write {} for no arguments.")]
    parsed = parse_arguments(text)
    if parsed.value is None:
        hint = 'Write one JSON object, such as {"city": "Paris"}.'
        return [EditProblem(number, "", parsed.error or "The arguments are not JSON.", hint)]
    spec = next((t for t in parent.tools if t.name == tool), None)
    if spec is None:
        return []  # a tool nobody declared has no schema to break
    found = validator_for(spec).problems(parsed.value)
    return [EditProblem(number, p.pointer, p.message, p.hint) for p in found]


def _edit_content(
    parent: Trajectory, base: Trajectory, number: int, edit: Edit
) -> tuple[Trajectory, list[EditProblem]]:
    message = base.messages[edit.message_index]
    if edit.text == message.text:
        return base, []
    original = parent.messages[edit.message_index]
    if edit.text == original.text:
        # null, "" and absent read the same; going back restores the one that was there.
        changed = msgspec.structs.replace(message, content=original.content)
        return base.replace_message(edit.message_index, changed), []
    content = _with_text(message, edit.text)
    if content is None:
        problem = "The message is made of several parts and cannot be edited as one text."
        return base, [
            EditProblem(number, "", problem, "Reject the trajectory, or edit its source.")
        ]
    changed = msgspec.structs.replace(message, content=content)
    return base.replace_message(edit.message_index, changed), []


def _with_text(message: Message, text: str) -> str | list[dict[str, object]] | None:
    """The content with its text replaced; None when several parts carry text."""
    if not isinstance(message.content, list):
        return text
    places = [i for i, part in enumerate(message.content) if part.get("text")]
    if len(places) != 1:
        return None
    parts = list(message.content)
    parts[places[0]] = {**parts[places[0]], "text": text}
    return parts
