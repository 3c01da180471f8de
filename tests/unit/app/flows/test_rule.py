"""Rulings of the court: what each does, that all of it can be taken back, and what is refused."""

from __future__ import annotations

import pytest

from app.flows.annotate import draft_of, perform
from app.flows.match import match
from app.flows.rule import StaleRuling, rule, withdraw
from curation.annotation import Annotation, RuledTry, TryRuling
from curation.errors import AnnotationError, LoopwrightError
from curation.stale import stale_messages
from curation.standing import RulerKind, RulingAction
from curation.trajectory import Message, Role, ToolCall, Trajectory
from curation.tries import try_id
from curation.verdicts import Verdict
from storage.annotations import standing_annotations
from storage.annotators import ensure_annotator
from storage.engine import Store
from storage.matches import accepted_at
from storage.predictions import (
    StoredPrediction,
    add_predictions,
    get_prediction,
    new_prediction,
    predictions_of,
)
from storage.trajectories import id_of, load
from storage.verdicts import NewVerdict, append_verdict, verdicts_of
from tests.episodes import CALL_AT, Person, add_episodes

LABEL, PRED = Verdict.LABEL_WRONG, Verdict.PRED_WRONG
BOTH, NEITHER = Verdict.BOTH_CORRECT, Verdict.BOTH_WRONG


def _answer(city: str, call_id: str | None = None) -> Message:
    return Message(
        Role.ASSISTANT, None, (ToolCall("get_weather", f'{{"city": "{city}"}}', call_id),)
    )


class Court:
    """One trajectory, an answer by `m1` to its first step, the same by `m2`, and Mara."""

    def __init__(self, store: Store) -> None:
        self.store = store
        (self.uid,) = add_episodes(store, 1)
        self.mara = Person(store, "Mara")
        self.answer = _answer("Bergen")
        with store.write() as conn:
            self.trajectory = id_of(conn, self.uid)
            for model, call_id in (("m1", None), ("m2", "x7")):
                new = new_prediction(CALL_AT, model, _answer("Bergen", call_id), None)
                add_predictions(conn, [(self.trajectory, new)])
            self.case, self.twin = (one.id for one in predictions_of(conn, self.trajectory))
        match(store)
        self.n = 0

    def rule(self, verdict: Verdict, by: Person | None = None, **more: object):  # type: ignore[no-untyped-def]
        self.n += 1
        who = (by or self.mara).info
        options = {"session_id": "s", "n": self.n, **more}
        return rule(self.store, who, self.case, verdict, **options)  # type: ignore[arg-type]

    def withdraw(self, verdict_id: int, by: Person | None = None):  # type: ignore[no-untyped-def]
        self.n += 1
        who = (by or self.mara).info
        return withdraw(self.store, who, verdict_id, session_id="s", n=self.n)

    @property
    def draft(self) -> Annotation:
        with self.store.read() as conn:
            return draft_of(conn, self.trajectory, self.mara.info.id).annotation

    def prediction(self, which: int | None = None) -> StoredPrediction:
        with self.store.read() as conn:
            return get_prediction(conn, which or self.case)

    def load(self, uid: str) -> Trajectory:
        with self.store.read() as conn:
            return load(conn, uid).trajectory

    @property
    def accepted(self) -> list[Message]:
        with self.store.read() as conn:
            return accepted_at(conn, self.trajectory, CALL_AT)

    @property
    def state(self) -> tuple[object, ...]:
        """All that a ruling may touch."""
        one, two = self.prediction(), self.prediction(self.twin)
        return (self.draft, self.accepted, one.matches, one.standing, one.decided_by, two.matches)


@pytest.fixture
def court(any_store: Store) -> Court:
    return Court(any_store)


def test_label_wrong_corrects_the_trajectory_and_what_follows_is_stale(court: Court) -> None:
    given = court.rule(LABEL, note="Bergen was asked for", is_blind=True)
    assert (given.verdict, given.is_blind, given.annotator) == (LABEL, True, "Mara")
    assert given.action.correction_uid == court.draft.correction_uid
    assert given.action.is_error_seed
    corrected = court.load(given.action.correction_uid)
    step = corrected.messages[CALL_AT]
    assert step.tool_calls == (ToolCall("get_weather", '{"city": "Bergen"}', "c1"),)
    stale = stale_messages(court.load(court.uid), corrected)
    assert stale[0].message_index == CALL_AT + 1
    now = court.prediction()
    assert (now.standing, now.decided_by, now.verdict_id) == ("LABEL_WRONG", "human", given.id)


def test_only_a_first_ruling_is_blind_since_the_next_one_has_seen_the_answer(
    court: Court,
) -> None:
    first = court.rule(PRED, is_blind=True)
    court.withdraw(first.id)
    again = court.rule(PRED, is_blind=True)
    other = court.rule(LABEL, by=Person(court.store, "Noa"), is_blind=True)
    assert [one.is_blind for one in (first, again, other)] == [True, False, True]


def test_pred_wrong_makes_the_other_side_of_a_pair_and_a_seed(court: Court) -> None:
    given = court.rule(PRED)
    ruled = RuledTry(CALL_AT, try_id(court.answer), TryRuling.REJECTED)
    assert court.draft.tries == (ruled,)
    assert given.action == RulingAction(given.action.acts, "", ruled.try_id, True)
    assert court.accepted == []


def test_both_correct_makes_an_alternative_that_matchers_honour(court: Court) -> None:
    assert court.prediction(court.twin).matches["strict"] is False
    court.rule(BOTH)
    assert court.accepted == [court.answer]
    assert court.prediction(court.twin).matches["strict"] is True
    assert court.prediction(court.twin).mismatch == ""


def test_both_wrong_is_the_verdict_alone(court: Court) -> None:
    before = court.draft
    assert court.rule(NEITHER).action.is_nothing
    assert court.draft == before
    assert court.prediction().standing == "BOTH_WRONG"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_withdrawing_puts_everything_back_and_deletes_nothing(
    court: Court, verdict: Verdict
) -> None:
    before = court.state
    given = court.rule(verdict)
    assert court.state != before
    back = court.withdraw(given.id)
    assert (back.withdraws, back.verdict, back.prediction_id) == (given.id, None, court.case)
    assert court.state == before
    with court.store.read() as conn:
        assert [v.is_withdrawn for v in verdicts_of(conn, court.case)] == [True, False]


def test_ruling_again_takes_the_earlier_ruling_back(court: Court) -> None:
    court.rule(BOTH)
    court.rule(LABEL)
    assert court.draft.tries == ()
    assert court.accepted == []
    last = court.rule(PRED)
    assert court.draft.correction_uid is None
    assert [t.ruling for t in court.draft.tries] == [TryRuling.REJECTED]
    court.withdraw(last.id)
    assert court.draft == Annotation()
    assert court.prediction().standing == ""


def test_an_op_that_is_delivered_again_does_nothing(court: Court) -> None:
    first = court.rule(BOTH, n=50)
    assert court.rule(PRED, n=50) == first
    back = withdraw(court.store, court.mara.info, first.id, session_id="s", n=51)
    assert withdraw(court.store, court.mara.info, first.id, session_id="s", n=51) == back
    with court.store.read() as conn:
        assert len(verdicts_of(conn, court.case)) == 2
    with pytest.raises(AnnotationError, match="another name"):
        court.rule(PRED, by=Person(court.store, "Ole"), n=50)


def test_a_stale_ruling_is_refused_and_leaves_nothing(court: Court) -> None:
    ole = Person(court.store, "Ole")
    other = court.rule(LABEL, by=ole, seen=0)
    before = court.state
    with pytest.raises(StaleRuling, match="LABEL_WRONG stands now"):
        court.rule(BOTH, seen=0)
    assert court.state == before
    court.rule(BOTH, seen=other.id)
    assert court.prediction().is_disputed


def test_a_person_takes_back_their_own_rulings_and_what_was_applied_automatically(
    court: Court,
) -> None:
    ole = Person(court.store, "Ole")
    given = court.rule(BOTH, by=ole)
    with pytest.raises(AnnotationError, match="Ole's"):
        court.withdraw(given.id)
    with pytest.raises(AnnotationError, match="no such ruling"):
        court.withdraw(given.id + 1)
    court.withdraw(given.id, by=ole)
    with pytest.raises(AnnotationError, match="already"):
        court.withdraw(given.id, by=ole)

    with court.store.write() as conn:
        judge = ensure_annotator(conn, "judge m", "judge")
        said = NewVerdict(court.case, RulerKind.JUDGE, judge.id, BOTH)
        judged = append_verdict(conn, said)
    applied = rule(
        court.store, judge, court.case, BOTH, session_id="gate", n=1, kind=RulerKind.AUTO
    )
    assert court.accepted == [court.answer]
    with pytest.raises(AnnotationError, match="judge m's"):
        court.withdraw(judged)
    court.withdraw(applied.id)
    assert court.accepted == []
    now = court.prediction()
    assert (now.standing, now.decided_by) == ("BOTH_CORRECT", "judge")


def test_an_alternative_of_one_that_another_rejects_is_accepted_by_nobody(court: Court) -> None:
    court.rule(BOTH)
    court.rule(PRED, by=Person(court.store, "Ole"))
    assert court.accepted == []


def test_what_a_page_of_annotate_undoes_is_never_a_ruling(court: Court) -> None:
    court.rule(BOTH)
    fresh = Person(court.store, "Mara", session="a new page")
    (result,) = perform(court.store, fresh.info, fresh.session, [fresh.op("undo")]).results
    assert result.status == "refused"
    assert court.accepted == [court.answer]


def test_a_ruling_that_was_committed_meanwhile_is_taken_out_of_what_was_committed(
    court: Court,
) -> None:
    given = court.rule(BOTH)
    ops = [
        court.mara.op("outcome", court.uid, outcome="accept"),
        court.mara.op("commit", court.uid),
    ]
    perform(court.store, court.mara.info, court.mara.session, ops)
    with court.store.read() as conn:
        assert standing_annotations(conn, court.trajectory)[0].annotation.tries != ()
    court.withdraw(given.id)
    with court.store.read() as conn:
        (said,) = standing_annotations(conn, court.trajectory)
    assert (said.annotation.tries, said.annotation.outcome) == ((), "accept")


def test_a_ruling_whose_act_was_undone_meanwhile_can_be_taken_back(court: Court) -> None:
    court.mara.session = "s"
    ops = [court.mara.op("outcome", court.uid, outcome="accept")]
    perform(court.store, court.mara.info, court.mara.session, ops)
    given = court.rule(BOTH)
    (result,) = perform(court.store, court.mara.info, "s", [court.mara.op("undo")]).results
    assert result.status == "ok"  # what was said later of the trajectory goes first
    assert court.accepted == []
    court.withdraw(given.id)
    assert court.draft.outcome == "accept"


def test_an_answer_that_breaks_its_tool_cannot_become_the_step(court: Court) -> None:
    broken = Message(Role.ASSISTANT, None, (ToolCall("get_weather", '{"days": 2}'),))
    with court.store.write() as conn:
        new = new_prediction(CALL_AT, "m3", broken, None)
        add_predictions(conn, [(court.trajectory, new)])
        case = predictions_of(conn, court.trajectory)[-1].id
    with pytest.raises(LoopwrightError, match="cannot be saved"):
        rule(court.store, court.mara.info, case, LABEL, session_id="s", n=1)
    assert court.draft == Annotation()
    with court.store.read() as conn:
        assert verdicts_of(conn, case) == []


def test_a_note_that_is_too_long_is_refused(court: Court) -> None:
    with pytest.raises(AnnotationError, match="note"):
        court.rule(NEITHER, note="x" * 2_001)


def test_a_try_accepted_in_annotate_is_matched_from_then_on(court: Court) -> None:
    def matched() -> bool | None:
        return court.prediction(court.twin).matches["strict"]

    def say(kind: str, uid: str = "", **payload: object) -> int:
        op = court.mara.op(kind, uid, **payload)
        (result,) = perform(court.store, court.mara.info, court.mara.session, [op]).results
        assert result.status == "ok"
        return op.n

    place = {"message_index": CALL_AT, "try_id": try_id(court.answer)}
    n = say("try", court.uid, **place, ruling="alternative")
    assert matched() is True
    undo = say("undo", of=n)
    assert matched() is False
    say("redo", of=undo)
    assert matched() is True
    say("try", court.uid, **place, ruling=None)
    assert matched() is False
