"""How many an export looked at, and how many every rule of its recipe left out."""

from __future__ import annotations

from msgspec import Struct

STAGES = ("unusable", "filters", "gates", "dedup", "thinning", "places")
"""Of the funnel, in order."""


class FunnelStep(Struct, frozen=True):
    """What one rule left out."""

    stage: str
    """One of `STAGES`."""
    rule: str
    left_out: int
    remaining: int
    """After it."""


class Funnel(Struct, frozen=True):
    """How many were looked at, and what became of them."""

    looked_at: int
    steps: tuple[FunnelStep, ...]
    chosen: int
    short: tuple[str, ...] = ()
    """Where less was done than asked, as sentences: quotas not filled, vectors missing."""

    def after(self) -> dict[str, int]:
        """Stage -> how many remain after it."""
        found: dict[str, int] = {}
        left = self.looked_at
        for stage in STAGES:
            left = next((s.remaining for s in reversed(self.steps) if s.stage == stage), left)
            found[stage] = left
        return found

    def rows(self) -> list[tuple[str, str, int, int]]:
        """(stage, rule, left out, remaining), from the first to the last."""
        return [(step.stage, step.rule, step.left_out, step.remaining) for step in self.steps]
