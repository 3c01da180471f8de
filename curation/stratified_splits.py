"""Dealing groups so that every stratum comes as near to the asked shares as it can.

A hash deals each group alone, so shares hold for many groups and not for a rare tool or a small
dataset. Here a group goes where its stratum, and all groups together, lack most; the order in
which groups come is that of their salted hash, so nothing about a group but its stratum decides.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from curation.splits import Split


class Stratum(StrEnum):
    """What groups may be told apart by."""

    DATASET = "dataset"
    TOOLS = "tools"
    """The set of tools that is offered."""
    LENGTH = "length"
    """Steps: 1, 2 to 3, 4 to 7, 8 to 15, and so on."""
    CALLS = "calls"
    """No call, one, several."""


class Dealer:
    """How many groups of each stratum are where, and where the next one goes.

    Args:
        shares: of train, validation and test; they add up to 1.
    """

    def __init__(self, shares: tuple[float, float, float]) -> None:
        self._shares = dict(zip(Split, shares, strict=True))
        self._all: Counter[Split] = Counter()
        self._of: dict[str, Counter[Split]] = {}

    def count(self, stratum: str, side: Split) -> None:
        """A group of this stratum stands on this side."""
        self._all[side] += 1
        self._of.setdefault(stratum, Counter())[side] += 1

    def deal(self, stratum: str) -> Split:
        """The side of the next group of a stratum; it is not counted yet.

        What a side lacks is share × (n + 1) − groups there, in the stratum and in all together:
        the second term serves strata of a few groups, none of which could fill a small share.
        """
        own = self._of.get(stratum, Counter())
        wanted = [side for side, share in self._shares.items() if share > 0]
        return max(wanted, key=lambda side: self._lack(own, side) + self._lack(self._all, side))

    def _lack(self, counts: Counter[Split], side: Split) -> float:
        return self._shares[side] * (counts.total() + 1) - counts[side]
