"""Acts of annotation: appended, never changed; what an annotator says is folded from them.

Delivery is idempotent on (session, n): what was performed and what was refused are both on record,
so a client that lost an answer may send everything again. What acts mean is
`curation/annotation.py`; what they cause is `app/flows/annotate.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    String,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)

from curation.annotation import ActKind, Payload, read_payload
from storage.tables import ActRow, RefusalRow, TrajectoryRow, table_of

COURT = "court/"
"""Begins the session of the acts that a ruling of the court performed."""

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
    batch: str | None = None
    """Name of the batch it was decided in."""


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
    batch: str | None = None,
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
            batch=batch,
            created_at=datetime.now(UTC),
        )
    )
    (act_id,) = row.inserted_primary_key or (None,)
    assert act_id is not None
    return int(act_id)


def delivered(conn: Connection, session_id: str, ns: Collection[int]) -> dict[int, StoredAct]:
    """Those of the ops `ns` of a session that are on record, by n."""
    rows = conn.execute(_DELIVERED, {"session_id": session_id, "ns": list(ns)})
    return {row.n: _stored(row) for row in rows}


def act_by_id(conn: Connection, act_id: int) -> StoredAct:
    """The act with this id, which must exist."""
    return _stored(conn.execute(_BY_ID, {"act_id": act_id}).one())


def live_acts(conn: Connection, trajectory_id: int, annotator_id: int) -> list[StoredAct]:
    """One annotator's acts on one trajectory that stand, in order; undos and redos left out."""
    asked = {"trajectory_id": trajectory_id, "annotator_id": annotator_id}
    return [_stored(row) for row in conn.execute(_LIVE, asked)]


def latest_standing(
    conn: Connection, annotator_id: int, session_id: str | None = None
) -> StoredAct | None:
    """The annotator's latest act on any trajectory that stands; of one session if named."""
    asked: dict[str, Any] = {"annotator_id": annotator_id}
    if session_id is None:
        row = conn.execute(_LATEST, asked).one_or_none()
    else:
        row = conn.execute(_LATEST_OF_SESSION, asked | {"session_id": session_id}).one_or_none()
    return None if row is None else _stored(row)


def standing_of_batch(conn: Connection, annotator_id: int, batch: str) -> list[StoredAct]:
    """The acts of a batch that stand, the latest first."""
    asked = {"annotator_id": annotator_id, "batch": batch}
    return [_stored(row) for row in conn.execute(_STANDING_OF_BATCH, asked)]


def within_op(session_id: str, n: int) -> str:
    """The session under which an op that appends several acts numbers those after the first."""
    return f"{session_id}/{n}"


def of_op(conn: Connection, session_id: str, n: int) -> list[StoredAct]:
    """The acts that one op appended, in order."""
    asked = {"session_id": session_id, "n": n, "within": within_op(session_id, n)}
    return [_stored(row) for row in conn.execute(_OF_OP, asked)]


def is_undone(conn: Connection, act_id: int) -> bool:
    """Whether an undo of this act stands."""
    return bool(conn.execute(_IS_UNDONE, {"act_id": act_id}).scalar_one())


def is_redone(conn: Connection, undo_id: int) -> bool:
    """Whether a redo took this undo back."""
    return bool(conn.execute(_IS_REDONE, {"undo_id": undo_id}).scalar_one())


def last_of_session(conn: Connection, session_id: str) -> int:
    """The highest n on record for a session; 0 for one that is new."""
    found = conn.execute(_LAST_N, {"session_id": session_id}).scalar_one()
    return int(found or 0)


def something_stands_after(conn: Connection, session_id: str, n: int) -> bool:
    """Whether the session said anything after its op `n`, or undid what is still undone."""
    return bool(conn.execute(_LATER, {"session_id": session_id, "n": n}).scalar_one())


def touched_elsewhere(conn: Connection, undo: StoredAct, session_id: str) -> bool:
    """Whether another session of the annotator acted on the trajectory after `undo`."""
    asked = {
        "annotator_id": undo.annotator_id,
        "trajectory_id": undo.trajectory_id,
        "session_id": session_id,
        "within": within_op(session_id, 0)[:-1],
        "act_id": undo.id,
    }
    return bool(conn.execute(_ELSEWHERE, asked).scalar_one())


def uid_of(conn: Connection, trajectory_id: int) -> str:
    """The uid of the trajectory an act is about."""
    return str(conn.execute(_UID, {"trajectory_id": trajectory_id}).scalar_one())


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
    rows = conn.execute(_REFUSALS, {"session_id": session_id, "ns": list(ns)})
    return {row.n: Refusal(*row) for row in rows}


def _stored(row: Row[Any]) -> StoredAct:
    kind = ActKind(row.kind)
    return StoredAct(
        id=row.id,
        trajectory_id=row.trajectory_id,
        annotator_id=row.annotator_id,
        kind=kind,
        payload=read_payload(kind, msgspec.json.decode(row.payload)),
        session_id=row.session_id,
        n=row.n,
        undoes=row.undoes,
        created_at=row.created_at,
        batch=row.batch,
    )


# Statements are built once: at every key, building them would cost more than running them.
_undo = act.alias("undo")
_redo = act.alias("redo")
_REFERRING = (ActKind.UNDO.value, ActKind.REDO.value)
_is_redone = exists(select(literal(1)).where(_redo.c.undoes == _undo.c.id))


def undone(act_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an undo of the act in this column stands; false for null."""
    return exists(select(literal(1)).where(_undo.c.undoes == act_id, ~_is_redone))


_stands = and_(act.c.kind.not_in(_REFERRING), ~undone(act.c.id))
_BY_ID = select(act).where(act.c.id == bindparam("act_id"))
_DELIVERED = select(act).where(
    act.c.session_id == bindparam("session_id"), act.c.n.in_(bindparam("ns", expanding=True))
)
_LIVE = (
    select(act)
    .where(
        act.c.trajectory_id == bindparam("trajectory_id"),
        act.c.annotator_id == bindparam("annotator_id"),
        _stands,
    )
    .order_by(act.c.id)
)
_LAST_N = select(func.max(act.c.n)).where(act.c.session_id == bindparam("session_id"))
_IS_UNDONE = select(undone(bindparam("act_id", type_=Integer)))
_LATEST = (
    select(act)
    .where(
        act.c.annotator_id == bindparam("annotator_id"),
        _stands,
        # A ruling of the court is taken back there, with its verdict.
        ~act.c.session_id.startswith(COURT, autoescape=True),
    )
    .order_by(act.c.id.desc())
    .limit(1)
)
_LATEST_OF_SESSION = (
    select(act)
    .where(
        act.c.session_id == bindparam("session_id"),
        act.c.annotator_id == bindparam("annotator_id"),
        _stands,
    )
    .order_by(act.c.id.desc())
    .limit(1)
)
_STANDING_OF_BATCH = (
    select(act)
    .where(
        act.c.annotator_id == bindparam("annotator_id"), act.c.batch == bindparam("batch"), _stands
    )
    .order_by(act.c.id.desc())
)
_within = bindparam("within", type_=String)
_of_session = act.c.session_id == bindparam("session_id")
_OF_OP = (
    select(act)
    .where(
        or_(and_(_of_session, act.c.n == bindparam("n")), act.c.session_id == bindparam("within"))
    )
    .order_by(act.c.id)
)
_IS_REDONE = select(exists().where(act.c.undoes == bindparam("undo_id")))
_LATER = select(
    exists().where(
        _undo.c.session_id == bindparam("session_id"),
        _undo.c.n > bindparam("n"),
        or_(
            _undo.c.kind.not_in(_REFERRING),
            and_(_undo.c.kind == ActKind.UNDO.value, ~_is_redone),
        ),
    )
)
_ELSEWHERE = select(
    exists().where(
        act.c.annotator_id == bindparam("annotator_id"),
        act.c.trajectory_id == bindparam("trajectory_id"),
        act.c.id > bindparam("act_id"),
        ~_of_session,
        func.substr(act.c.session_id, 1, func.length(_within)) != _within,
    )
)
_REFUSALS = select(refusal.c.n, refusal.c.annotator_id, refusal.c.message, refusal.c.hint).where(
    refusal.c.session_id == bindparam("session_id"),
    refusal.c.n.in_(bindparam("ns", expanding=True)),
)
_UID = select(trajectory.c.uid).where(trajectory.c.id == bindparam("trajectory_id"))
