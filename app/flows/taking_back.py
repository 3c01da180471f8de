"""Undo and redo: which acts they mean, and what follows when these were committed.

Undo takes back the latest act that stands of the page it comes from, on whichever trajectory; a
page without any (it was loaded anew) takes back the annotator's latest act of all. Undoing one act
of a batch undoes all of them. Redo names the undo it takes back, which must be the page's latest:
as everywhere, it is over as soon as the page says something else. What another tab did to the same
trajectory meanwhile is never gone over.
"""

from __future__ import annotations

from msgspec import UNSET

from app.flows.appending import Appending
from app.flows.ops import Op, OpResult, RedoRequest, Undone, UndoRequest
from app.flows.settling import settle_state
from curation.annotation import ActKind, Annotation, fold
from curation.errors import AnnotationError
from storage import acts, tasks
from storage.acts import StoredAct
from storage.annotations import append_revision, latest_of
from storage.others import held_by_others


def undo(to: Appending, op: Op, asked: UndoRequest) -> OpResult:
    """Take back what the page means.

    Raises:
        AnnotationError: nothing of it stands, or it was refused in the first place.
    """
    standing = _standing(to, op, asked)
    undone_by = to.append_taking(op.n, ActKind.UNDO, standing)
    committed = {act.trajectory_id for act in standing if act.kind is ActKind.COMMIT}
    for trajectory_id, undo_id in undone_by.items():
        to.touch(trajectory_id)
        # One act alone changes what was committed only if it is a commit.
        if trajectory_id in committed or standing[0].batch is not None:
            say_again(to, trajectory_id, undo_id)
        if trajectory_id in committed and standing[0].batch is not None:
            # Nobody had asked for them: they go back to the queue, not into this hand.
            tasks.release(to.conn, to.annotator.id, [trajectory_id])
    return OpResult(op.n, "ok", undone=_meant(to, standing))


def redo(to: Appending, op: Op, asked: RedoRequest) -> OpResult:
    """Bring back what an undo of the page took back.

    Raises:
        AnnotationError: no undo of this page, redone already, or something was said since.
    """
    undos = _undos_to_redo(to, asked.of)
    redone_by = to.append_taking(op.n, ActKind.REDO, undos)
    standing = [_taken(to, one) for one in undos]
    committed = {act.trajectory_id for act in standing if act.kind is ActKind.COMMIT}
    for trajectory_id, redo_id in redone_by.items():
        to.touch(trajectory_id)
        if trajectory_id in committed or standing[0].batch is not None:
            say_again(to, trajectory_id, redo_id)
        if trajectory_id in committed:
            tasks.finish(to.conn, to.annotator.id, trajectory_id, to.now)
            settle_state(to.conn, trajectory_id)
    return OpResult(op.n, "ok", redone=_meant(to, standing))


def answered(to: Appending, act: StoredAct) -> OpResult:
    """What was answered to the undo or redo on record that begins with this act."""
    appended = acts.of_op(to.conn, to.session_id, act.n)
    for one in appended:
        to.touch(one.trajectory_id)
    taken = [_taken(to, one) for one in appended]
    if act.kind is ActKind.UNDO:
        return OpResult(act.n, "ok", undone=_meant(to, taken))
    return OpResult(act.n, "ok", redone=_meant(to, [_taken(to, one) for one in taken]))


def _standing(to: Appending, op: Op, asked: UndoRequest) -> list[StoredAct]:
    """The acts that an undo means, the latest first."""
    batch = asked.batch
    latest = None
    if batch is UNSET:
        of = asked.of
        if of is not UNSET and of in acts.refusals(to.conn, to.session_id, [of]):
            raise AnnotationError(
                "There is nothing to undo: what you took back was never saved.", where=op.uid
            )
        latest = _act_to_undo(to)
        if latest is None:
            raise AnnotationError(
                "There is nothing to undo.", where=op.uid, hint="You have not said anything yet."
            )
        if latest.batch is None:
            return [latest]
        batch = latest.batch
    standing = acts.standing_of_batch(to.conn, to.annotator.id, batch)
    if not standing:
        raise AnnotationError("There is nothing to undo: none of these acts stands.", where=op.uid)
    return standing


def _act_to_undo(to: Appending) -> StoredAct | None:
    """Never one that another tab performed on another trajectory while this one has any of its
    own, for nobody would see it go."""
    own = acts.latest_standing(to.conn, to.annotator.id, to.session_id)
    if own is None:
        return acts.latest_standing(to.conn, to.annotator.id)
    # What was said later of the same trajectory stands on it and goes first.
    return acts.live_acts(to.conn, own.trajectory_id, to.annotator.id)[-1]


def _undos_to_redo(to: Appending, of: int) -> list[StoredAct]:
    undos = acts.of_op(to.conn, to.session_id, of)
    if not undos or undos[0].kind is not ActKind.UNDO or undos[0].annotator_id != to.annotator.id:
        raise AnnotationError("There is nothing to redo.", hint="Nothing was undone on this page.")
    if acts.is_redone(to.conn, undos[0].id):
        raise AnnotationError("There is nothing to redo: it was redone already.")
    if acts.something_stands_after(to.conn, to.session_id, of):
        raise AnnotationError(
            "It cannot be redone: something else was said or undone since.", hint="Say it again."
        )
    if any(acts.touched_elsewhere(to.conn, one, to.session_id) for one in undos):
        raise AnnotationError(
            "It cannot be redone: another tab of yours changed this trajectory since.",
            hint="Look at what stands now, then say it again.",
        )
    taken_over = held_by_others(to.conn, to.annotator.id, {one.trajectory_id for one in undos})
    if undos[0].batch is not None and taken_over:
        raise AnnotationError(
            "It cannot be redone: somebody else has one of these trajectories in hand since.",
            hint="Do it again to those that are left.",
        )
    return undos


def _taken(to: Appending, act: StoredAct) -> StoredAct:
    """The act that an undo or a redo took back."""
    assert act.undoes is not None
    return acts.act_by_id(to.conn, act.undoes)


def _meant(to: Appending, taken: list[StoredAct]) -> Undone:
    uid = to.touch(taken[0].trajectory_id)
    is_batch = taken[0].batch is not None
    marks = sum(1 for act in taken if act.kind is ActKind.MARK) if is_batch else 0
    return Undone(uid, taken[0].kind, marks)


def say_again(to: Appending, trajectory_id: int, act_id: int) -> None:
    """Commit again what the acts that stand amount to at their last commit, or nothing."""
    before = latest_of(to.conn, trajectory_id, to.annotator.id)
    if before is None:
        return  # it was never committed
    live = acts.live_acts(to.conn, trajectory_id, to.annotator.id)
    earlier = max((i for i, a in enumerate(live) if a.kind is ActKind.COMMIT), default=None)
    said = Annotation() if earlier is None else fold(a.payload for a in live[:earlier])
    if before.annotation == said and before.retracted is (earlier is None):
        return  # it repeated the commit before it and changed nothing
    append_revision(
        to.conn,
        trajectory_id=trajectory_id,
        annotator_id=to.annotator.id,
        said=said,
        act_id=act_id,
        retracted=earlier is None,
    )
    if earlier is None:
        tasks.reopen(to.conn, to.annotator.id, trajectory_id, to.until)
    settle_state(to.conn, trajectory_id)
