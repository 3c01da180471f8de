"""The split ledger: a group keeps the side it was first put on, however much data comes later.

A family is what is known to belong together: source task, parents and children, near-duplicates. A
family that is new goes where `curation.splits.assign` puts it, and all its groups are written down.
What joins a family later goes where the family is. When something new ties together two families
on different sides, nobody moves: the family then stands on several sides, and only its groups on
the most protected one (test, then validation, then train) are used; the others are withheld, so
that nothing of a test family is trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from msgspec import Struct

from curation.splits import DEFAULT_SALT, DEFAULT_SHARES, Split, assign, check_shares, position
from curation.stratified_splits import Dealer, Stratum

PROTECTED = (Split.TEST, Split.VALIDATION, Split.TRAIN)
"""The most protected first."""


class LedgerSetup(Struct, frozen=True):
    """What a ledger is kept for. Another setup is another ledger: sides are never dealt anew."""

    shares: tuple[float, float, float] = DEFAULT_SHARES
    salt: str = DEFAULT_SALT
    stratify: tuple[Stratum, ...] = ()
    """Each combination of these is a stratum that gets the shares of its own."""
    test_datasets: tuple[str, ...] = ()
    """They are the test set, and nothing else is: the share of test goes to train."""
    tool_sets: bool = False
    """Whether what offers the same set of tools is one family."""

    @property
    def name(self) -> str:
        """As it is stored."""
        more = [f"stratify={name}" for name in sorted(set(self.stratify))]
        more += [f"test={name}" for name in sorted(set(self.test_datasets))]
        more += ["tool-sets"] if self.tool_sets else []
        return " ".join([self.salt, *(f"{share:.12g}" for share in self.shares), *more])

    @property
    def dealt(self) -> tuple[float, float, float]:
        """The shares of what is not fixed.

        Raises:
            ExportError: they do not divide the data.
        """
        check_shares(self.shares)
        train, validation, test = self.shares
        return (train + test, validation, 0.0) if self.test_datasets else self.shares


class Conflict(Struct, frozen=True):
    """A family that stands on several sides, or on another one than the fixed test set's."""

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
        fixed: groups of the test set that was given.
        strata: group key -> stratum, where the setup stratifies.
    """

    def __init__(
        self,
        setup: LedgerSetup,
        recorded: Mapping[str, Split],
        families: Mapping[str, str],
        *,
        fixed: Set[str] = frozenset(),
        strata: Mapping[str, str] = {},
    ) -> None:
        self._setup = setup
        self._families = families
        self._fixed = fixed
        self._strata = strata
        self._dealer = Dealer(setup.dealt)
        self._recorded: dict[str, Split] = {}
        self._used: dict[str, Split] = {}
        for key, side in recorded.items():
            self._put(key, side)
        for key in fixed & self._recorded.keys():
            self._used[families.get(key, key)] = Split.TEST

    def enter(self, keys: Iterable[str]) -> dict[str, Split]:
        """Put groups that are new on their side; those, with their sides."""
        fresh = [key for key in keys if key not in self._recorded]
        new = {key: self._put(key, Split.TEST) for key in fresh if key in self._fixed}
        if self._setup.stratify:
            fresh.sort(key=lambda key: position(self._family(key), self._setup.salt))
        for key in fresh:
            if key not in new:
                new[key] = self._put(key, self._used.get(self._family(key)) or self._side(key))
        return new

    def _family(self, key: str) -> str:
        return self._families.get(key, key)

    def _side(self, key: str) -> Split:
        """Where a family goes that is new."""
        if self._setup.stratify:
            return self._dealer.deal(self._strata.get(key, ""))
        return assign(self._family(key), self._setup.dealt, self._setup.salt)

    def _put(self, key: str, side: Split) -> Split:
        family = self._family(key)
        self._recorded[key] = side
        self._used[family] = min(side, self._used.get(family, side), key=PROTECTED.index)
        self._dealer.count(self._strata.get(key, ""), side)
        return side

    def side_of(self, key: str) -> Split:
        """Where a group was put.

        Raises:
            KeyError: it was never entered.
        """
        return self._recorded[key]

    def is_withheld(self, key: str) -> bool:
        """Whether the family of a group is used on a more protected side than the group's own."""
        return self._used[self._family(key)] is not self._recorded[key]

    def conflicts(self) -> list[Conflict]:
        """Families on several sides, by name."""
        found: dict[str, dict[Split, int]] = {}
        for key, side in self._recorded.items():
            if key in self._families or key in self._fixed:
                sides = found.setdefault(self._family(key), {})
                sides[side] = sides.get(side, 0) + 1
        return [
            Conflict(family, sides, self._used[family])
            for family, sides in sorted(found.items())
            if set(sides) != {self._used[family]}
        ]

    @property
    def groups(self) -> Set[str]:
        """All that are on a side."""
        return self._recorded.keys()

    def counts(self) -> dict[Split, int]:
        """How many groups are on every side."""
        found = dict.fromkeys(Split, 0)
        for side in self._recorded.values():
            found[side] += 1
        return found
