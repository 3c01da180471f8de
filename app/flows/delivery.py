"""One delivery of ops: performed in order within the caller's transaction, each at most once.

What was performed and what was refused are both on record under (session, n), so a repeated op is
answered and not performed. An op that is refused takes back its own rows only; the ops after it go
on. Undo takes back the latest act that stands of the page it comes from, on whichever trajectory;
a page without any (it was loaded anew) takes back the annotator's latest act of all.

Acts that were decided as one carry the name of their batch. They are refused where somebody else
has a say (`app/flows/others.py`), and undoing any of them undoes all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import Connection

from app.flows.ops import (
    MAX_BATCH_NAME,
    CommitRequest,
    Op,
    OpResult,
    Undone,
    UndoRequest,
    read_kind,
    read_request,
)
from app.flows.others import why_left_alone
from app.flows.placing import check_payload
from app.flows.settling import settle_state
from curation.annotation import (
    ActKind,
    Annotation,
    EmptyPayload,
    Outcome,
    Payload,
    fold,
    read_payload,
)
from curation.errors import AnnotationError, LoopwrightError
from curation.trajectory import Trajectory
from storage import acts, queues, tasks, trajectories
from storage.acts import StoredAct
from storage.annotations import append_revision, latest_of
from storage.annotators import AnnotatorInfo
from storage.queues import Progress


class Draft(Struct, frozen=True):
    """What an annotator says of a trajectory now."""

    annotation: Annotation
    committed: bool
    """True when nothing was said since the commit."""


class Performed(Struct, frozen=True):
    """The answer to a delivery."""

    acked: int
    """Highest n on record, performed or refused; 0 for an empty delivery."""
    results: tuple[OpResult, ...]
    annotations: dict[str, Draft]
    """uid -> what is said now, for every trajectory the ops touched."""
    progress: Progress


def draft_of(conn: Connection, trajectory_id: int, annotator_id: int) -> Draft:
    """The fold of the annotator's acts that stand."""
    live = acts.live_acts(conn, trajectory_id, annotator_id)
    return Draft(
        annotation=fold(act.payload for act in live),
        committed=bool(live) and live[-1].kind is ActKind.COMMIT,
    )


class Delivery:
    """One transaction's worth of ops of one session."""

    def __init__(
        self,
        conn: Connection,
        annotator: AnnotatorInfo,
        session_id: str,
        now: datetime,
        lease: timedelta,
    ) -> None:
        self.conn = conn
        self.annotator = annotator
        self.session_id = session_id
        self.now = now
        self.until = now + lease
        self.touched: dict[int, str] = {}
        """id -> uid of the trajectories that ops were about, in order."""
        self._bodies: dict[int, Trajectory] = {}

    def take(self, ops: Sequence[Op]) -> Performed:
        numbers = [op.n for op in ops]
        known = acts.delivered(self.conn, self.session_id, numbers)
        refused = acts.refusals(self.conn, self.session_id, numbers)
        for author in {a.annotator_id for a in known.values()} | {
            r.annotator_id for r in refused.values()
        }:
            if author != self.annotator.id:
                raise AnnotationError(
                    "This page has been used under another name.",
                    where="acts",
                    hint="Reload the page to start a session of your own.",
                )
        results: dict[int, OpResult] = {}
        for op in ops:
            if op.n in results:
                continue
            if op.n in known:
                results[op.n] = self._repeated(known[op.n])
            elif op.n in refused:
                before = refused[op.n]
                results[op.n] = OpResult(op.n, "refused", before.message, before.hint)
            else:
                results[op.n] = self._new(op)
        tasks.renew(self.conn, self.annotator.id, self.touched, self.until)
        return Performed(
            acked=max(numbers, default=0),
            results=tuple(results.values()),
            annotations={
                uid: draft_of(self.conn, i, self.annotator.id) for i, uid in self.touched.items()
            },
            progress=self._progress(),
        )

    def _progress(self) -> Progress:
        last = next(reversed(self.touched), None)
        number = None
        if last is not None:
            number = tasks.dataset_at_work(self.conn, self.annotator.id, last)
        return queues.progress(self.conn, number)

    def _repeated(self, act: StoredAct) -> OpResult:
        self._touch(act.trajectory_id)
        if act.undoes is None:
            return OpResult(act.n, "ok")
        undone = acts.act_by_id(self.conn, act.undoes)
        uid = self._touch(undone.trajectory_id)
        marks = 0
        if act.batch is not None:
            marks = acts.marks_undone(self.conn, self.annotator.id, act.batch)
        return OpResult(act.n, "ok", undone=Undone(uid, undone.kind, marks))

    def _new(self, op: Op) -> OpResult:
        try:
            # A refusal half way through an op takes back that op's rows and no others.
            with self.conn.begin_nested():
                return self._perform(op)
        except LoopwrightError as problem:
            acts.record_refusal(
                self.conn,
                session_id=self.session_id,
                n=op.n,
                annotator_id=self.annotator.id,
                message=problem.message,
                hint=problem.hint,
            )
            return OpResult(op.n, "refused", problem.message, problem.hint)

    def _perform(self, op: Op) -> OpResult:
        kind = read_kind(op.kind)
        data = {} if op.payload is None else op.payload
        request = CommitRequest()
        undo = UndoRequest()
        if kind is ActKind.COMMIT:
            request, data = read_request(data, CommitRequest), {}
        elif kind is ActKind.UNDO:
            undo, data = read_request(data, UndoRequest), {}
        payload = read_payload(kind, data)
        if kind is ActKind.UNDO:
            return self._undo(op, undo)
        trajectory_id = trajectories.id_of(self.conn, op.uid)
        if op.batch is not None:
            self._refuse_in_batch(op, trajectory_id)
        self.touched.pop(trajectory_id, None)
        self.touched[trajectory_id] = op.uid
        check_payload(self.conn, trajectory_id, payload, lambda: self._body(trajectory_id))
        if kind is ActKind.COMMIT:
            self._commit(op, trajectory_id, request.outcome)
        else:
            self._append(op.n, trajectory_id, kind, payload, batch=op.batch)
        return OpResult(op.n, "ok")

    def _refuse_in_batch(self, op: Op, trajectory_id: int) -> None:
        """What is done to many at once leaves alone whatever is not this annotator's to say."""
        if not op.batch or len(op.batch) > MAX_BATCH_NAME:
            raise AnnotationError("The batch has no name that can be kept.", where=op.uid)
        why = why_left_alone(self.conn, self.annotator.id, [trajectory_id]).get(trajectory_id)
        if why is not None:
            raise AnnotationError(
                f"Left alone: it is {why.words}.",
                where=op.uid,
                hint="Open it by itself if you want to say something of it.",
            )

    def _commit(self, op: Op, trajectory_id: int, seen: Outcome | UnsetType | None) -> None:
        draft = draft_of(self.conn, trajectory_id, self.annotator.id)
        if draft.annotation.outcome is None:
            raise AnnotationError(
                "Nothing was committed: the outcome is missing.",
                where=op.uid,
                hint="Say accept, reject or unsure first.",
            )
        if seen is not UNSET and seen is not draft.annotation.outcome:
            raise AnnotationError(
                f"The outcome is {draft.annotation.outcome} by now, not {seen or 'open'}: another "
                "tab of yours changed it.",
                where=op.uid,
                hint="Look at it again, then commit.",
            )
        act_id = self._append(op.n, trajectory_id, ActKind.COMMIT, EmptyPayload(), batch=op.batch)
        if not draft.committed:
            append_revision(
                self.conn,
                trajectory_id=trajectory_id,
                annotator_id=self.annotator.id,
                said=draft.annotation,
                act_id=act_id,
            )
        tasks.finish(self.conn, self.annotator.id, trajectory_id, self.now)
        settle_state(self.conn, trajectory_id)

    def _undo(self, op: Op, undo: UndoRequest) -> OpResult:
        if undo.batch is not UNSET:
            return self._undo_batch(op, undo.batch)
        of = undo.of
        if of is not UNSET and of in acts.refusals(self.conn, self.session_id, [of]):
            raise AnnotationError(
                "There is nothing to undo: what you took back was never saved.", where=op.uid
            )
        latest = self._to_undo()
        if latest is None:
            raise AnnotationError(
                "There is nothing to undo.", where=op.uid, hint="You have not said anything yet."
            )
        if latest.batch is not None:
            return self._undo_batch(op, latest.batch)
        undo_id = self._append(
            op.n, latest.trajectory_id, ActKind.UNDO, EmptyPayload(), undoes=latest.id
        )
        uid = self._touch(latest.trajectory_id)
        if latest.kind is ActKind.COMMIT:
            self._say_again(latest.trajectory_id, undo_id)
        return OpResult(op.n, "ok", undone=Undone(uid, latest.kind))

    def _undo_batch(self, op: Op, batch: str) -> OpResult:
        """Take back every act of the batch that still stands, the latest first."""
        standing = acts.standing_of_batch(self.conn, self.annotator.id, batch)
        if not standing:
            raise AnnotationError(
                "There is nothing to undo: none of these acts stands.", where=op.uid
            )
        undone_by: dict[int, int] = {}
        for i, act in enumerate(standing):
            # One op appends many rows: those after the first are numbered apart from the page's.
            undone_by[act.trajectory_id] = self._append(
                op.n if i == 0 else i,
                act.trajectory_id,
                ActKind.UNDO,
                EmptyPayload(),
                undoes=act.id,
                batch=batch,
                session_id=self.session_id if i == 0 else f"{self.session_id}/{op.n}",
            )
        committed = {a.trajectory_id for a in standing if a.kind is ActKind.COMMIT}
        for trajectory_id, undo_id in undone_by.items():
            self._touch(trajectory_id)
            self._say_again(trajectory_id, undo_id)
            if trajectory_id in committed:
                # Nobody had asked for them: they go back to the queue, not into this hand.
                tasks.release(self.conn, self.annotator.id, [trajectory_id])
        uid = self._touch(standing[0].trajectory_id)
        marks = sum(1 for act in standing if act.kind is ActKind.MARK)
        return OpResult(op.n, "ok", undone=Undone(uid, standing[0].kind, marks))

    def _to_undo(self) -> StoredAct | None:
        """The act that undo means: never one that another tab performed on another trajectory
        while this one has any of its own, for nobody would see it go."""
        own = acts.latest_standing(self.conn, self.annotator.id, self.session_id)
        if own is None:
            return acts.latest_standing(self.conn, self.annotator.id)
        # What was said later of the same trajectory stands on it and goes first.
        return acts.live_acts(self.conn, own.trajectory_id, self.annotator.id)[-1]

    def _say_again(self, trajectory_id: int, undo_id: int) -> None:
        """Commit again what the acts that stand amount to at their last commit, or nothing."""
        before = latest_of(self.conn, trajectory_id, self.annotator.id)
        if before is None:
            return  # it was never committed
        live = acts.live_acts(self.conn, trajectory_id, self.annotator.id)
        earlier = max((i for i, a in enumerate(live) if a.kind is ActKind.COMMIT), default=None)
        said = Annotation() if earlier is None else fold(a.payload for a in live[:earlier])
        if before.annotation == said and before.retracted is (earlier is None):
            return  # it repeated the commit before it and changed nothing
        append_revision(
            self.conn,
            trajectory_id=trajectory_id,
            annotator_id=self.annotator.id,
            said=said,
            act_id=undo_id,
            retracted=earlier is None,
        )
        if earlier is None:
            tasks.reopen(self.conn, self.annotator.id, trajectory_id, self.until)
        settle_state(self.conn, trajectory_id)

    def _append(
        self,
        n: int,
        trajectory_id: int,
        kind: ActKind,
        payload: Payload,
        undoes: int | None = None,
        batch: str | None = None,
        session_id: str | None = None,
    ) -> int:
        return acts.append_act(
            self.conn,
            trajectory_id=trajectory_id,
            annotator_id=self.annotator.id,
            kind=kind,
            payload=payload,
            session_id=session_id or self.session_id,
            n=n,
            undoes=undoes,
            batch=batch,
        )

    def _touch(self, trajectory_id: int) -> str:
        uid = self.touched.pop(trajectory_id, None) or acts.uid_of(self.conn, trajectory_id)
        self.touched[trajectory_id] = uid
        return uid

    def _body(self, trajectory_id: int) -> Trajectory:
        if trajectory_id not in self._bodies:
            stored = trajectories.load_by_id(self.conn, trajectory_id)
            self._bodies[trajectory_id] = stored.trajectory
        return self._bodies[trajectory_id]
