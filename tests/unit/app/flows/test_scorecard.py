"""Scorecards, with their arithmetic by hand."""

from __future__ import annotations

import pytest

from app.flows.identity import annotator_named
from app.flows.rule import rule, withdraw
from app.flows.scorecard import (
    SliceKind,
    cases_behind,
    judge_called,
    judges_on_record,
    scorecards,
)
from curation.errors import NotFound
from curation.standing import RulerKind
from storage.annotators import ensure_annotator
from storage.engine import Store
from storage.verdicts import NewVerdict, append_verdict
from tests.courtroom import BC, LW, PW, Courtroom

# The judge says LABEL_WRONG of 0-3, PRED_WRONG of 4-8, and nothing of 9.
SAID = [LW, LW, LW, LW, PW, PW, PW, PW, PW, None]
# People rule on 0-2 and 4, 5, 9.
RULED = {0: LW, 1: LW, 2: PW, 4: PW, 5: LW, 9: BC}


@pytest.fixture
def room(any_store: Store) -> Courtroom:
    found = Courtroom(any_store, 10)
    found.judge(SAID, tokens=1000, otherwise=(4,))
    found.people(RULED)
    return found


def test_a_judge_is_measured_by_what_people_said_of_the_same_predictions(room: Courtroom) -> None:
    (card,) = scorecards(room.store)
    measured = card.measured
    assert (card.gold, card.n_judged, measured.n_clusters) == (6, 10, 6)
    assert card.judged == {
        "PRED_WRONG": 5, "LABEL_WRONG": 4, "BOTH_CORRECT": 0, "BOTH_WRONG": 0, "unscored": 1
    }  # fmt: skip
    assert measured.confusion.count(LW, LW) == 2
    assert measured.confusion.count(PW, LW) == 1
    assert measured.confusion.count(LW, PW) == 1
    assert measured.confusion.count(PW, PW) == 1
    assert measured.confusion.count(BC, None) == 1
    # Precision is within a class of the judge, so weights do not change it: 2 of 3, 1 of 2.
    assert measured.score(LW).precision.value == pytest.approx(2 / 3)
    assert measured.score(LW).precision.n == 3
    assert measured.score(PW).precision.value == pytest.approx(1 / 2)
    assert measured.score(BC).precision.value is None
    # Each LABEL_WRONG of the sample stands for 4/3 of them, each PRED_WRONG for 5/2. Of people's
    # LABEL_WRONG the judge found 2 · 4/3 of 2 · 4/3 + 5/2.
    assert measured.score(LW).recall.value == pytest.approx((8 / 3) / (8 / 3 + 5 / 2))
    # Of three swaps one has a label that people call right.
    assert measured.swaps.label_corruption.value == pytest.approx(1 / 3)
    # Unscored and the orders are of all that was judged: 1 of 10; 9 votes are readable in both
    # orders and one of them says otherwise.
    assert measured.unscored.value == pytest.approx(1 / 10)
    assert (measured.order_consistency.value, measured.order_consistency.n) == (8 / 9, 9)


def test_the_rate_of_wrong_labels_is_corrected_for_the_judges_mistakes(room: Courtroom) -> None:
    (card,) = scorecards(room.store)
    rate = card.measured.label_errors
    # Flagged: 4 of the 9 scored. People call wrong 2 · 4/3 (flagged) and 5/2 (not), right 4/3
    # (flagged) and 5/2 (not).
    tpr = (8 / 3) / (8 / 3 + 5 / 2)
    tnr = (5 / 2) / (4 / 3 + 5 / 2)
    assert rate.flagged.value == pytest.approx(4 / 9)
    assert rate.sensitivity.value == pytest.approx(tpr)
    assert rate.specificity.value == pytest.approx(tnr)
    assert rate.corrected == pytest.approx((4 / 9 + tnr - 1) / (tpr + tnr - 1))


def test_kappa_is_of_weighted_cases(room: Courtroom) -> None:
    (card,) = scorecards(room.store)
    a, b, c, d = 2 * 4 / 3, 4 / 3, 5 / 2, 5 / 2  # LW/LW, PW/LW, LW/PW, PW/PW (people/judge)
    total = a + b + c + d
    agreed = (a + d) / total
    chance = ((a + c) * (a + b) + (b + d) * (c + d)) / total**2
    assert card.measured.kappa.value == pytest.approx((agreed - chance) / (1 - chance))
    assert card.measured.kappa.interval is not None


def test_without_gold_nothing_is_claimed_but_what_needs_no_people(any_store: Store) -> None:
    room = Courtroom(any_store, 2)
    room.judge([LW, None])
    (card,) = scorecards(any_store)
    assert card.gold == 0
    assert card.uncovered == ("LABEL_WRONG", "unscored")
    assert card.measured.kappa.value is None
    assert card.measured.score(LW).precision.value is None
    assert card.measured.label_errors.corrected is None
    assert card.measured.unscored.value == pytest.approx(0.5)


def test_only_blind_rulings_are_gold_unless_all_are_asked_for(any_store: Store) -> None:
    room = Courtroom(any_store, 3)
    room.judge([LW, LW, LW])
    room.people({0: LW})
    room.people({1: PW}, is_blind=False)
    # Having seen what the judge said, she came round to it: the blind ruling stays the gold.
    room.people({2: PW})
    room.people({2: LW}, is_blind=False)
    (blind,) = scorecards(any_store)
    (seen,) = scorecards(any_store, blind_only=False)
    assert (blind.gold, blind.measured.score(LW).precision.value) == (2, 1 / 2)
    assert (seen.gold, seen.measured.score(LW).precision.value) == (3, pytest.approx(2 / 3))


def test_what_was_taken_back_counts_no_more(room: Courtroom) -> None:
    (ruling,) = room.people({3: BC})
    (card,) = scorecards(room.store)
    assert card.gold == 7
    with room.store.write() as conn:
        ada = ensure_annotator(conn, "ada")
        withdrawal = NewVerdict(
            room.predictions[3], RulerKind.HUMAN, ada.id, withdraws=ruling, is_blind=True
        )
        append_verdict(conn, withdrawal)
    (card,) = scorecards(room.store)
    assert card.gold == 6


def test_a_blind_ruling_stays_gold_when_its_author_rules_anew_and_goes_with_the_last_of_them(
    any_store: Store,
) -> None:
    room = Courtroom(any_store, 1)
    room.judge([LW])
    ada, place = annotator_named(any_store, "ada"), room.predictions[0]
    rule(any_store, ada, place, PW, session_id="s", n=1, is_blind=True)
    later = rule(any_store, ada, place, BC, session_id="s", n=2, is_blind=True)
    (blind,) = scorecards(any_store)
    (seen,) = scorecards(any_store, blind_only=False)
    # What stands is BOTH_CORRECT; unprompted she said PRED_WRONG.
    assert (blind.gold, blind.measured.confusion.count(PW, LW)) == (1, 1)
    assert (seen.gold, seen.measured.confusion.count(BC, LW)) == (1, 1)
    withdraw(any_store, ada, later.id, session_id="s", n=3)
    assert [scorecards(any_store, blind_only=b)[0].gold for b in (True, False)] == [0, 0]


def test_another_version_of_the_rubric_is_another_judge(room: Courtroom) -> None:
    room.judge([LW] * 10, version=2)
    newer, older = scorecards(room.store)
    assert [c.judge.identity.rubric_version for c in (newer, older)] == [2, 1]
    assert newer.judged["LABEL_WRONG"] == 10
    assert older.judged["LABEL_WRONG"] == 4
    assert newer.judge.key != older.judge.key


def test_a_judge_that_judges_again_is_measured_by_its_latest_word(room: Courtroom) -> None:
    room.judge([PW] * 10)
    (card,) = scorecards(room.store)
    assert card.judged["PRED_WRONG"] == 10
    assert len(card.judge.runs) == 2


def test_slices_are_told_apart(room: Courtroom) -> None:
    other = Courtroom(room.store, 3, "trains", model="n", first=100)
    other.judge([BC, BC, BC])
    other.people({0: BC, 1: PW})
    by_dataset = {c.slice: c for c in scorecards(room.store, by=SliceKind.DATASET)}
    assert {name: (c.gold, c.n_judged) for name, c in by_dataset.items()} == {
        "weather": (6, 10),
        "trains": (2, 3),
    }
    by_model = {c.slice: c.gold for c in scorecards(room.store, by=SliceKind.MODEL)}
    assert by_model == {"m": 6, "n": 2}
    by_tool = {c.slice: c.gold for c in scorecards(room.store, by=SliceKind.TOOL)}
    assert by_tool == {"get_weather": 8}
    (only,) = scorecards(room.store, dataset="trains")
    assert only.measured.score(BC).precision.value == 1 / 2
    assert only.judged["BOTH_CORRECT"] == 3
    with pytest.raises(NotFound):
        scorecards(room.store, dataset="planes")


def test_a_cost_is_told_only_where_there_is_a_price(room: Courtroom) -> None:
    (judge,) = judges_on_record(room.store)
    assert (judge.tokens_in, judge.cost_usd, judge.cost) == (1000, None, "no price on record")
    room.judge(SAID, tokens=10, cost=0.5)
    (judge,) = judges_on_record(room.store)
    assert judge.cost == "0.5000 USD; 1 of its runs: no price on record"
    assert judge_called([judge], judge.key) is judge
    with pytest.raises(NotFound, match="no judge 'x'"):
        judge_called([judge], "x")


def test_a_cell_leads_to_its_cases(room: Courtroom) -> None:
    (card,) = scorecards(room.store)
    (case,) = cases_behind(room.store, card, human=LW, said=PW)
    assert (case.prediction_id, case.uid, case.ruled_by) == (
        room.predictions[5], room.uids[5], "ada"
    )  # fmt: skip
    (unscored,) = cases_behind(room.store, card, human=BC, said=None)
    assert unscored.prediction_id == room.predictions[9]
    assert len(cases_behind(room.store, card, human=LW, said=LW)) == 2
