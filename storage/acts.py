"""Acts of annotation: appended, never changed; what an annotator says is folded from them.

Delivery is idempotent on (session, n): what was performed and what was refused are both on record,
so a client that lost an answer may send everything again. What acts mean is
`curation/annotation.py`; what they cause is `app/flows/annotate.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, exists, insert, literal, select

from curation.annotation import ActKind, Payload, read_payload
from storage.tables import ActRow, RefusalRow, TrajectoryRow, table_of

act = table_of(ActRow)
refusal = table_of(RefusalRow)
trajectory = table_of(TrajectoryRow)


class StoredAct(Struct, frozen=True):
    """One act on record."""

    id: int
    trajectory_id: int
    annotator_id: int
    kind: ActKind
    payload: Payload
    session_id: str
    n: int
    undoes: int | None
    created_at: datetime


class Refusal(Struct, frozen=True):
    """One op that was refused, with what was answered."""

    n: int
    annotator_id: int
    message: str
    hint: str


def append_act(
    conn: Connection,
    *,
    trajectory_id: int,
    annotator_id: int,
    kind: ActKind,
    payload: Payload,
    session_id: str,
    n: int,
    undoes: int | None = None,
) -> int:
    """Append one act; returns its id. (session, n) must be new: see `delivered`."""
    row = conn.execute(
        insert(act).values(
            trajectory_id=trajectory_id,
            annotator_id=annotator_id,
            kind=kind.value,
            payload=msgspec.json.encode(payload).decode(),
            session_id=session_id,
            n=n,
            undoes=undoes,
            created_at=datetime.now(UTC),
        )
    )
    (act_id,) = row.inserted_primary_key or (None,)
    assert act_id is not None
    return int(act_id)


def delivered(conn: Connection, session_id: str, ns: Collection[int]) -> dict[int, StoredAct]:
    """Those of the ops `ns` of a session that are on record, by n."""
    rows = _read(conn, act.c.session_id == session_id, act.c.n.in_(list(ns)))
    return {stored.n: stored for stored in rows}


def act_by_id(conn: Connection, act_id: int) -> StoredAct:
    """The act with this id, which must exist."""
    (found,) = _read(conn, act.c.id == act_id)
    return found


def live_acts(conn: Connection, trajectory_id: int, annotator_id: int) -> list[StoredAct]:
    """One annotator's acts on one trajectory that were not undone, in order; undos left out."""
    return _read(
        conn,
        act.c.trajectory_id == trajectory_id,
        act.c.annotator_id == annotator_id,
        *_standing(),
    )


def latest_standing(conn: Connection, annotator_id: int) -> StoredAct | None:
    """The annotator's latest act on any trajectory that was not undone: what undo takes back."""
    found = conn.execute(
        select(act.c.id)
        .where(act.c.annotator_id == annotator_id, *_standing())
        .order_by(act.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else act_by_id(conn, found)


def uid_of(conn: Connection, trajectory_id: int) -> str:
    """The uid of the trajectory an act is about."""
    found = conn.execute(select(trajectory.c.uid).where(trajectory.c.id == trajectory_id))
    return str(found.scalar_one())


def record_refusal(
    conn: Connection, *, session_id: str, n: int, annotator_id: int, message: str, hint: str
) -> None:
    """Remember that an op was refused and what was answered."""
    conn.execute(
        insert(refusal).values(
            session_id=session_id,
            n=n,
            annotator_id=annotator_id,
            message=message,
            hint=hint,
            created_at=datetime.now(UTC),
        )
    )


def refusals(conn: Connection, session_id: str, ns: Collection[int]) -> dict[int, Refusal]:
    """Those of the ops `ns` of a session that were refused, by n."""
    rows = conn.execute(
        select(refusal.c.n, refusal.c.annotator_id, refusal.c.message, refusal.c.hint).where(
            refusal.c.session_id == session_id, refusal.c.n.in_(list(ns))
        )
    )
    return {row.n: Refusal(*row) for row in rows}


def _standing() -> tuple[ColumnElement[bool], ...]:
    undo = act.alias("undo")
    return (
        act.c.kind != ActKind.UNDO.value,
        ~exists(select(literal(1)).where(undo.c.undoes == act.c.id)),
    )


def _read(conn: Connection, *conditions: ColumnElement[bool]) -> list[StoredAct]:
    rows = conn.execute(select(act).where(*conditions).order_by(act.c.id))
    return [
        StoredAct(
            id=row.id,
            trajectory_id=row.trajectory_id,
            annotator_id=row.annotator_id,
            kind=ActKind(row.kind),
            payload=read_payload(ActKind(row.kind), msgspec.json.decode(row.payload)),
            session_id=row.session_id,
            n=row.n,
            undoes=row.undoes,
            created_at=row.created_at,
        )
        for row in rows
    ]
