"""The keys that near-duplicates share (`curation.near_duplicates`), by trajectory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from sqlalchemy import Connection, func, select

from curation.near_duplicates import VERSION
from curation.trajectory import Message, decode_messages
from storage.bulk import MAX_KEYS, insert_new
from storage.compression import unpack
from storage.tables import BodyRow, NearKeyRow, TrajectoryRow, table_of

near_key = table_of(NearKeyRow)
trajectory = table_of(TrajectoryRow)
body = table_of(BodyRow)

_HAS_KEYS = (
    select(near_key.c.key)
    .where(near_key.c.key == VERSION, near_key.c.trajectory_id == trajectory.c.id)
    .exists()
)


def count_without_keys(conn: Connection) -> int:
    """How many trajectories have yet to be looked at."""
    query = select(func.count()).select_from(trajectory).where(~_HAS_KEYS)
    return int(conn.execute(query).scalar_one())


class RawMessages(Struct, frozen=True):
    """The messages of a trajectory as stored, to be decoded elsewhere (another process)."""

    id: int
    content: bytes

    def decode(self) -> tuple[Message, ...]:
        """Unpack and decode."""
        return decode_messages(unpack(self.content))


def without_keys(conn: Connection, after: int, limit: int) -> list[RawMessages]:
    """The next trajectories that have yet to be looked at, by id."""
    query = (
        select(trajectory.c.id, body.c.content)
        .join(body, body.c.trajectory_id == trajectory.c.id)
        .where(trajectory.c.id > after, ~_HAS_KEYS)
        .order_by(trajectory.c.id)
        .limit(limit)
    )
    return [RawMessages(*row) for row in conn.execute(query)]


def messages_of(conn: Connection, ids: Sequence[int]) -> Iterator[RawMessages]:
    """The messages of these trajectories."""
    for start in range(0, len(ids), MAX_KEYS):
        some = ids[start : start + MAX_KEYS]
        query = select(body.c.trajectory_id, body.c.content).where(body.c.trajectory_id.in_(some))
        for row in conn.execute(query):
            yield RawMessages(*row)


def add_keys(conn: Connection, found: Iterable[tuple[int, Sequence[int]]]) -> None:
    """Keep the keys of trajectories, given as (id, keys); those without keys are remembered too."""
    rows = [(key, row_id) for row_id, keys in found for key in (VERSION, *keys)]
    insert_new(conn, near_key, ("key", "trajectory_id"), sorted(rows))


def sharing(conn: Connection, keys: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(key, trajectory id) of all that have one of these keys."""
    for start in range(0, len(keys), MAX_KEYS):
        # Numbers of ours, written out: thousands of parameters take longer than the search.
        some = ", ".join(map(str, keys[start : start + MAX_KEYS]))
        found = conn.exec_driver_sql(
            f"SELECT key, trajectory_id FROM near_key WHERE key IN ({some})"
        )
        yield from ((key, row_id) for key, row_id in found)


def iter_shared(conn: Connection) -> Iterator[tuple[int, int]]:
    """(key, trajectory id) of every key that several trajectories have, by key."""
    own = near_key.alias()
    several = (
        select(own.c.key).where(own.c.key != VERSION).group_by(own.c.key).having(func.count() > 1)
    )
    query = (
        select(near_key.c.key, near_key.c.trajectory_id)
        .where(near_key.c.key.in_(several))
        .order_by(near_key.c.key)
        .execution_options(yield_per=10_000)
    )
    yield from ((key, row_id) for key, row_id in conn.execute(query))


def groups_among(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Group keys, as stored, by trajectory id."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), MAX_KEYS):
        query = select(trajectory.c.id, trajectory.c.group_key).where(
            trajectory.c.id.in_(ids[start : start + MAX_KEYS])
        )
        found |= {row.id: row.group_key for row in conn.execute(query)}
    return found
