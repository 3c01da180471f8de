"""The scorecard of a judge, every figure against arithmetic done by hand.

The table most tests use (rows people, columns judge; P, L, C, W are PRED_WRONG, LABEL_WRONG,
BOTH_CORRECT, BOTH_WRONG, U is unscored):

             P   L   C   W   U | sum
        P   40   3   2   0   5 |  50
        L    2  20   1   1   1 |  25
        C    1   2  15   0   2 |  20
        W    1   1   0   3   0 |   5
      sum   44  26  18   4   8 | 100
"""

from __future__ import annotations

import pytest

from curation.calibration import Calibration, GoldCase, calibrate
from curation.confusion import Ruled, confusion_of
from curation.judge_scores import agreement, cohen_kappa, score_of
from curation.label_noise import error_rate, rogan_gladen, swaps_of
from curation.verdicts import Verdict

P, L, C, W = Verdict
U = None
TABLE = {
    P: (40, 3, 2, 0, 5),
    L: (2, 20, 1, 1, 1),
    C: (1, 2, 15, 0, 2),
    W: (1, 1, 0, 3, 0),
}


def gold(table: dict[Verdict, tuple[int, ...]] = TABLE) -> list[GoldCase]:
    """Every case a trajectory of its own."""
    return [
        GoldCase(judge, human, f"{human}-{judge}-{i}")
        for human, row in table.items()
        for judge, n in zip((P, L, C, W, U), row, strict=True)
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def card() -> Calibration:
    return calibrate(gold())


def test_confusion_counts_cases_with_a_column_for_unscored(card: Calibration) -> None:
    assert card.confusion.counts == tuple(TABLE.values())
    assert card.n == 100
    assert card.confusion.n_scored == 92
    assert card.n_clusters == 100


@pytest.mark.parametrize(
    ("verdict", "precision", "said", "recall", "due", "f1", "either"),
    [
        # precision TP/column, recall TP/row (unscored cases are not found), F1 2TP/(column + row).
        (P, 40 / 44, 44, 40 / 50, 50, 80 / 94, 54),
        (L, 20 / 26, 26, 20 / 25, 25, 40 / 51, 31),
        (C, 15 / 18, 18, 15 / 20, 20, 30 / 38, 23),
        (W, 3 / 4, 4, 3 / 5, 5, 6 / 9, 6),
    ],
)
def test_scores_of_each_verdict(
    card: Calibration,
    verdict: Verdict,
    precision: float,
    said: int,
    recall: float,
    due: int,
    f1: float,
    either: int,
) -> None:
    score = card.score(verdict)
    assert score.verdict is verdict
    assert (score.precision.value, score.precision.n) == (pytest.approx(precision), said)
    assert (score.recall.value, score.recall.n) == (pytest.approx(recall), due)
    assert (score.f1.value, score.f1.n) == (pytest.approx(f1), either)


def test_precision_carries_wilsons_interval(card: Calibration) -> None:
    # 20 of 26: p = 0.769231, z²/n = 0.147748; centre 0.843105/1.147748 = 0.734574;
    # half 1.959964·sqrt(0.177515/26 + 0.147748/104)/1.147748 = 0.155089.
    interval = card.score(L).precision.interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.579485, 0.889663), abs=2e-6)


def test_balanced_accuracy_is_of_scored_cases(card: Calibration) -> None:
    # LABEL_WRONG: TPR 20/24 (one of 25 is unscored), TNR 1 − 6/68 (rows P, C, W scored: 45+18+5).
    found = card.score(L).balanced_accuracy
    assert found.value == pytest.approx((20 / 24 + 62 / 68) / 2)
    assert found.n == 92


def test_macro_f1_is_the_mean_over_verdicts_that_occur(card: Calibration) -> None:
    assert card.macro_f1.value == pytest.approx((80 / 94 + 40 / 51 + 30 / 38 + 6 / 9) / 4)
    assert card.macro_f1.n == 4
    few = calibrate([GoldCase(P, P, "a"), GoldCase(L, P, "b")])
    # P: 2·1/(1 + 2) = 2/3; L: 0/(1 + 0) = 0; nobody ever said C or W, which have no F1.
    assert few.macro_f1.value == pytest.approx((2 / 3 + 0) / 2)
    assert few.macro_f1.n == 2
    assert few.score(C).f1.value is None


def test_agreement_and_kappa_by_hand(card: Calibration) -> None:
    # Scored: 92. p_o = 78/92 = 0.847826. Rows 45, 24, 18, 5; columns 44, 26, 18, 4.
    # p_e = (45·44 + 24·26 + 18·18 + 5·4)/92² = 2948/8464 = 0.348299.
    # κ = (0.847826 − 0.348299)/(1 − 0.348299) = 0.766497.
    assert card.agreement.value == pytest.approx(78 / 92)
    assert (card.agreement.n, card.kappa.n) == (92, 92)
    assert card.kappa.value == pytest.approx((78 / 92 - 2948 / 8464) / (1 - 2948 / 8464))
    interval = card.kappa.interval
    assert interval is not None
    assert interval.low < 0.766 < interval.high
    # Standard error about sqrt(p_o(1 − p_o)/n)/(1 − p_e) = 0.0574, so about ± 0.11.
    assert (interval.high - interval.low) / 2 == pytest.approx(0.113, abs=0.025)


def test_kappa_of_textbook_and_of_chance() -> None:
    # Two raters, 20 both say P, 15 both say L, 5 and 10 differ: p_o = 0.7,
    # p_e = 0.5·0.6 + 0.5·0.4 = 0.5, κ = 0.4.
    table = confusion_of(
        [Ruled(P, P)] * 20 + [Ruled(L, P)] * 5 + [Ruled(P, L)] * 10 + [Ruled(L, L)] * 15
    )
    assert cohen_kappa(table.flat()) == pytest.approx(0.4)


def test_kappa_is_undefined_where_chance_agrees_always() -> None:
    assert calibrate([GoldCase(P, P, str(i)) for i in range(9)]).kappa.value is None
    assert calibrate([]).kappa.value is None


def test_unscored_rate(card: Calibration) -> None:
    assert (card.unscored.value, card.unscored.n) == (pytest.approx(8 / 100), 100)


def test_nothing_measured_is_undefined_and_not_zero() -> None:
    empty = calibrate([])
    assert empty.n == 0
    for score in empty.scores:
        for figure in (score.precision, score.recall, score.f1, score.balanced_accuracy):
            assert (figure.value, figure.n, figure.interval) == (None, 0, None)
    for figure in (
        empty.macro_f1, empty.agreement, empty.kappa, empty.order_consistency, empty.unscored,
        empty.swaps.label_corruption, empty.swaps.harmful, empty.label_errors.flagged,
        empty.label_errors.sensitivity, empty.label_errors.specificity,
    ):  # fmt: skip
        assert (figure.value, figure.n) == (None, 0)
    assert empty.label_errors.corrected is None


def test_a_judge_that_scores_nothing_is_unscored_and_nothing_else() -> None:
    mute = calibrate([GoldCase(None, P, "a"), GoldCase(None, L, "b")])
    assert mute.unscored.value == 1.0
    assert mute.kappa.value is None
    assert mute.agreement.value is None
    assert mute.score(P).precision.value is None
    assert mute.score(P).recall.value == 0.0


def test_order_consistency_counts_votes_readable_in_both_orders() -> None:
    cases = [
        GoldCase(P, P, "a", orders=((P, P), (P, L), (P, P))),
        GoldCase(L, L, "b", orders=((L, L), (L, None), (None, None))),
        GoldCase(None, C, "c", orders=((C, P),)),
    ]
    found = calibrate(cases).order_consistency
    # Readable in both: 3 + 1 + 1 votes; the same in both: 2 + 1 + 0.
    assert (found.value, found.n) == (pytest.approx(3 / 5), 5)
    assert found.interval is not None
    assert calibrate(gold()).order_consistency.value is None


def test_swaps_by_hand(card: Calibration) -> None:
    # The judge's LABEL_WRONG: 26. Label right in truth: P 3 + C 2; harmful: P 3. Fixed 20.
    # e = rows L + W = 25 + 5 = 30 (unscored ones are wrong labels too); e' = 30 − 20 + 3 = 13.
    swaps = card.swaps
    assert (swaps.label_corruption.value, swaps.label_corruption.n) == (pytest.approx(5 / 26), 26)
    assert (swaps.harmful.value, swaps.harmful.n) == (pytest.approx(3 / 26), 26)
    assert (swaps.errors_before, swaps.fixed, swaps.corrupted, swaps.n) == (30, 20, 3, 100)
    assert swaps.errors_after == 13


def test_swapping_can_do_more_harm_than_good() -> None:
    table = confusion_of([Ruled(L, P)] * 3 + [Ruled(L, L)] + [Ruled(P, P)] * 6)
    # One wrong label is fixed and three right ones are spoilt: 1 − 1 + 3.
    assert swaps_of(table).errors_after == 3


def test_corrected_error_rate_by_hand(card: Calibration) -> None:
    # Flag = L or W. Scored rows L and W: 24 + 5, flagged 21 + 4: TPR = 25/29 = 0.862069.
    # Rows P and C: 45 + 18, flagged 3 + 2: TNR = 58/63 = 0.920635.
    # Of 1000 judged, 280 flagged: (0.28 + 0.920635 − 1)/(0.862069 + 0.920635 − 1) = 0.256335.
    rate = error_rate(card.confusion, {P: 600, L: 250, C: 120, W: 30})
    assert (rate.sensitivity.value, rate.sensitivity.n) == (pytest.approx(25 / 29), 29)
    assert (rate.specificity.value, rate.specificity.n) == (pytest.approx(58 / 63), 63)
    assert (rate.flagged.value, rate.flagged.n) == (pytest.approx(0.28), 1000)
    assert rate.corrected == pytest.approx(0.256335, abs=1e-6)


def test_correcting_the_sample_itself_gives_back_what_people_said(card: Calibration) -> None:
    # 29 of the 92 scored labels are wrong.
    assert card.label_errors.corrected == pytest.approx(29 / 92)


@pytest.mark.parametrize(
    ("flagged", "tpr", "tnr", "expected"),
    [
        (0.5, 0.5, 0.5, None),  # a coin
        (0.5, 0.3, 0.6, None),  # worse than a coin
        (None, 0.9, 0.9, None),
        (0.5, None, 0.9, None),
        (0.05, 0.9, 0.9, 0.0),  # fewer flags than false alarms alone would give
        (0.95, 0.9, 0.9, 1.0),
        (0.26, 0.9, 0.9, 0.2),  # 0.2·0.9 + 0.8·0.1 = 0.26
    ],
)
def test_rogan_gladen_and_its_guards(
    flagged: float | None, tpr: float | None, tnr: float | None, expected: float | None
) -> None:
    found = rogan_gladen(flagged, tpr, tnr)
    assert found == (None if expected is None else pytest.approx(expected))


def test_weights_undo_a_stratified_draw() -> None:
    # Of 900 PRED_WRONG ten were ruled on (nine right), of 100 LABEL_WRONG ten (five right, five
    # PRED_WRONG). Every case stands for 90 or for 10.
    cases = (
        [GoldCase(P, P, f"p{i}", 90.0) for i in range(9)]
        + [GoldCase(P, L, "p9", 90.0)]
        + [GoldCase(L, L, f"l{i}", 10.0) for i in range(5)]
        + [GoldCase(L, P, f"l{i}", 10.0) for i in range(5, 10)]
    )
    card = calibrate(cases)
    assert card.score(L).precision.value == pytest.approx(5 / 10)
    # Recall of LABEL_WRONG: 5·10 of 5·10 + 1·90, not 5 of 6.
    assert card.score(L).recall.value == pytest.approx(50 / 140)
    assert card.score(L).recall.n == 6
    assert card.agreement.value == pytest.approx((9 * 90 + 5 * 10) / 1000)
    # Six cases weigh as (50 + 90)² / (5·10² + 90²) = 19600/8600 = 2.28 equal ones: a wide interval.
    interval = card.score(L).recall.interval
    assert interval is not None
    assert interval.high - interval.low > 0.6
    # e = 5·10 + 90, fixed 50, corrupted 50.
    assert card.swaps.errors_after == pytest.approx(140)


def test_equal_weights_change_nothing() -> None:
    plain, heavy = calibrate(gold()), calibrate([_heavier(case) for case in gold()])
    assert heavy.score(L).precision.value == pytest.approx(plain.score(L).precision.value)
    one, other = heavy.score(L).precision.interval, plain.score(L).precision.interval
    assert one is not None and other is not None
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    assert heavy.kappa.value == pytest.approx(plain.kappa.value)


def _heavier(case: GoldCase) -> GoldCase:
    return GoldCase(case.judge, case.human, case.cluster, 7.0, case.orders)


def test_the_order_of_cases_changes_nothing() -> None:
    cases = gold()
    assert calibrate(list(reversed(cases))).kappa == calibrate(cases).kappa


def test_saying_each_case_four_times_is_no_more_evidence(card: Calibration) -> None:
    one_cluster_each = calibrate([case for case in gold() for _ in range(4)])
    own_clusters = calibrate(
        [GoldCase(c.judge, c.human, f"{c.cluster}-{i}") for c in gold() for i in range(4)]
    )
    width = _width(card)
    assert _width(one_cluster_each) == pytest.approx(width)
    # Four times as many independent cases halve it.
    assert _width(own_clusters) == pytest.approx(width / 2, rel=0.15)


def _width(card: Calibration) -> float:
    assert card.kappa.interval is not None
    return card.kappa.interval.high - card.kappa.interval.low


def test_parts_of_the_table_agree_with_the_whole() -> None:
    table = confusion_of(Ruled(c.judge, c.human) for c in gold())
    assert sum(score_of(table, v).precision.n for v in Verdict) == table.n_scored
    assert sum(score_of(table, v).recall.n for v in Verdict) == table.n
    assert agreement(table).n == table.n_scored
    assert table.count(P, None) == 5
