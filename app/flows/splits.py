"""The split ledger: what is new is put on its side, what has one keeps it.

Before an export deals rows to splits, near-duplicates are made families and every new group is
entered (`curation/split_ledger.py`).
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct, structs
from sqlalchemy import Connection

from app.flows.near_duplicates import NearReport, link_near_duplicates
from app.flows.running import Run
from curation.split_ledger import Conflict, LedgerSetup, Sides
from curation.splits import Split, check_shares
from storage import groups, split_ledger
from storage.engine import Store

BY_HASH = LedgerSetup()


class LedgerState(Struct, frozen=True, kw_only=True):
    """How a ledger stands."""

    groups: dict[Split, int]
    """Groups on every side."""
    waiting: int
    """Groups without a side; the next export puts them on one."""
    families: int
    """Families of more than one group."""
    largest: int
    """Groups of the largest family."""
    conflicts: tuple[Conflict, ...]


class LedgerReport(LedgerState, frozen=True, kw_only=True):
    """A ledger after everything new was entered."""

    entered: int
    """Groups that had no side before."""
    near: NearReport


def enter_all(
    store: Store, setup: LedgerSetup, run: Run = Run(), *, processes: int | None = None
) -> Sides:
    """Every stored group on its side.

    Raises:
        ExportError: the shares do not divide the data.
        NotFound: no such dataset.
        Cancelled: the user stopped it.
    """
    return _enter(store, setup, run, processes)[0]


def report_ledger(store: Store, setup: LedgerSetup = BY_HASH, run: Run = Run()) -> LedgerReport:
    """Enter what is new, and say how the ledger stands.

    Raises:
        ExportError, NotFound, Cancelled: as `enter_all`.
    """
    _, entered, near = _enter(store, setup, run, None)
    now = look_at_ledger(store, setup)
    return LedgerReport(**structs.asdict(now), entered=entered, near=near)


def look_at_ledger(store: Store, setup: LedgerSetup = BY_HASH) -> LedgerState:
    """How a ledger stands, with nothing entered.

    Raises:
        ExportError: the shares do not divide the data.
        NotFound: no such dataset.
    """
    with store.read() as conn:
        family_of = groups.families(conn, tool_sets=setup.tool_sets)
        sides = _sides(conn, setup, family_of)
        waiting = split_ledger.unrecorded_groups(conn, setup.name)
    # Families hold more than groups: the tasks of sources, too, which tie groups together.
    sizes = Counter([family_of.get(key, key) for key in (*sides.groups, *waiting)])
    return LedgerState(
        groups=sides.counts(),
        waiting=len(waiting),
        families=sum(n > 1 for n in sizes.values()),
        largest=max(sizes.values(), default=0),
        conflicts=tuple(sides.conflicts()),
    )


def _enter(
    store: Store, setup: LedgerSetup, run: Run, processes: int | None
) -> tuple[Sides, int, NearReport]:
    check_shares(setup.shares)
    near = link_near_duplicates(store, run, processes=processes)
    with store.write() as conn:
        new = split_ledger.unrecorded_groups(conn, setup.name)
        sides = _sides(conn, setup, groups.families(conn, tool_sets=setup.tool_sets))
        entered = sides.enter(new)
        split_ledger.record_sides(conn, setup.name, entered)
    return sides, len(entered), near


def known_sides(conn: Connection, setup: LedgerSetup) -> Sides:
    """A ledger as it stands."""
    return _sides(conn, setup, groups.families(conn, tool_sets=setup.tool_sets))


def _sides(conn: Connection, setup: LedgerSetup, families: dict[str, str]) -> Sides:
    return Sides(
        setup,
        split_ledger.recorded_sides(conn, setup.name),
        families,
        fixed=split_ledger.groups_of_datasets(conn, setup.test_datasets),
        strata=split_ledger.strata(conn, setup.stratify),
    )
