"""Intervals against hand arithmetic and brute force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.intervals import Interval, cluster_bootstrap, effective_n, wilson


def test_wilson_by_hand() -> None:
    # p = 0.9, n = 100, z = 1.96: z²/n = 0.038416.
    # centre (0.9 + 0.019208) / 1.038416                        = 0.885202
    # half   1.96·sqrt(0.09/100 + 0.038416/400) / 1.038416      = 0.059569
    found = wilson(90, 100)
    assert found is not None
    assert found.low == pytest.approx(0.825633, abs=5e-5)
    assert found.high == pytest.approx(0.944771, abs=5e-5)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.277533),  # high: z²/(n + z²) = 3.841459/13.841459
        (10, 10, 0.722467, 1.0),
        (96, 100, 0.901629, 0.984337),
        (1, 1, 0.206549, 1.0),  # low: n/(n + z²) = 1/4.841459
    ],
)
def test_wilson_at_the_ends(right: int, n: int, low: float, high: float) -> None:
    found = wilson(right, n)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_nothing_measured_has_no_interval() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("right", "n"), [(-1, 10), (11, 10), (1, 0)])
def test_what_is_no_share_is_refused(right: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(right, n)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_one_more_right_case_raises_both_ends(case: tuple[int, int]) -> None:
    right, n = case
    fewer, more = wilson(right, n), wilson(right + 1, n)
    assert fewer is not None and more is not None
    assert fewer.low <= right / n <= fewer.high
    assert 0 <= fewer.low < more.low <= 1
    assert 0 <= fewer.high < more.high <= 1


@given(st.integers(0, 60), st.integers(0, 60), st.integers(2, 9))
def test_more_cases_of_one_share_narrow_it(right: int, wrong: int, times: int) -> None:
    n = right + wrong
    if not n:
        return
    few, many = wilson(right, n), wilson(right * times, n * times)
    assert few is not None and many is not None
    assert few.low <= many.low and many.high <= few.high


@given(st.integers(0, 50), st.integers(0, 50))
def test_more_confidence_widens_it(right: int, wrong: int) -> None:
    some, more = wilson(right, right + wrong, 0.8), wilson(right, right + wrong, 0.99)
    if some is None or more is None:
        assert right + wrong == 0
        return
    assert more.low <= some.low and some.high <= more.high


def _share(sums: tuple[float, ...]) -> float | None:
    return sums[0] / sums[1] if sums[1] else None


def test_cases_of_one_cluster_count_as_one() -> None:
    # Sizes 3 and 1: (3 + 1)² / (9 + 1) = 1.6; four alone: 16 / 4; ten by two: 400 / 40 = 10.
    assert effective_n([3, 1]) == pytest.approx(1.6)
    assert effective_n([1, 1, 1, 1]) == 4
    assert effective_n([2] * 10) == 10
    assert (effective_n([7]), effective_n([])) == (1, 0)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_cases_are_worth_no_more_than_their_clusters(sizes: list[int]) -> None:
    assert 1 - 1e-9 <= effective_n(sizes) <= len(sizes) + 1e-9


def test_two_clusters_are_drawn_in_four_equally_likely_ways() -> None:
    # (1 of 1) and (0 of 1): the share is 0, ½, ½ or 1, each way a quarter of the resamples. So the
    # middle half lies at ½, and the middle 95 % reaches both ends.
    clusters = [(1.0, 1.0), (0.0, 1.0)]
    assert cluster_bootstrap(clusters, _share) == Interval(0.0, 1.0)
    assert cluster_bootstrap(clusters, _share, confidence=0.4) == Interval(0.5, 0.5)


def test_cases_of_one_cluster_are_not_as_many() -> None:
    # 50 right and 50 wrong cases: alone they give about ½ ± 0.1 (1.96·sqrt(¼/100)); in ten clusters
    # of ten that are all right or all wrong, about ½ ± 0.31 (1.96·sqrt(¼/10)).
    alone = cluster_bootstrap([(1.0, 1.0)] * 50 + [(0.0, 1.0)] * 50, _share)
    together = cluster_bootstrap([(10.0, 10.0)] * 5 + [(0.0, 10.0)] * 5, _share)
    assert alone is not None and together is not None
    assert (alone.high - alone.low) / 2 == pytest.approx(0.098, abs=0.02)
    assert (together.high - together.low) / 2 == pytest.approx(0.31, abs=0.06)


def test_resampling_is_repeatable_and_depends_on_its_seed() -> None:
    clusters = [(float(i % 3 == 0), 1.0 + i % 2) for i in range(37)]
    assert cluster_bootstrap(clusters, _share) == cluster_bootstrap(clusters, _share)
    assert cluster_bootstrap(clusters, _share) != cluster_bootstrap(clusters, _share, seed=1)


def test_one_cluster_says_nothing_of_spread() -> None:
    assert cluster_bootstrap([(1.0, 2.0)], _share) is None
    assert cluster_bootstrap([], _share) is None


def test_a_statistic_that_is_often_undefined_has_no_interval() -> None:
    # Both draws miss the only cluster with a denominator in a quarter of the resamples.
    assert cluster_bootstrap([(1.0, 1.0), (0.0, 0.0)], _share) is None
