"""Perplexity, with its arithmetic."""

from __future__ import annotations

import math

import pytest

from curation.predictions import perplexity_of


def test_perplexity_is_the_exponential_of_the_mean_negative_log_probability() -> None:
    # Two tokens of probability 1/2 and 1/8: ln(1/2) + ln(1/8) = -ln 16; half of it is -ln 4.
    assert perplexity_of(2, math.log(1 / 2) + math.log(1 / 8)) == pytest.approx(4.0)
    assert perplexity_of(5, 0.0) == 1.0


@pytest.mark.parametrize(
    ("n", "total"), [(0, -1.0), (3, 0.5), (1, float("nan")), (1, float("-inf")), (1, -1e9)]
)
def test_what_is_no_sum_of_log_probabilities_is_refused(n: int, total: float) -> None:
    with pytest.raises(ValueError, match=r"token|perplexity"):
        perplexity_of(n, total)
