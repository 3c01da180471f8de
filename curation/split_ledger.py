"""The split ledger: a group keeps the side it was first put on, however much data comes later.

A family is what is known to belong together: source task, parents and children, near-duplicates. A
family that is new goes where `curation.splits.assign` puts it, and all its groups are written down.
What joins a family later goes where the family is. When something new ties together two families
on different sides, nobody moves: the family then stands on several sides, and only its groups on
the most protected one (test, then validation, then train) are used; the others are withheld, so
that nothing of a test family is trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from curation.splits import Split, assign

PROTECTED = (Split.TEST, Split.VALIDATION, Split.TRAIN)
"""The most protected first."""


class LedgerSetup(Struct, frozen=True):
    """What a ledger is kept for. Other shares are another ledger: sides are never dealt anew."""

    shares: tuple[float, float, float]
    salt: str

    @property
    def name(self) -> str:
        """As it is stored."""
        return " ".join([self.salt, *(f"{share:.12g}" for share in self.shares)])


class Conflict(Struct, frozen=True):
    """A family that stands on several sides."""

    family: str
    sides: dict[Split, int]
    """Side -> how many of its groups are there."""
    used: Split
    """The side whose groups are used."""


class Sides:
    """A ledger as it stands.

    Args:
        recorded: group key -> side.
        families: group key -> family, for groups that have one of several groups.
    """

    def __init__(
        self, setup: LedgerSetup, recorded: Mapping[str, Split], families: Mapping[str, str]
    ) -> None:
        self._setup = setup
        self._recorded = dict(recorded)
        self._families = families
        self._used: dict[str, Split] = {}
        for key, side in self._recorded.items():
            if family := families.get(key):
                known = self._used.get(family, side)
                self._used[family] = min(side, known, key=PROTECTED.index)

    def enter(self, keys: Iterable[str]) -> dict[str, Split]:
        """Put groups that are new on their side; those, with their sides."""
        new: dict[str, Split] = {}
        for key in keys:
            if key in self._recorded:
                continue
            family = self._families.get(key)
            side = self._used.get(family) if family else None
            if side is None:
                side = assign(family or key, self._setup.shares, self._setup.salt)
                if family:
                    self._used[family] = side
            self._recorded[key] = new[key] = side
        return new

    def side_of(self, key: str) -> Split:
        """Where a group was put.

        Raises:
            KeyError: it was never entered.
        """
        return self._recorded[key]

    def is_withheld(self, key: str) -> bool:
        """Whether the family of a group is used on a more protected side than the group's own."""
        family = self._families.get(key)
        return family is not None and self._used[family] is not self._recorded[key]

    def conflicts(self) -> list[Conflict]:
        """Families on several sides, by name."""
        found: dict[str, dict[Split, int]] = {}
        for key, side in self._recorded.items():
            if family := self._families.get(key):
                sides = found.setdefault(family, {})
                sides[side] = sides.get(side, 0) + 1
        return [
            Conflict(family, sides, self._used[family])
            for family, sides in sorted(found.items())
            if len(sides) > 1
        ]

    def counts(self) -> dict[Split, int]:
        """How many groups are on every side."""
        found = dict.fromkeys(Split, 0)
        for side in self._recorded.values():
            found[side] += 1
        return found
