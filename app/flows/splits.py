"""The split ledger: what is new is put on its side, what has one keeps it.

Before an export deals rows to splits, near-duplicates are made families and every new group is
entered (`curation/split_ledger.py`).
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from app.flows.near_duplicates import NearReport, link_near_duplicates
from app.flows.running import Run
from curation.split_ledger import Conflict, LedgerSetup, Sides
from curation.splits import DEFAULT_SALT, DEFAULT_SHARES, Split, check_shares
from storage import groups, split_ledger
from storage.engine import Store
from storage.groups import families


class LedgerReport(Struct, frozen=True):
    """A ledger after everything new was entered."""

    entered: int
    """Groups that had no side before."""
    groups: dict[Split, int]
    """Groups on every side."""
    families: int
    """Families of more than one group."""
    largest: int
    """Groups of the largest family."""
    near: NearReport
    conflicts: tuple[Conflict, ...]


def enter_all(
    store: Store, setup: LedgerSetup, run: Run = Run(), *, processes: int | None = None
) -> Sides:
    """Every stored group on its side.

    Raises:
        ExportError: the shares do not divide the data.
        Cancelled: the user stopped it.
    """
    return _enter(store, setup, run, processes)[0]


def report_ledger(
    store: Store,
    shares: tuple[float, float, float] = DEFAULT_SHARES,
    salt: str = DEFAULT_SALT,
    run: Run = Run(),
) -> LedgerReport:
    """Enter what is new, and say how the ledger stands.

    Raises:
        ExportError, Cancelled: as `enter_all`.
    """
    sides, entered, near = _enter(store, LedgerSetup(shares, salt), run, None)
    with store.read() as conn:
        sizes = Counter(families(conn).values())
    return LedgerReport(
        entered=entered,
        groups=sides.counts(),
        families=len(sizes),
        largest=max(sizes.values(), default=1),
        near=near,
        conflicts=tuple(sides.conflicts()),
    )


def _enter(
    store: Store, setup: LedgerSetup, run: Run, processes: int | None
) -> tuple[Sides, int, NearReport]:
    check_shares(setup.shares)
    near = link_near_duplicates(store, run, processes=processes)
    with store.write() as conn:
        new = split_ledger.unrecorded_groups(conn, setup.name)
        sides = Sides(setup, split_ledger.recorded_sides(conn, setup.name), groups.families(conn))
        entered = sides.enter(new)
        split_ledger.record_sides(conn, setup.name, entered)
    return sides, len(entered), near
