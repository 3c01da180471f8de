"""One delivery of ops: performed in order within the caller's transaction, each at most once.

What was performed and what was refused are both on record under (session, n), so a repeated op is
answered and not performed. An op that is refused takes back its own rows only; the ops after it go
on. Which acts an undo or a redo means is `app/flows/taking_back.py`.

Acts that were decided as one carry the name of their batch. They are refused where somebody else
has a say (`app/flows/others.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import Connection

from app.flows import taking_back
from app.flows.appending import Appending
from app.flows.match import match_at
from app.flows.ops import (
    MAX_BATCH_NAME,
    CommitRequest,
    Op,
    OpResult,
    RedoRequest,
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
    fold,
    read_payload,
)
from curation.errors import AnnotationError, LoopwrightError
from curation.trajectory import Trajectory
from storage import acts, queues, tasks, trajectories
from storage.acts import StoredAct
from storage.annotations import append_revision
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


class Delivery(Appending):
    """One transaction's worth of ops of one session."""

    def __init__(
        self,
        conn: Connection,
        annotator: AnnotatorInfo,
        session_id: str,
        now: datetime,
        lease: timedelta,
    ) -> None:
        super().__init__(conn, annotator, session_id, now, lease)
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
        for trajectory_id, index in sorted(self.reruled):
            match_at(self.conn, trajectory_id, index)
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
        self.touch(act.trajectory_id)
        return OpResult(act.n, "ok") if act.undoes is None else taking_back.answered(self, act)

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
        if kind is ActKind.UNDO:
            return taking_back.undo(self, op, read_request(data, UndoRequest))
        if kind is ActKind.REDO:
            return taking_back.redo(self, op, read_request(data, RedoRequest))
        if kind is ActKind.COMMIT:
            request, data = read_request(data, CommitRequest), {}
        payload = read_payload(kind, data)
        trajectory_id = trajectories.id_of(self.conn, op.uid)
        if op.batch is not None:
            self._refuse_in_batch(op, trajectory_id)
        self.touched.pop(trajectory_id, None)
        self.touched[trajectory_id] = op.uid
        check_payload(self.conn, trajectory_id, payload, lambda: self._body(trajectory_id))
        if kind is ActKind.COMMIT:
            self._commit(op, trajectory_id, request.outcome)
        else:
            self.append(op.n, trajectory_id, kind, payload, batch=op.batch)
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
        act_id = self.append(op.n, trajectory_id, ActKind.COMMIT, EmptyPayload(), batch=op.batch)
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

    def _body(self, trajectory_id: int) -> Trajectory:
        if trajectory_id not in self._bodies:
            stored = trajectories.load_by_id(self.conn, trajectory_id)
            self._bodies[trajectory_id] = stored.trajectory
        return self._bodies[trajectory_id]
