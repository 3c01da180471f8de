"""Rollouts by hand."""

from __future__ import annotations

import pytest

from curation.rollouts import RolloutFate, Rollouts
from curation.scoring import score_kinds

N1 = score_kinds()["tool-n1"]


@pytest.mark.parametrize(
    ("rollouts", "fate"),
    [
        (Rollouts(4, 1.0, 0.0), RolloutFate.LEARNT),
        (Rollouts(4, 0.0, 0.0), RolloutFate.STUCK),
        # one of four right: mean 1/4, variance 1/4 · 3/4
        (Rollouts(4, 0.25, 0.1875), RolloutFate.VARIES),
        # always half right
        (Rollouts(4, 0.5, 0.0), RolloutFate.STUCK),
    ],
)
def test_what_several_scores_say(rollouts: Rollouts, fate: RolloutFate) -> None:
    assert rollouts.fate(N1) is fate
