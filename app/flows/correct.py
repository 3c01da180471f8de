"""Correct: revise a trajectory, checked before anything is stored.

A revision starts from the annotator's current correction when there is one (else from the
trajectory), but the parent of a correction is always the imported trajectory. What says the same as
what stands (see `curation.revising`) changes nothing; what says the same as the parent brings the
parent's own spelling back, so undoing an edit by hand leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.flows.annotate import LEASE, Draft, draft_of
from app.flows.open_corrections import Sent, empty_open
from curation.annotation import ActKind, CorrectPayload
from curation.change_summary import change_summary
from curation.checking import catalogue_fingerprint, run_checks
from curation.diffing import MessageChange, aligned, diff_trajectories
from curation.errors import AnnotationError, StoreError
from curation.queueing import suspicion
from curation.revising import MessageRevision, Revised, RevisionProblem, revise
from curation.simulated import SimulatedResult
from curation.stale import Stale, stale_messages
from curation.trajectory import Role, Trajectory
from storage import acts, tasks, trajectories
from storage.annotators import AnnotatorInfo, hold_annotator, take_turn
from storage.corrections import append_correction, find_correction
from storage.engine import Store
from storage.findings import Checked, FoundIn, replace_findings
from storage.trajectories import StoredTrajectory

__all__ = [
    "MAX_REASON",
    "Corrected",
    "RevisionReport",
    "StaleEdit",
    "apply_revision",
    "check_revision",
    "propose_correction",
]

MAX_REASON = 2_000
"""Characters of a reason."""


Revision = Sequence[int | MessageRevision]


class RevisionReport(Struct, frozen=True):
    """What a revision amounts to."""

    ok: bool
    """True when they can be saved."""
    changed: bool
    """True when they differ from what stands."""
    problems: tuple[RevisionProblem, ...] = ()
    kept_invalid: tuple[RevisionProblem, ...] = ()
    """What is wrong with calls that are saved on purpose as they are."""
    changes: tuple[MessageChange, ...] = ()
    """Against the imported trajectory, earlier edits included; () while there are problems."""
    stale: tuple[Stale, ...] = ()
    """What the changed calls leave behind; () while there are problems."""
    summary: str = ""
    """The changes in one line: the reason on record when the author gives none."""


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


def check_revision(
    store: Store, uid: str, revision: Revision, annotator: AnnotatorInfo | None = None
) -> RevisionReport:
    """What the revision would change, and what stands in its way. Nothing is stored.

    Args:
        annotator: whose current correction it starts from; None: from the trajectory.

    Raises:
        NotFound: no such trajectory.
    """
    with store.read() as conn:
        parent, base = _parent_and_base(conn, uid, annotator)
    revised = revise(parent, base, revision)
    edited, problems = revised.trajectory, revised.problems
    if problems:
        return RevisionReport(
            ok=False,
            changed=edited != base,
            problems=problems,
            kept_invalid=revised.kept_invalid,
        )
    changes = diff_trajectories(parent, edited)
    return RevisionReport(
        ok=True,
        changed=edited != base,
        kept_invalid=revised.kept_invalid,
        changes=changes,
        stale=stale_messages(parent, edited),
        summary=change_summary(changes),
    )


def apply_revision(
    conn: Connection, uid: str, revision: Revision, annotator: AnnotatorInfo | None = None
) -> tuple[Trajectory, Revised]:
    """The imported trajectory, and what a revision makes of it (with its problems).

    Raises:
        NotFound: no such trajectory.
    """
    parent, base = _parent_and_base(conn, uid, annotator)
    return parent, revise(parent, base, revision)


def _parent_and_base(
    conn: Connection, uid: str, annotator: AnnotatorInfo | None
) -> tuple[Trajectory, Trajectory]:
    """The imported trajectory, and what the annotator's revisions refer to."""
    parent = trajectories.load(conn, uid)
    current = None
    if annotator is not None:
        current = draft_of(conn, parent.id, annotator.id).annotation.correction_uid
    if current is None:
        return parent.trajectory, parent.trajectory
    return parent.trajectory, trajectories.load(conn, current).trajectory


def propose_correction(
    store: Store,
    annotator: AnnotatorInfo,
    session_id: str,
    n: int,
    uid: str,
    revision: Revision,
    reason: str,
    *,
    attested: Collection[int] = (),
    simulated: Collection[SimulatedResult] = (),
    base: str | msgspec.UnsetType | None = msgspec.UNSET,
    draft: Sent | None = None,
    lease: timedelta = LEASE,
) -> Corrected:
    """Store the revised trajectory as this annotator's correction; again with the same n: nothing.

    Args:
        reason: "" only while no invalid call is kept: then what changed is told instead.
        attested: message indexes of the result that the annotator says are still true although
            they are stale (`curation/stale.py`).
        simulated: which results a model proposed. What is said of messages that are no results,
            or are as in the imported trajectory, is left out.
        base: the correction the revision was begun from (None: the original). When it is given
            and is not what stands, the revision is refused; UNSET does not ask.
        draft: where the page stands with its draft, which is not kept any longer once saved.

    Raises:
        NotFound: no such trajectory.
        AnnotationError: an invalid revision, an invalid call kept without a reason, a reason too
            long, or `uid` is itself a correction.
        StaleEdit: see `base`.
    """
    with store.write() as conn:
        take_turn(conn)
        hold_annotator(conn, annotator.id)
        return propose_within(
            conn,
            annotator,
            session_id,
            n,
            trajectories.load(conn, uid),
            lambda _: revision,
            reason,
            attested=attested,
            simulated=simulated,
            base=base,
            draft=draft,
            lease=lease,
        )


def propose_within(
    conn: Connection,
    annotator: AnnotatorInfo,
    session_id: str,
    n: int,
    parent: StoredTrajectory,
    revision: Callable[[Trajectory], Revision],
    reason: str,
    *,
    attested: Collection[int] = (),
    simulated: Collection[SimulatedResult] = (),
    base: str | msgspec.UnsetType | None = msgspec.UNSET,
    draft: Sent | None = None,
    lease: timedelta = LEASE,
) -> Corrected:
    """`propose_correction` within the caller's transaction, who holds the annotator.

    Args:
        revision: of what stands: the annotator's correction, else the trajectory.

    Raises:
        AnnotationError, StaleEdit: as there.
    """
    reason = reason.replace("\x00", "").strip()
    said = draft_of(conn, parent.id, annotator.id)
    current = said.annotation.correction_uid
    if n in acts.delivered(conn, session_id, [n]):
        if draft is not None:
            empty_open(conn, parent.id, annotator, draft)
        return Corrected(current, True, said, _changes(conn, parent, current))
    if base is not msgspec.UNSET and base != current:
        raise StaleEdit(base, current)
    _refuse_correcting_a_correction(parent)
    before = parent.trajectory if current is None else trajectories.load(conn, current).trajectory
    revised = revise(parent.trajectory, before, revision(before))
    edited = revised.trajectory
    _refuse_problems(revised)
    remembered = Remembered(tuple(sorted(attested)), _made_up(parent.trajectory, edited, simulated))
    if edited == before and remembered == _remembered(conn, parent, current, annotator):
        return Corrected(current, False, said, _changes(conn, parent, current))
    _refuse_bad_reason(reason, revised)
    changes = diff_trajectories(parent.trajectory, edited)
    reason = reason or change_summary(changes, attested)
    stored = None if edited == parent.trajectory else _store(conn, parent, edited)
    correction_uid = None if stored is None else stored[1]
    act_id = acts.append_act(
        conn,
        trajectory_id=parent.id,
        annotator_id=annotator.id,
        kind=ActKind.CORRECT,
        payload=CorrectPayload(correction_uid),
        session_id=session_id,
        n=n,
    )
    if stored is not None:
        append_correction(
            conn,
            parent_id=parent.id,
            trajectory_id=stored[0],
            annotator_id=annotator.id,
            act_id=act_id,
            reason=reason,
            attested=remembered.attested,
            simulated=remembered.simulated,
        )
    if draft is not None:
        empty_open(conn, parent.id, annotator, draft)
    tasks.renew(conn, annotator.id, [parent.id], datetime.now(UTC) + lease)
    return Corrected(
        correction_uid,
        True,
        draft_of(conn, parent.id, annotator.id),
        changes,
    )


def _changes(
    conn: Connection, parent: StoredTrajectory, current: str | None
) -> tuple[MessageChange, ...]:
    if current is None:
        return ()
    corrected = trajectories.load(conn, current).trajectory
    return tuple(diff_trajectories(parent.trajectory, corrected))


class Remembered(Struct, frozen=True):
    """What a correction keeps besides its messages and its reason."""

    attested: tuple[int, ...] = ()
    simulated: tuple[SimulatedResult, ...] = ()


def _remembered(
    conn: Connection, parent: StoredTrajectory, current: str | None, annotator: AnnotatorInfo
) -> Remembered:
    """What the annotator said of the correction that stands."""
    if current is None:
        return Remembered()
    correction_id = trajectories.id_of(conn, current)
    said = find_correction(conn, parent.id, correction_id, annotator.id)
    return Remembered(said.attested, said.simulated) if said else Remembered()


def _made_up(
    parent: Trajectory, edited: Trajectory, simulated: Collection[SimulatedResult]
) -> tuple[SimulatedResult, ...]:
    """Those of the named results that are there, and are not the tool's own, by index."""
    kept = {j for i, j in aligned(parent.messages, edited.messages) if i is not None
            and j is not None and parent.messages[i] == edited.messages[j]}  # fmt: skip
    roles = {i for i, m in enumerate(edited.messages) if m.role is Role.TOOL}
    return tuple(sorted(s for s in set(simulated) if s.message_index in roles - kept))


def _refuse_correcting_a_correction(parent: StoredTrajectory) -> None:
    if parent.parent_uid is not None:
        raise AnnotationError(
            "This is itself a correction.",
            where=parent.uid,
            hint=f"Open the imported trajectory {parent.parent_uid} and correct that.",
        )


def _refuse_problems(revised: Revised) -> None:
    if revised.problems:
        first = revised.problems[0]
        more = f" ({len(revised.problems) - 1} more)" if len(revised.problems) > 1 else ""
        raise AnnotationError(
            f"The edit cannot be saved: {first.message}{more}",
            where=first.pointer,
            hint=first.hint or "Mend the text and save again.",
        )


def _refuse_bad_reason(reason: str, revised: Revised) -> None:
    if len(reason) > MAX_REASON:
        raise AnnotationError(
            "The reason is too long.",
            where="reason",
            hint=f"Say it in at most {MAX_REASON} characters.",
        )
    if revised.kept_invalid and not reason:
        raise AnnotationError(
            "An invalid call is kept, and nobody said why.",
            where="reason",
            hint="Say in a few words why it should stay as it is.",
        )


def _store(conn: Connection, parent: StoredTrajectory, edited: Trajectory) -> tuple[int, str]:
    """Add the corrected trajectory with its findings; returns (id, uid)."""
    row_id, uid = trajectories.add_correction(conn, parent.id, edited)
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
    return row_id, uid


def _tool_name(trajectory: Trajectory, i: int | None, j: int | None) -> str | None:
    return None if i is None or j is None else trajectory.messages[i].tool_calls[j].name
