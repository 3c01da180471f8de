"""The split of a group."""

from __future__ import annotations

import hashlib

import pytest

from curation.errors import ExportError
from curation.splits import Split, assign, check_shares, position


def test_the_place_of_a_group_never_changes_between_releases() -> None:
    # sha256("loopwright-1\0tau:17")[:8] >> 11, divided by 2**53.
    digest = hashlib.sha256(b"loopwright-1\0tau:17").digest()
    assert position("tau:17") == (int.from_bytes(digest[:8], "big") >> 11) / 2**53
    assert assign("tau:17") is Split.TRAIN


def test_another_salt_deals_the_groups_anew() -> None:
    keys = [f"g{i}" for i in range(400)]
    one = [assign(k, salt="a") for k in keys]
    two = [assign(k, salt="b") for k in keys]
    assert one != two and one == [assign(k, salt="a") for k in keys]


@pytest.mark.parametrize(
    ("shares", "possible"),
    [
        ((1.0, 0.0, 0.0), {Split.TRAIN}),
        ((0.0, 1.0, 0.0), {Split.VALIDATION}),
        ((0.0, 0.0, 1.0), {Split.TEST}),
        ((0.5, 0.0, 0.5), {Split.TRAIN, Split.TEST}),
        ((0.5, 0.5, 0.0), {Split.TRAIN, Split.VALIDATION}),
    ],
)
def test_a_share_of_nothing_gets_nothing(
    shares: tuple[float, float, float], possible: set[Split]
) -> None:
    assert {assign(f"k{i}", shares) for i in range(500)} == possible


@pytest.mark.parametrize(
    "shares", [(0.8, 0.1, 0.2), (1.2, -0.1, -0.1), (float("nan"), 0.5, 0.5), (0.0, 0.0, 0.0)]
)
def test_shares_that_do_not_divide_the_data_are_refused(
    shares: tuple[float, float, float],
) -> None:
    with pytest.raises(ExportError, match="add up to 1"):
        check_shares(shares)
    check_shares((0.7, 0.2, 0.1))
