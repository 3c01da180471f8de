"""Scorecards of any sample: what must hold whatever judge and people said."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.calibration import Calibration, GoldCase, calibrate
from curation.intervals import Figure
from curation.verdicts import Verdict, swapped

VERDICTS = st.sampled_from(list(Verdict))
SAID = st.none() | VERDICTS
CASES = st.lists(
    st.builds(
        GoldCase,
        SAID,
        VERDICTS,
        st.sampled_from("abcdefgh"),
        st.sampled_from([0.5, 1.0, 1.0, 30.0]),
        st.lists(st.tuples(SAID, SAID), max_size=2).map(tuple),
    ),
    max_size=30,
)


def figures(card: Calibration) -> list[Figure]:
    """Every figure that is a share."""
    of_verdicts = [
        figure
        for score in card.scores
        for figure in (score.precision, score.recall, score.f1, score.balanced_accuracy)
    ]
    errors = card.label_errors
    return [
        *of_verdicts, card.agreement, card.order_consistency, card.unscored, card.macro_f1,
        card.swaps.label_corruption, card.swaps.harmful, errors.flagged, errors.sensitivity,
        errors.specificity,
    ]  # fmt: skip


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_shares_are_shares_and_undefined_exactly_without_cases(cases: list[GoldCase]) -> None:
    card = calibrate(cases, resamples=20)
    # Balanced accuracy needs cases on both sides; its n counts those of either.
    unbalanced = [score.balanced_accuracy for score in card.scores]
    for figure in figures(card):
        if figure.value is None:
            assert figure.n == 0 or figure in unbalanced
            assert figure.interval is None
            continue
        assert figure.n > 0
        assert 0 <= figure.value <= 1
        if figure.interval is not None:
            assert 0 <= figure.interval.low <= figure.interval.high <= 1
    assert card.n == len(cases)
    assert card.kappa.value is None or -1 <= card.kappa.value <= 1 + 1e-9
    corrected = card.label_errors.corrected
    assert corrected is None or 0 <= corrected <= 1


@given(CASES)
@settings(max_examples=50, deadline=None)
def test_exchanging_the_sides_exchanges_the_verdicts_and_nothing_else(
    cases: list[GoldCase],
) -> None:
    other = calibrate([_swapped(case) for case in cases], resamples=20)
    card = calibrate(cases, resamples=20)
    assert other.kappa.value == pytest.approx(card.kappa.value)
    assert other.agreement == card.agreement
    assert other.unscored.value == pytest.approx(card.unscored.value)
    assert other.order_consistency == card.order_consistency
    for verdict in Verdict:
        ours, theirs = card.score(verdict), other.score(swapped(verdict))
        assert theirs.precision.value == pytest.approx(ours.precision.value)
        assert theirs.recall.value == pytest.approx(ours.recall.value)


def _swapped(case: GoldCase) -> GoldCase:
    def turned(verdict: Verdict | None) -> Verdict | None:
        return None if verdict is None else swapped(verdict)

    orders = tuple((turned(one), turned(other)) for one, other in case.orders)
    return GoldCase(turned(case.judge), swapped(case.human), case.cluster, case.weight, orders)


@given(st.lists(st.tuples(VERDICTS, st.sampled_from("abc")), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_a_judge_that_is_always_right_scores_ones(said: list[tuple[Verdict, str]]) -> None:
    card = calibrate([GoldCase(v, v, cluster) for v, cluster in said], resamples=20)
    seen = {verdict for verdict, _ in said}
    for verdict in Verdict:
        expected = 1.0 if verdict in seen else None
        score = card.score(verdict)
        assert score.precision.value == score.recall.value == score.f1.value == expected
    assert card.macro_f1 == Figure(1.0, len(seen))
    assert card.agreement.value == 1.0
    assert card.kappa.value == (None if len(seen) == 1 else pytest.approx(1.0))
    assert card.swaps.corrupted == 0
    wrong = sum(v in (Verdict.LABEL_WRONG, Verdict.BOTH_WRONG) for v, _ in said)
    if 0 < wrong < len(said):
        assert card.label_errors.corrected == pytest.approx(wrong / len(said))


@given(CASES)
@settings(max_examples=40, deadline=None)
def test_a_scorecard_can_be_stored(cases: list[GoldCase]) -> None:
    card = calibrate(cases, resamples=20)
    assert msgspec.json.decode(msgspec.json.encode(card), type=Calibration) == card
