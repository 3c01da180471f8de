"""Trajectories: the narrow row, the compressed body, the tool set, the words, the tools called.

Content-addressed: adding what is there adds nothing. Adding is split in two so that another
process can do the first half: `storage.preparation` encodes and compresses, `add_batch` writes.
Membership in datasets is `storage.datasets`, findings are `storage.findings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, func, select

from curation.errors import NotFound
from curation.trajectory import ToolSpec, Trajectory, decode_messages, decode_tools
from storage import groups, search
from storage.bulk import MAX_KEYS, insert_many, stored_time
from storage.compression import unpack
from storage.preparation import NewTrajectory, new_trajectory
from storage.tables import BodyRow, ToolRow, ToolSetRow, ToolUseRow, TrajectoryRow, table_of

__all__ = [
    "AddedBatch",
    "NewTrajectory",
    "RawBody",
    "StoredTrajectory",
    "add_batch",
    "add_correction",
    "count",
    "id_of",
    "iter_bodies",
    "load",
    "load_by_id",
    "load_many",
    "new_trajectory",
]

trajectory = table_of(TrajectoryRow)
body = table_of(BodyRow)
tool_set = table_of(ToolSetRow)
tool = table_of(ToolRow)
tool_use = table_of(ToolUseRow)

_ADD_LOCK = 7_246_152
"""Any constant: PostgreSQL's lock on adding, so that two importers never add one uid twice."""


class AddedBatch(Struct, frozen=True):
    """Where each row of a batch is, in the order given, and whether it was new."""

    ids: tuple[int, ...]
    is_new: tuple[bool, ...]

    @property
    def n_added(self) -> int:
        """How many were not in the store before (a repeat within the batch counts once)."""
        return sum(self.is_new)


class StoredTrajectory(Struct, frozen=True):
    """A whole trajectory with what the store knows about it."""

    id: int
    uid: str
    trajectory: Trajectory
    parent_uid: str | None
    group_key: str
    """As stored; `storage.groups` tells which keys are one family."""
    state: str
    outcome: str | None
    suspicion: float
    n_errors: int
    n_warnings: int


class RawBody(Struct, frozen=True):
    """A trajectory as stored, for bulk work that decodes elsewhere (another process)."""

    id: int
    uid: str
    tool_set_id: int
    content: bytes
    tools: bytes

    def decode(self, sets: dict[int, tuple[ToolSpec, ...]] | None = None) -> Trajectory:
        """Unpack and decode. Costs most of what bulk reading costs.

        Args:
            sets: tool sets decoded before, by id; grows. Many trajectories share one.
        """
        tools = sets.get(self.tool_set_id) if sets is not None else None
        if tools is None:
            tools = decode_tools(unpack(self.tools))
            if sets is not None:
                sets[self.tool_set_id] = tools
        return Trajectory(messages=decode_messages(unpack(self.content)), tools=tools)


def add_batch(conn: Connection, rows: Sequence[NewTrajectory]) -> AddedBatch:
    """Add what is not there yet; repeats within the batch and against the store add nothing.

    Content that is there keeps its group, and that group becomes one family with the one given.
    """
    if conn.dialect.name != "sqlite":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADD_LOCK})")
    known = _by(conn, trajectory.c.uid, trajectory.c.id, [row.uid for row in rows])
    fresh: dict[str, NewTrajectory] = {}
    is_new: list[bool] = []
    for row in rows:
        new = row.uid not in known and row.uid not in fresh
        is_new.append(new)
        if new:
            fresh[row.uid] = row
    _link_groups(conn, rows, known)
    if fresh:
        known.update(_write(conn, list(fresh.values())))
    return AddedBatch(tuple(known[row.uid] for row in rows), tuple(is_new))


def _link_groups(conn: Connection, rows: Sequence[NewTrajectory], known: dict[str, int]) -> None:
    """Every key a content came with is one family: the stored group, the request, the task."""
    stored = _by(conn, trajectory.c.uid, trajectory.c.group_key, list(known))
    pairs = []
    for row in rows:
        first = stored.setdefault(row.uid, row.group_key)
        pairs += [(first, key) for key in (row.group_key, row.task_key) if key is not None]
    groups.link(conn, pairs)


_TRAJECTORY_COLUMNS = (
    "id", "uid", "tool_set_id", "group_key", "n_messages", "n_steps", "n_calls", "n_tools",
    "preview", "created_at", "checked_with", "suspicion", "n_errors", "n_warnings", "state",
)  # fmt: skip


def _write(conn: Connection, rows: Sequence[NewTrajectory]) -> dict[str, int]:
    """Write rows that are known to be new; returns uid -> id."""
    tool_sets = _ensure_tool_sets(conn, rows)
    ids = _next_ids(conn, "trajectory", len(rows))
    now = stored_time(conn, datetime.now(UTC))
    insert_many(
        conn,
        trajectory,
        _TRAJECTORY_COLUMNS,
        [
            (
                row_id, row.uid, tool_sets[row.tool_set_hash], row.group_key, row.n_messages,
                row.n_steps, row.n_calls, row.n_tools, row.preview, now, "", 0.0, 0, 0, "new",
            )
            for row_id, row in zip(ids, rows, strict=True)
        ],
    )  # fmt: skip
    pairs = list(zip(ids, rows, strict=True))
    insert_many(conn, body, ("trajectory_id", "content"), [(i, row.content) for i, row in pairs])
    search.index_batch(conn, [(i, row.words) for i, row in pairs])
    tools = _ensure_tools(conn, {name for row in rows for name in row.tools_called})
    insert_many(
        conn,
        tool_use,
        ("tool_id", "trajectory_id", "n_calls"),
        [(tools[name], i, n) for i, row in pairs for name, n in row.tools_called.items()],
    )
    return {row.uid: i for i, row in pairs}


def _ensure_tool_sets(conn: Connection, rows: Sequence[NewTrajectory]) -> dict[str, int]:
    """Ids of the tool sets of `rows` by hash; new ones are written once."""
    wanted = {row.tool_set_hash: row for row in rows}
    known = _by(conn, tool_set.c.hash, tool_set.c.id, list(wanted))
    missing = [row for key, row in wanted.items() if key not in known]
    ids = _next_ids(conn, "tool_set", len(missing))
    insert_many(
        conn,
        tool_set,
        ("id", "hash", "n_tools", "body"),
        [
            (i, row.tool_set_hash, row.n_tools, row.tool_set_body)
            for i, row in zip(ids, missing, strict=True)
        ],
    )
    known.update({row.tool_set_hash: i for i, row in zip(ids, missing, strict=True)})
    return known


def _ensure_tools(conn: Connection, names: set[str]) -> dict[str, int]:
    """Ids of tool names; new names are written."""
    known = _by(conn, tool.c.name, tool.c.id, sorted(names))
    missing = sorted(names - known.keys())
    ids = _next_ids(conn, "tool", len(missing))
    insert_many(conn, tool, ("id", "name"), list(zip(ids, missing, strict=True)))
    known.update(zip(missing, ids, strict=True))
    return known


def _by(conn: Connection, key: Any, wanted: Any, values: Sequence[str]) -> dict[str, Any]:
    """What stands in the column `wanted` beside each of `values` in the column `key`."""
    found: dict[str, Any] = {}
    for start in range(0, len(values), MAX_KEYS):
        part = values[start : start + MAX_KEYS]
        for value, beside in conn.execute(select(key, wanted).where(key.in_(part))):
            found[value] = beside
    return found


def _next_ids(conn: Connection, table: str, n: int) -> list[int]:
    """`n` unused ids, ascending. The caller holds the write lock."""
    if n == 0:
        return []
    if conn.dialect.name == "sqlite":
        last = conn.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table}").scalar_one()
        return list(range(last + 1, last + n + 1))
    drawn = conn.exec_driver_sql(
        f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, {n})"
    )
    return sorted(drawn.scalars())


def add_correction(conn: Connection, parent_id: int, value: Trajectory) -> tuple[int, str]:
    """Add `value` as a correction of `parent_id`, in its group; returns (id, uid).

    Content that is already in the store (another annotator made the same correction, or the
    original was restored) is returned as it is.
    """
    group_key = conn.execute(
        select(trajectory.c.group_key).where(trajectory.c.id == parent_id)
    ).scalar_one_or_none()
    if group_key is None:
        raise NotFound(
            f"There is no trajectory {parent_id} to correct.", hint="Open it again from the queue."
        )
    added = add_batch(conn, [new_trajectory(value, group_key)])
    row_id = added.ids[0]
    if added.is_new[0]:
        conn.execute(
            trajectory.update().where(trajectory.c.id == row_id).values(parent_id=parent_id)
        )
    uid = conn.execute(select(trajectory.c.uid).where(trajectory.c.id == row_id)).scalar_one()
    return row_id, uid


_parent = trajectory.alias("parent")
_WHOLE: Select[Any] = (
    select(
        trajectory.c.id,
        trajectory.c.uid,
        trajectory.c.tool_set_id,
        body.c.content,
        tool_set.c.body.label("tools"),
        _parent.c.uid.label("parent_uid"),
        trajectory.c.group_key,
        trajectory.c.state,
        trajectory.c.outcome,
        trajectory.c.suspicion,
        trajectory.c.n_errors,
        trajectory.c.n_warnings,
    )
    .join(body, body.c.trajectory_id == trajectory.c.id)
    .join(tool_set, tool_set.c.id == trajectory.c.tool_set_id)
    .outerjoin(_parent, _parent.c.id == trajectory.c.parent_id)
)
_BARE: Select[Any] = (
    select(
        trajectory.c.id,
        trajectory.c.uid,
        trajectory.c.tool_set_id,
        body.c.content,
        tool_set.c.body.label("tools"),
    )
    .join(body, body.c.trajectory_id == trajectory.c.id)
    .join(tool_set, tool_set.c.id == trajectory.c.tool_set_id)
)


def _stored(row: Row[Any], sets: dict[int, tuple[ToolSpec, ...]] | None = None) -> StoredTrajectory:
    """`sets`: tool sets that were decoded before, by id; many trajectories share one."""
    raw = RawBody(row.id, row.uid, row.tool_set_id, row.content, row.tools)
    return StoredTrajectory(
        id=row.id,
        uid=row.uid,
        trajectory=raw.decode(sets),
        parent_uid=row.parent_uid,
        group_key=row.group_key,
        state=row.state,
        outcome=row.outcome,
        suspicion=row.suspicion,
        n_errors=row.n_errors,
        n_warnings=row.n_warnings,
    )


def load(conn: Connection, uid: str) -> StoredTrajectory:
    """The trajectory called `uid`.

    Raises:
        NotFound: no such trajectory.
    """
    row = conn.execute(_WHOLE.where(trajectory.c.uid == uid)).one_or_none()
    if row is None:
        raise _missing(uid)
    return _stored(row)


def load_by_id(conn: Connection, trajectory_id: int) -> StoredTrajectory:
    """The trajectory with this id.

    Raises:
        NotFound: no such trajectory.
    """
    row = conn.execute(_WHOLE.where(trajectory.c.id == trajectory_id)).one_or_none()
    if row is None:
        raise _missing(str(trajectory_id))
    return _stored(row)


def load_many(conn: Connection, ids: Sequence[int]) -> list[StoredTrajectory]:
    """Trajectories by id, in the order of `ids`; unknown ids are left out."""
    rows = conn.execute(_WHOLE.where(trajectory.c.id.in_(list(ids))))
    sets: dict[int, tuple[ToolSpec, ...]] = {}
    found = {row.id: _stored(row, sets) for row in rows}
    return [found[i] for i in ids if i in found]


def id_of(conn: Connection, uid: str) -> int:
    """The id of the trajectory called `uid`.

    Raises:
        NotFound: no such trajectory.
    """
    found = conn.execute(
        select(trajectory.c.id).where(trajectory.c.uid == uid)
    ).scalar_one_or_none()
    if found is None:
        raise _missing(uid)
    return int(found)


def n_steps_of(conn: Connection, trajectory_id: int) -> int:
    """How many steps a trajectory on record has."""
    query = select(trajectory.c.n_steps).where(trajectory.c.id == trajectory_id)
    return int(conn.execute(query).scalar_one())


def iter_bodies(
    conn: Connection,
    after_id: int = 0,
    limit: int | None = None,
    *,
    ids: Sequence[int] | None = None,
) -> Iterator[RawBody]:
    """Stored bodies in id order, undecoded: those after `after_id`, or just `ids`."""
    query = _BARE.where(trajectory.c.id > after_id).order_by(trajectory.c.id)
    if ids is not None:
        query = query.where(trajectory.c.id.in_(list(ids)))
    if limit is not None:
        query = query.limit(limit)
    for row in conn.execute(query):
        yield RawBody(*row)


def count(conn: Connection) -> int:
    """How many trajectories there are, corrections included."""
    return int(conn.execute(select(func.count()).select_from(trajectory)).scalar_one())


def _missing(uid: str) -> NotFound:
    return NotFound(
        f"There is no trajectory {uid!r}.",
        hint="Look it up with `loopwright list`; it may be in another database (--db).",
    )
