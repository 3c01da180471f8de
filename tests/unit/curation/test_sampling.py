"""Draws that can be repeated, and what drawn cases stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.sampling import draw, is_chosen, place_in_draw, stratum_weights


@given(st.text(), st.text())
def test_a_place_is_in_range_and_always_the_same(key: str, salt: str) -> None:
    place = place_in_draw(key, salt)
    assert 0 <= place < 1
    assert place == place_in_draw(key, salt)


def test_a_place_is_the_same_on_every_machine() -> None:
    # `printf 1:sk | sha256sum` begins with 1e99d8fbccb9c2d1.
    assert place_in_draw("k", "s") == pytest.approx(0x1E99D8FBCCB9C2D1 / 2**64, abs=1e-15)


def test_salt_and_key_are_not_run_together() -> None:
    assert place_in_draw("bc", "a") != place_in_draw("c", "ab")


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.5])
def test_a_share_is_about_what_it_says(share: float) -> None:
    n = 20_000
    chosen = sum(is_chosen(f"case-{i}", share, "studio") for i in range(n))
    # Five standard deviations of a binomial.
    assert abs(chosen - n * share) < 5 * (n * share * (1 - share)) ** 0.5


def test_none_and_all() -> None:
    keys = [str(i) for i in range(500)]
    assert not any(is_chosen(key, 0.0, "s") for key in keys)
    assert all(is_chosen(key, 1.0, "s") for key in keys)


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_keeps_what_a_smaller_one_chose(key: str, a: float, b: float) -> None:
    if is_chosen(key, min(a, b), "s"):
        assert is_chosen(key, max(a, b), "s")


def test_a_draw_takes_from_every_stratum_and_goes_on_where_it_stopped() -> None:
    keys = {"common": [f"c{i}" for i in range(1000)], "rare": ["r1", "r2"], "none": []}
    ten, twenty = draw(keys, 10, "s"), draw(keys, 20, "s")
    assert [len(ten[name]) for name in keys] == [10, 2, 0]
    assert twenty["common"][:10] == ten["common"]
    assert draw({"common": reversed(keys["common"])}, 10, "s")["common"] == ten["common"]
    assert draw(keys, 10, "t")["common"] != ten["common"]


def test_a_case_counts_once_in_a_draw() -> None:
    assert sorted(draw({"a": ["x", "x", "y"]}, 3, "s")["a"]) == ["x", "y"]


def test_weights_are_what_each_case_stands_for() -> None:
    # 900/30 and 100/50; nobody looked at the 7.
    found = stratum_weights({"a": 900, "b": 100, "c": 7, "d": 0}, {"a": 30, "b": 50, "c": 0})
    assert found.weights == {"a": 30.0, "b": 2.0}
    assert found.uncovered == ("c",)
    assert 30 * found.weights["a"] + 50 * found.weights["b"] == 1000


def test_more_sampled_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="3 sampled of 2"):
        stratum_weights({"a": 2}, {"a": 3})
