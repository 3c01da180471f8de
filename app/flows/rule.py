"""Rule: what a person says of a prediction and its reference, and what is done on it.

One ruling is one transaction: the verdict, what follows from it, and what is in force afterwards.

    LABEL_WRONG   the prediction becomes the step, as this person's correction of the trajectory
    PRED_WRONG    the prediction is a rejected try: the other side of a preference pair; error seed
    BOTH_CORRECT  the prediction is a further accepted answer, for matchers and exports
    BOTH_WRONG    nothing: the person writes a third answer in the editor

What follows are acts of annotation like those of Annotate, under a session of the court, so a draft
shows them and an export of what that person commits holds them. Where the step is all there is to
judge in a trajectory, and the person has said nothing else of it, the ruling accepts it and is
committed: there is nothing left to do for it. So is a correction that a gate lets pass, in the
judge's name: nobody opens a judge's draft. Withdrawing appends: the
verdict is named as taken back, its acts are undone, matches are made again; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection

from app.flows.annotate import LEASE
from app.flows.appending import Appending
from app.flows.correct import propose_within
from app.flows.delivery import draft_of
from app.flows.match import match_at
from app.flows.settling import settle_state
from app.flows.taking_back import say_again
from curation.annotation import (
    ActKind,
    Annotation,
    EmptyPayload,
    Outcome,
    OutcomePayload,
    Payload,
    TryPayload,
    TryRuling,
)
from curation.errors import AnnotationError, StoreError
from curation.laying import laid_into
from curation.standing import RulerKind, RulingAction
from curation.tries import try_id
from curation.verdicts import Verdict
from storage import acts, tasks, trajectories
from storage.annotations import append_revision
from storage.annotators import AnnotatorInfo, hold_annotator, take_turn
from storage.engine import Store
from storage.predictions import StoredPrediction, get_prediction
from storage.verdicts import (
    NewVerdict,
    StoredVerdict,
    append_verdict,
    hold_prediction,
    verdict_by_id,
    verdict_by_op,
    verdicts_of,
)

MAX_NOTE = 2_000
"""Characters of a note."""


class StaleRuling(StoreError):
    """Somebody else has ruled since the case was opened."""

    def __init__(self, standing: str) -> None:
        super().__init__(
            f"The case has changed while you looked at it: {standing or 'no verdict'} stands now.",
            where="verify",
            hint="Look at what stands now and rule again; nothing of yours was stored.",
        )


def rule(
    store: Store,
    who: AnnotatorInfo,
    prediction_id: int,
    verdict: Verdict,
    *,
    session_id: str,
    n: int,
    seen: int | None = None,
    is_blind: bool = False,
    note: str = "",
    attested: Collection[int] = (),
    kind: RulerKind = RulerKind.HUMAN,
    run_id: int | None = None,
) -> StoredVerdict:
    """Rule on a prediction and do what follows; again with the same n: nothing.

    An earlier ruling of the same annotator is withdrawn first, by a row without a session: what is
    done on it is put back, but if it was blind it still says what they saw unprompted
    (`storage.gold`).

    Args:
        session_id: with `n` the number of this act; the same in a repeated delivery.
        seen: id of the last row on record when the case was opened, 0 for none. When it is another
            one by now the ruling is refused; None does not ask.
        is_blind: the person had not been shown what judges and others said. It is stored of a first
            ruling only: whoever ruled before, also if they took it back, has seen it.
        note: why; the reason of the correction, too.
        attested: of a correction: message indexes of its result that are still true although a
            call before them changed.
        kind: AUTO for a judge's verdict that a gate lets pass; `who` is then the judge.
        run_id: of that judge.

    Raises:
        NotFound: no such prediction.
        StaleRuling: see `seen`.
        AnnotationError: the note is too long, or the prediction cannot become the step.
    """
    note = _tidy(note)
    with store.write() as conn:
        known = _begin(conn, who, session_id, n)
        if known is not None:
            return known
        before = get_prediction(conn, prediction_id)
        hold_prediction(conn, prediction_id)
        given = verdicts_of(conn, prediction_id)
        if seen is not None and seen != max((one.id for one in given), default=0):
            raise StaleRuling(before.standing)
        court = _Court(conn, who, session_id, n, before)
        for earlier in given:
            mine = (earlier.annotator_id, earlier.kind) == (who.id, kind)
            if mine and earlier.withdraws is None and not earlier.is_withdrawn:
                court.put_back(earlier)
                taken = NewVerdict(prediction_id, kind, who.id, withdraws=earlier.id)
                append_verdict(conn, taken)
        settles = court.would_settle(verdict, kind)
        action = court.act_on(verdict, note, attested)
        if settles:
            action = court.commit(action)
        return _appended(
            conn,
            before,
            NewVerdict(
                prediction_id,
                kind,
                who.id,
                verdict,
                run_id=run_id,
                is_blind=is_blind and not _ruled_before(given, who),
                note=note,
                action=action,
                session_id=session_id,
                n=n,
            ),
        )


def _ruled_before(given: Collection[StoredVerdict], who: AnnotatorInfo) -> bool:
    return any(one.annotator_id == who.id and one.withdraws is None for one in given)


def withdraw(
    store: Store,
    who: AnnotatorInfo,
    verdict_id: int,
    *,
    session_id: str,
    n: int,
    note: str = "",
) -> StoredVerdict:
    """Take a ruling back and put back everything it did; again with the same n: nothing.

    A person takes back their own rulings, and what was applied automatically. Whoever thinks that
    somebody else is wrong rules themselves: the latest person's verdict counts.

    Returns:
        The row that names the ruling as taken back.

    Raises:
        AnnotationError: there is no such ruling, it is somebody else's, or was taken back already.
    """
    note = _tidy(note)
    with store.write() as conn:
        known = _begin(conn, who, session_id, n)
        if known is not None:
            return known
        given = verdict_by_id(conn, verdict_id)
        _refuse_unless_takeable(given, who)
        assert given is not None
        hold_prediction(conn, given.prediction_id)
        before = get_prediction(conn, given.prediction_id)
        _Court(conn, who, session_id, n, before).put_back(given)
        return _appended(
            conn,
            before,
            NewVerdict(
                given.prediction_id,
                given.kind,
                who.id,
                note=note,
                withdraws=given.id,
                session_id=session_id,
                n=n,
            ),
        )


def _tidy(note: str) -> str:
    note = note.replace("\x00", "").strip()
    if len(note) > MAX_NOTE:
        raise AnnotationError(
            "The note is too long.", where="note", hint=f"At most {MAX_NOTE} characters fit."
        )
    return note


def _begin(conn: Connection, who: AnnotatorInfo, session_id: str, n: int) -> StoredVerdict | None:
    """Take turns; the row of an op that was delivered before."""
    take_turn(conn)
    hold_annotator(conn, who.id)
    known = verdict_by_op(conn, session_id, n)
    if known is not None and known.annotator_id != who.id:
        raise AnnotationError(
            "This page has been used under another name.",
            where="verify",
            hint="Reload the page to start a session of your own.",
        )
    return known


def _appended(conn: Connection, about: StoredPrediction, new: NewVerdict) -> StoredVerdict:
    """The appended row; what is accepted at the step may have changed, so it is matched again."""
    row_id = append_verdict(conn, new)
    match_at(conn, about.trajectory_id, about.message_index)
    stored = verdict_by_id(conn, row_id)
    assert stored is not None
    return stored


def _refuse_unless_takeable(given: StoredVerdict | None, who: AnnotatorInfo) -> None:
    if given is None or given.withdraws is not None:
        raise AnnotationError(
            "There is no such ruling on this prediction.",
            where="verify",
            hint="Reload the page.",
        )
    if given.is_withdrawn:
        raise AnnotationError(
            "This ruling was taken back already.", where="verify", hint="Rule again instead."
        )
    is_own = given.kind is RulerKind.HUMAN and given.annotator_id == who.id
    if not is_own and given.kind is not RulerKind.AUTO:
        raise AnnotationError(
            f"This verdict is {given.annotator}'s.",
            where="verify",
            hint="Give your own: the latest verdict of a person counts.",
        )


class _Court:
    """What one op does on a verdict: acts of annotation, numbered within the op."""

    def __init__(
        self,
        conn: Connection,
        annotator: AnnotatorInfo,
        session_id: str,
        n: int,
        about: StoredPrediction,
    ) -> None:
        self.conn = conn
        self.annotator = annotator
        self.about = about
        self._session = acts.COURT + session_id
        self._n = n
        self._count = 0

    def _place(self) -> tuple[str, int]:
        """Session and number of the next act: those after an op's first are numbered apart."""
        i, self._count = self._count, self._count + 1
        return (acts.within_op(self._session, self._n), i) if i else (self._session, self._n)

    def act_on(self, verdict: Verdict, note: str, attested: Collection[int]) -> RulingAction:
        match verdict:
            case Verdict.LABEL_WRONG:
                return self._correct(note, attested)
            case Verdict.PRED_WRONG:
                return msgspec.structs.replace(self._try(TryRuling.REJECTED), is_error_seed=True)
            case Verdict.BOTH_CORRECT:
                return self._try(TryRuling.ALTERNATIVE)
            case _:
                return RulingAction()

    def _try(self, ruling: TryRuling) -> RulingAction:
        stored = trajectories.load_by_id(self.conn, self.about.trajectory_id)
        wanted = try_id(self.about.message)
        if wanted == try_id(stored.trajectory.messages[self.about.message_index]):
            return RulingAction()  # it says what the reference says, which is no try
        act_id = self._append(ActKind.TRY, TryPayload(self.about.message_index, wanted, ruling))
        return RulingAction(acts=(act_id,), try_id=wanted)

    def _correct(self, note: str, attested: Collection[int]) -> RulingAction:
        session, n = self._place()
        stored = trajectories.load_by_id(self.conn, self.about.trajectory_id)
        reason = note or f"The step was ruled wrong; the answer of {self.about.model} stands in."
        corrected = propose_within(
            self.conn,
            self.annotator,
            session,
            n,
            stored,
            lambda base: laid_into(
                stored.trajectory, base, self.about.message_index, self.about.message
            ),
            reason,
            attested=attested,
        )
        if not corrected.changed:
            raise AnnotationError(
                "The prediction says what the corrected step says already.",
                where="verify",
                hint="Rule BOTH_CORRECT, or look at the correction in Annotate.",
            )
        (act,) = acts.delivered(self.conn, session, [n]).values()
        return RulingAction(
            acts=(act.id,), correction_uid=corrected.correction_uid or "", is_error_seed=True
        )

    def would_settle(self, verdict: Verdict, kind: RulerKind) -> bool:
        """Whether nothing is left to say of the trajectory once this is ruled; asked before."""
        if kind is RulerKind.AUTO:
            return verdict is Verdict.LABEL_WRONG
        if verdict is Verdict.BOTH_WRONG:
            return False
        stored = trajectories.load_by_id(self.conn, self.about.trajectory_id)
        is_only_step = stored.trajectory.assistant_indexes() == [self.about.message_index]
        said = draft_of(self.conn, self.about.trajectory_id, self.annotator.id).annotation
        return is_only_step and said == Annotation()

    def commit(self, action: RulingAction) -> RulingAction:
        """Say that the trajectory is to be used as it is now; the acts of it go with the others."""
        about, who = self.about.trajectory_id, self.annotator.id
        said = [
            self._append(ActKind.OUTCOME, OutcomePayload(Outcome.ACCEPT)),
            self._append(ActKind.COMMIT, EmptyPayload()),
        ]
        append_revision(
            self.conn,
            trajectory_id=about,
            annotator_id=who,
            said=draft_of(self.conn, about, who).annotation,
            act_id=said[-1],
        )
        if self.annotator.kind == "human":  # a judge fills no slot that asks for a person
            tasks.finish(self.conn, who, about, datetime.now(UTC))
        settle_state(self.conn, about)
        return msgspec.structs.replace(action, acts=(*action.acts, *said), is_accepted=True)

    def _append(self, kind: ActKind, payload: Payload) -> int:
        session, n = self._place()
        return acts.append_act(
            self.conn,
            trajectory_id=self.about.trajectory_id,
            annotator_id=self.annotator.id,
            kind=kind,
            payload=payload,
            session_id=session,
            n=n,
        )

    def put_back(self, given: StoredVerdict) -> None:
        """Undo the acts of a ruling that still stand, and what was committed with them."""
        for act_id in reversed(given.action.acts):
            act = acts.act_by_id(self.conn, act_id)
            if acts.is_undone(self.conn, act_id):
                continue  # by its author, in Annotate
            session, n = self._place()
            undo_id = acts.append_act(
                self.conn,
                trajectory_id=act.trajectory_id,
                annotator_id=act.annotator_id,
                kind=ActKind.UNDO,
                payload=EmptyPayload(),
                session_id=session,
                n=n,
                undoes=act_id,
            )
            author = msgspec.structs.replace(self.annotator, id=act.annotator_id)
            to = Appending(self.conn, author, session, datetime.now(UTC), LEASE)
            say_again(to, act.trajectory_id, undo_id)
