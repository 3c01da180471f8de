"""The gate over a store: what opens it, what closes it."""

from __future__ import annotations

import pytest

from app.flows.gate import allow, gates
from app.flows.scorecard import judges_on_record
from curation.errors import NotFound, SettingsError
from curation.gate import GateReason, VerdictPolicy
from curation.verdicts import Verdict
from storage.engine import Store
from tests.courtroom import BC, LW, PW, Courtroom

EASY = VerdictPolicy(target=0.5, least_gold=8, audit_share=0.25, drift_window=10)


@pytest.fixture
def room(any_store: Store) -> Courtroom:
    """40 LABEL_WRONG, of which people confirmed 10."""
    found = Courtroom(any_store, 40)
    found.judge([LW] * 40)
    found.people(dict.fromkeys(range(10), LW))
    return found


def _class(room: Courtroom, verdict: Verdict, dataset: str | None = None):
    (found,) = gates(room.store, dataset)
    return next(one for one in found.classes if one.state.verdict is verdict)


def _key(room: Courtroom) -> str:
    return judges_on_record(room.store)[0].key


def test_nothing_passes_without_a_policy(room: Courtroom) -> None:
    found = _class(room, LW)
    assert (found.state.is_open, found.state.reason) == (False, GateReason.NO_POLICY)
    assert (found.waiting, found.audits_due, found.applied) == (30, 0, 0)


def test_a_class_opens_on_enough_gold_over_the_target(room: Courtroom) -> None:
    allow(room.store, _key(room), LW, EASY)
    found = _class(room, LW)
    # Wilson's lower bound of 10 in 10 is 10 / (10 + 1.96²) = 0.7225.
    assert found.state.is_open
    assert found.state.lower_bound == pytest.approx(0.7225, abs=1e-4)
    assert found.waiting + found.audits_due == 30
    assert 0 < found.audits_due < 20
    assert not _class(room, PW).state.is_open
    allow(room.store, _key(room), LW, None)
    assert not _class(room, LW).state.is_open


def test_too_little_gold_and_too_many_mistakes_keep_it_closed(room: Courtroom) -> None:
    allow(room.store, _key(room), LW, VerdictPolicy(target=0.5, least_gold=11))
    assert _class(room, LW).state.reason is GateReason.TOO_LITTLE_GOLD
    room.people({10: PW, 11: BC})
    allow(room.store, _key(room), LW, VerdictPolicy(target=0.9, least_gold=11))
    # Wilson's lower bound of 10 in 12 is 0.552.
    assert _class(room, LW).state.reason is GateReason.BELOW_TARGET


def test_rulings_that_were_not_blind_are_no_gold(any_store: Store) -> None:
    room = Courtroom(any_store, 12)
    room.judge([LW] * 12)
    room.people(dict.fromkeys(range(10), LW), is_blind=False)
    allow(any_store, _key(room), LW, EASY)
    assert _class(room, LW).state.gold.n == 0


def test_answers_of_two_models_to_one_trajectory_are_not_two_independent_cases(
    any_store: Store,
) -> None:
    for model in ("m", "another"):
        room = Courtroom(any_store, 8, model=model)
        room.judge([LW] * 8)
        room.people(dict.fromkeys(range(8), LW))
    allow(any_store, _key(room), LW, EASY)
    state = _class(room, LW).state
    assert (state.gold.n, state.gold.clusters, state.gold.effective) == (16, 8, 8)
    # 8 / (8 + 1.96²); 16 independent cases would come to 0.806.
    assert state.lower_bound == pytest.approx(0.6756, abs=1e-4)


def test_gold_of_one_dataset_opens_nothing_in_another(room: Courtroom) -> None:
    other = Courtroom(room.store, 5, "trains", first=100)
    other.judge([LW] * 5)
    allow(room.store, _key(room), LW, EASY)
    assert _class(room, LW, "weather").state.is_open
    found = _class(room, LW, "trains")
    assert (found.state.is_open, found.state.gold.n) == (False, 0)


def test_a_policy_is_of_a_judge_there_is_and_within_its_range(room: Courtroom) -> None:
    with pytest.raises(NotFound):
        allow(room.store, "nobody", LW, EASY)
    with pytest.raises(SettingsError):
        VerdictPolicy(target=1.0)
    with pytest.raises(NotFound):
        gates(room.store, "planes")
