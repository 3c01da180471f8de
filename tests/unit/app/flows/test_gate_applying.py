"""Applying what the gate lets pass, and taking it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.flows.adjudicate import load_case, open_cases
from app.flows.annotate import perform
from app.flows.export import ExportRequest, export
from app.flows.gate import allow, gates
from app.flows.gate_applying import apply_open, withdraw_all
from app.flows.identity import annotator_named
from app.flows.rule import rule
from app.flows.running import Cancelled, Run
from app.flows.scorecard import judges_on_record
from curation.annotation import Outcome
from curation.certificates import certificate_markdown
from curation.gate import GateReason, VerdictPolicy
from curation.queueing import State
from curation.standing import RulerKind
from curation.verdicts import Verdict
from storage import decisions, trajectories
from storage.annotations import standing_annotations
from storage.certificates import list_certificates
from storage.engine import Store
from storage.predictions import get_prediction
from storage.verdicts import verdicts_of
from tests.courtroom import LW, PW, Courtroom
from tests.episodes import CALL_AT, Person

POLICY = VerdictPolicy(target=0.6, least_gold=10, audit_share=0.4, drift_window=10)


@pytest.fixture
def room(any_store: Store) -> Courtroom:
    """30 PRED_WRONG of which people confirmed 10, and 6 LABEL_WRONG that nobody looked at."""
    found = Courtroom(any_store, 36)
    found.judge([PW] * 30 + [LW] * 6)
    found.people(dict.fromkeys(range(10), PW))
    allow(any_store, _key(found), PW, POLICY)
    return found


def _key(room: Courtroom) -> str:
    return judges_on_record(room.store)[0].key


def _standings(room: Courtroom) -> list[tuple[Any, ...]]:
    with room.store.read() as conn:
        found = [get_prediction(conn, one) for one in room.predictions]
    return [
        (one.standing, one.decided_by, one.verdict_id, one.is_disputed, one.matches, one.mismatch)
        for one in found
    ]


def _apply(room: Courtroom):
    return apply_open(room.store, annotator_named(room.store, "lead"), _key(room))


def _class(room: Courtroom, verdict: Verdict = PW):
    (gate,) = gates(room.store)
    return next(one for one in gate.classes if one.state.verdict is verdict)


def test_what_passes_is_applied_but_for_the_audits(room: Courtroom) -> None:
    before = _class(room)
    assert before.waiting + before.audits_due == 20
    assert before.audits_due > 0
    done = _apply(room)
    assert (done.by_verdict, done.audits, done.n_problems) == (
        {PW: before.waiting}, before.audits_due, 0
    )  # fmt: skip
    by = [decided for _, decided, *_ in _standings(room)]
    assert by[:10] == ["human"] * 10
    assert by[10:30].count("auto") == before.waiting
    assert by[30:] == ["judge"] * 6, "a class without a policy"
    after = _class(room)
    assert (after.waiting, after.audits_due, after.applied) == (
        0, before.audits_due, before.waiting
    )  # fmt: skip
    assert _apply(room).n == 0, "audits are left to people for good"


def test_an_application_is_certified(room: Courtroom) -> None:
    done = _apply(room)
    with room.store.read() as conn:
        (stored,) = list_certificates(conn)
    assert done.certificates == (stored.id,)
    assert (stored.issued_by, stored.applied, stored.in_force) == ("lead", done.n, done.n)
    assert (stored.content.n, stored.content.right) == (10, 10)
    # Wilson's lower bound of 10 in 10.
    assert stored.content.bound == pytest.approx(0.7225, abs=1e-4)
    text = certificate_markdown(stored.content)
    assert "judge\\-1" in text
    assert "10 of 10" in text


def test_withdrawing_a_certificate_leaves_everything_as_it_was(room: Courtroom) -> None:
    before = _standings(room)
    (certificate,) = _apply(room).certificates
    assert _standings(room) != before
    lead = annotator_named(room.store, "lead")
    back = withdraw_all(room.store, lead, certificate)
    assert back.n_problems == 0
    assert _standings(room) == before
    assert withdraw_all(room.store, lead, certificate).withdrawn == 0
    with room.store.read() as conn:
        (stored,) = list_certificates(conn)
    assert (stored.applied, stored.in_force) == (back.withdrawn, 0)


def test_a_persons_ruling_stays_when_the_certificate_goes(room: Courtroom) -> None:
    (certificate,) = _apply(room).certificates
    place = next(i for i, row in enumerate(_standings(room)) if row[1] == "auto")
    ada = annotator_named(room.store, "ada")
    rule(room.store, ada, room.predictions[place], Verdict.BOTH_WRONG, session_id="s", n=1)
    withdraw_all(room.store, ada, certificate)
    assert _standings(room)[place][:2] == ("BOTH_WRONG", "human")


def test_audits_that_say_otherwise_close_the_gate(room: Courtroom) -> None:
    more = Courtroom(room.store, 60, first=500)
    more.judge([PW] * 60)
    _apply(room)
    audits = [i for i, row in enumerate(_standings(more)) if row[1] == "judge"]
    assert len(audits) >= 10
    more.people(dict.fromkeys(audits[:10], LW))
    # Audits are gold, too: 10 of 20 is at least 0.299, so a low target tells drift from that.
    others = [i for i, row in enumerate(_standings(more)) if row[1] == "auto"]
    allow(room.store, _key(room), PW, VerdictPolicy(0.25, 10, 0.3, 10))
    found = _class(room)
    assert found.state.lower_bound is not None
    assert found.state.lower_bound >= 0.25
    # 0 of the latest 10: at most 1.96² / (10 + 1.96²) = 0.2775, above 0.25; not proven worse.
    assert found.state.is_open
    more.people({others[0]: LW, others[1]: LW, others[2]: LW})
    allow(room.store, _key(room), PW, VerdictPolicy(0.25, 10, 0.3, 13))
    # 0 of the latest 13: at most 3.8416 / 16.8416 = 0.228.
    found = _class(room)
    assert (found.state.is_open, found.state.reason) == (False, GateReason.DRIFT)
    assert _apply(room).n == 0


def test_a_case_that_somebody_ruled_on_meanwhile_stays_theirs(room: Courtroom) -> None:
    ada = annotator_named(room.store, "ada")

    class Meanwhile(Run):
        ruled = False

        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if not self.ruled:
                self.ruled = True
                for n, one in enumerate(room.predictions[10:30], 1):
                    rule(room.store, ada, one, LW if n == 1 else PW, session_id="m", n=n)

    done = apply_open(room.store, ada, _key(room), run=Meanwhile())
    assert done.n == 0
    assert done.n_problems == len(done.problems) > 0
    assert done.certificates == ()
    with room.store.read() as conn:
        assert list_certificates(conn) == [], "nothing was applied under it"


def test_stopping_keeps_what_was_applied_under_its_certificate(room: Courtroom) -> None:
    class Stopped(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if done == 2:
                raise Cancelled

    lead = annotator_named(room.store, "lead")
    with pytest.raises(Cancelled):
        apply_open(room.store, lead, _key(room), run=Stopped())
    with room.store.read() as conn:
        (stored,) = list_certificates(conn)
    assert stored.applied == 2
    assert [row[1] for row in _standings(room)].count(RulerKind.AUTO) == 2


def test_label_wrong_is_applied_as_a_correction_and_put_back(any_store: Store) -> None:
    room = Courtroom(any_store, 16)
    room.judge([LW] * 16)
    room.people(dict.fromkeys(range(10), LW))
    # Share 0.0001: nothing of six is drawn but by a chance of one in 1,600.
    allow(any_store, _key(room), LW, VerdictPolicy(0.6, 10, 0.0001, 10))
    before = _standings(room)
    done = _apply(room)
    assert (done.by_verdict, done.n_problems) == ({LW: 6}, 0)
    with any_store.read() as conn:
        given = [verdicts_of(conn, one)[-1] for one in room.predictions[10:]]
    assert all(one.kind is RulerKind.AUTO and one.action.correction_uid for one in given)
    assert all(one.annotator == "judge judge-1" for one in given)
    (certificate,) = done.certificates
    withdraw_all(any_store, annotator_named(any_store, "lead"), certificate)
    assert _standings(room) == before


def _labels_applied(store: Store, *, only_step: bool) -> tuple[Courtroom, int]:
    """30 LABEL_WRONG, of which people confirmed 10, with what passes applied; the certificate."""
    room = Courtroom(store, 30, only_step=only_step)
    room.judge([LW] * 30)
    room.people(dict.fromkeys(range(10), LW))
    allow(store, _key(room), LW, POLICY)
    (certificate,) = _apply(room).certificates
    return room, certificate


def _decided(room: Courtroom) -> list[str]:
    """The call of every trajectory that a decision accepts, as an export reads it."""
    with room.store.read() as conn:
        found = [
            decisions.decisions_in_force(conn, [trajectories.id_of(conn, uid)]) for uid in room.uids
        ]
        results = [one.result_uid for by_id in found for one in by_id.values() if one.result_uid]
        return [
            trajectories.load(conn, uid).trajectory.messages[CALL_AT].tool_calls[0].raw_arguments
            for uid in results
        ]


def test_a_certified_correction_of_the_only_step_is_exported_while_the_certificate_stands(
    any_store: Store, tmp_path: Path
) -> None:
    room, certificate = _labels_applied(any_store, only_step=True)
    n = _class(room, LW).applied
    assert n > 0
    assert len(_decided(room)) == n
    assert all("Elsewhere" in call for call in _decided(room))
    request = ExportRequest(type="sft", layout="openai", out=str(tmp_path / "out"))
    report = export(any_store, request)
    assert report.rows == n
    written = "".join(p.read_text() for p in (tmp_path / "out").glob("*.jsonl"))
    assert written.count("Elsewhere") == n

    withdraw_all(any_store, annotator_named(any_store, "lead"), certificate)
    assert _decided(room) == []
    with any_store.read() as conn:
        for uid in room.uids:
            assert standing_annotations(conn, trajectories.id_of(conn, uid)) == []


def test_a_certified_correction_among_other_steps_is_for_a_person_to_decide(
    any_store: Store,
) -> None:
    room, certificate = _labels_applied(any_store, only_step=False)
    n = _class(room, LW).applied
    assert _decided(room) == []
    cases = open_cases(any_store)
    assert len(cases) == n > 0
    case = load_case(any_store, cases[0].uid)
    (said,) = case.annotations
    assert said.annotation.outcome is Outcome.ACCEPT and said.annotation.correction_uid
    withdraw_all(any_store, annotator_named(any_store, "lead"), certificate)
    assert open_cases(any_store) == []


def test_who_accepted_the_label_disputes_a_certified_correction(any_store: Store) -> None:
    room = Courtroom(any_store, 30, only_step=True)
    room.judge([LW] * 30)
    room.people(dict.fromkeys(range(10), LW))
    allow(any_store, _key(room), LW, POLICY)
    mara = Person(any_store, "Mara")
    for uid in room.uids:
        perform(any_store, mara.info, mara.session, [
            mara.op("outcome", uid, outcome="accept"), mara.op("commit", uid)
        ])  # fmt: skip
    _apply(room)
    n = _class(room, LW).applied
    states = [one.state for one in open_cases(any_store)]
    assert states.count(State.DISPUTED) == n > 0
    assert _decided(room) == []
