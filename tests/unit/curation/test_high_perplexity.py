"""High perplexity by count, share and threshold, by hand."""

from __future__ import annotations

import pytest

from curation.errors import SettingsError
from curation.high_perplexity import HighPerplexity, KeepBy, least_sure

FOUND = [1.2, 3.0, 1.0, 2.0, 1.5]


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (HighPerplexity(), [3.0, 2.0, 1.5, 1.2, 1.0]),
        (HighPerplexity(KeepBy.COUNT, 2), [3.0, 2.0]),
        (HighPerplexity(KeepBy.COUNT, 9), [3.0, 2.0, 1.5, 1.2, 1.0]),
        # 0.4 * 5 = 2; 0.41 * 5 = 2.05, rounded up; of 0.01 one is left
        (HighPerplexity(KeepBy.SHARE, 0.4), [3.0, 2.0]),
        (HighPerplexity(KeepBy.SHARE, 0.41), [3.0, 2.0, 1.5]),
        (HighPerplexity(KeepBy.SHARE, 0.01), [3.0]),
        (HighPerplexity(KeepBy.SHARE, 0), []),
        (HighPerplexity(KeepBy.THRESHOLD, 1.5), [3.0, 2.0, 1.5]),
    ],
)
def test_by_hand(rule: HighPerplexity, kept: list[float]) -> None:
    assert least_sure(FOUND, float, rule) == kept


def test_a_share_is_not_rounded_up_by_what_floats_lose() -> None:
    assert len(least_sure(range(30), float, HighPerplexity(KeepBy.SHARE, 0.1))) == 3


def test_equal_ones_stay_in_order() -> None:
    assert least_sure("abc", lambda _: 1.0, HighPerplexity(KeepBy.COUNT, 2)) == ["a", "b"]


@pytest.mark.parametrize(
    "rule",
    [
        HighPerplexity(KeepBy.SHARE, 1.1),
        HighPerplexity(KeepBy.SHARE, -0.1),
        HighPerplexity(KeepBy.COUNT, 2.5),
        HighPerplexity(KeepBy.THRESHOLD, 0.5),
        HighPerplexity(KeepBy.COUNT, float("nan")),
        HighPerplexity(KeepBy.THRESHOLD, float("inf")),
    ],
)
def test_a_number_that_keeps_no_definite_part_is_refused(rule: HighPerplexity) -> None:
    with pytest.raises(SettingsError, match="keeps no definite part"):
        least_sure(FOUND, float, rule)
