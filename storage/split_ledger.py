"""The split ledger as stored: group keys and their sides, written once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from curation.splits import Split
from curation.stratified_splits import Stratum
from storage.bulk import insert_new, stored_time
from storage.datasets import dataset_id
from storage.tables import ItemRow, SplitSideRow, TrajectoryRow, table_of

split_side = table_of(SplitSideRow)
trajectory = table_of(TrajectoryRow)
item = table_of(ItemRow)


def _doublings(column: Any, most: int = 12) -> Any:
    """How many bits the number has: 0, 1, 2 to 3, 4 to 7, …"""
    steps = [(column < 2**bits, bits) for bits in range(most)]
    return case(*steps, else_=most).label(f"{column.name}_bits")


def recorded_sides(conn: Connection, ledger: str) -> dict[str, Split]:
    """Side of every group of a ledger."""
    by_name = {side.value: side for side in Split}
    query = select(split_side.c.group_key, split_side.c.side).where(split_side.c.ledger == ledger)
    return {key: by_name[side] for key, side in conn.execute(query)}


def record_sides(conn: Connection, ledger: str, new: Mapping[str, Split]) -> None:
    """Write down sides; a group that has one keeps it."""
    now = stored_time(conn, datetime.now(UTC))
    rows = [(ledger, key, side.value, now) for key, side in sorted(new.items())]
    insert_new(conn, split_side, ("ledger", "group_key", "side", "since"), rows)


def unrecorded_groups(conn: Connection, ledger: str) -> list[str]:
    """Groups of stored trajectories that the ledger does not know yet, in order."""
    known = select(split_side.c.side).where(
        split_side.c.ledger == ledger, split_side.c.group_key == trajectory.c.group_key
    )
    query = (
        select(trajectory.c.group_key)
        .where(~known.exists())
        .distinct()
        .order_by(trajectory.c.group_key)
    )
    return list(conn.execute(query).scalars())


def groups_of_datasets(conn: Connection, names: Collection[str]) -> frozenset[str]:
    """Groups of every trajectory of these datasets.

    Raises:
        NotFound: no such dataset.
    """
    ids = [dataset_id(conn, name) for name in names]
    query = (
        select(trajectory.c.group_key)
        .join(item, item.c.trajectory_id == trajectory.c.id)
        .where(item.c.dataset_id.in_(ids))
        .distinct()
    )
    return frozenset(conn.execute(query).scalars()) if ids else frozenset()


def strata(conn: Connection, by: Collection[Stratum]) -> dict[str, str]:
    """Stratum of every group: that of its first trajectory. {} where nothing is told apart."""
    columns = [_COLUMNS[one] for one in sorted(set(by))]
    if not columns:
        return {}
    query = select(trajectory.c.group_key, *columns).order_by(trajectory.c.id.desc())
    # The first trajectory comes last, and stays.
    return {key: " ".join(map(str, values)) for key, *values in conn.execute(query)}


_COLUMNS = {
    Stratum.DATASET: select(func.min(item.c.dataset_id))
    .where(item.c.trajectory_id == trajectory.c.id)
    .scalar_subquery()
    .label("dataset"),
    Stratum.TOOLS: trajectory.c.tool_set_id,
    Stratum.LENGTH: _doublings(trajectory.c.n_steps),
    Stratum.CALLS: _doublings(trajectory.c.n_calls, most=2),
}
