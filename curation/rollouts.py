"""Several sampled answers to one step: where there is something to learn, and where to look.

ToolSample (arXiv 2509.14718) orders data by mean and variance of rewards over rollouts; its formula
and thresholds are not published. Ours: what always gets the most is learnt, what always gets the
least is too hard or labelled wrongly, and what varies is worth training on, the most varied first.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from curation.scoring import ScoreKind

CLOSE = 1e-9
"""Scores that differ by less are equal: they are sums of fractions."""


class RolloutFate(StrEnum):
    """What several scores of one step say of it."""

    LEARNT = "learnt"
    """Every one is the best there is."""
    VARIES = "varies"
    """They differ: training on it can change something."""
    STUCK = "stuck"
    """All equal, and not the best: look at its label first."""


class Rollouts(Struct, frozen=True):
    """Scores of one reward over the rollouts of one step."""

    n: int
    mean: float
    variance: float
    """Of the rollouts themselves (divided by n): 0 for a single one."""

    def fate(self, kind: ScoreKind) -> RolloutFate:
        """What they say of the step."""
        if self.variance > CLOSE:
            return RolloutFate.VARIES
        return RolloutFate.LEARNT if self.mean >= kind.high - CLOSE else RolloutFate.STUCK
