"""The split ledger as stored: group keys and their sides, written once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from curation.splits import Split
from storage.bulk import insert_new, stored_time
from storage.tables import SplitSideRow, TrajectoryRow, table_of

split_side = table_of(SplitSideRow)
trajectory = table_of(TrajectoryRow)


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
