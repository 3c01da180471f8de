"""Strata get their shares as nearly as whole groups allow."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from curation.splits import Split
from curation.stratified_splits import Dealer


def dealt(dealer: Dealer, strata: str) -> list[str]:
    sides = []
    for stratum in strata:
        side = dealer.deal(stratum)
        dealer.count(stratum, side)
        sides.append(side.value)
    return sides


def test_ten_of_one_stratum_are_eight_one_and_one() -> None:
    # What a side lacks of (0.8, 0.1, 0.1), counted twice here, for the stratum is all there is.
    # Before the 4th, train holds 3: 0.8 * 4 - 3 = 0.2, the others 0.1 * 4 = 0.4 each. Before the
    # 7th, train holds 5, validation 1: 0.8 * 7 - 5 = 0.6, 0.7 - 1, and test 0.7.
    assert dealt(Dealer((0.8, 0.1, 0.1)), "a" * 10) == [
        *["train"] * 3, "validation", *["train"] * 2, "test", *["train"] * 3
    ]  # fmt: skip


def test_strata_of_one_group_get_the_shares_together() -> None:
    sides = Counter(dealt(Dealer((0.5, 0.25, 0.25)), "abcdefghijkl"))
    assert sides == {"train": 6, "validation": 3, "test": 3}


def test_a_share_of_nothing_gets_nothing() -> None:
    assert set(dealt(Dealer((0.9, 0.1, 0.0)), "aabb" * 20)) == {"train", "validation"}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200), st.integers(1, 9))
def test_every_stratum_is_within_a_few_groups_of_its_shares(strata: list[int], tenths: int) -> None:
    shares = (tenths / 10, 1 - tenths / 10, 0.0)
    dealer = Dealer(shares)
    sides = list(zip(strata, dealt(dealer, "".join(map(str, strata))), strict=True))
    for stratum in set(strata):
        n = strata.count(stratum)
        for share, side in zip(shares, Split, strict=True):
            assert abs(sides.count((stratum, side.value)) - share * n) <= 3
