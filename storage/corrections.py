"""Who proposed which correction of a trajectory, and why.

The corrected trajectory itself is an ordinary row (`storage/trajectories.py: add_correction`).
One row per act that proposed it; of one author for one correction the latest whose act stands
counts (the latest of all, when they took every one of them back).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, case, func, insert, select

from curation.simulated import SimulatedResult
from storage.acts import undone
from storage.tables import AnnotatorRow, CorrectionRow, TrajectoryRow, table_of

correction = table_of(CorrectionRow)
annotator = table_of(AnnotatorRow)
trajectory = table_of(TrajectoryRow)

_stands = case((~undone(correction.c.act_id), correction.c.id))
_counts = func.coalesce(func.max(_stands), func.max(correction.c.id))


class CorrectionInfo(Struct, frozen=True):
    """One author's reason for one corrected trajectory."""

    id: int
    uid: str
    """uid of the corrected trajectory."""
    trajectory_id: int
    parent_id: int
    annotator_id: int
    author: str
    reason: str
    attested: tuple[int, ...]
    """Message indexes of the correction that its author says are still true."""
    simulated: tuple[SimulatedResult, ...]
    """Results of the correction that a model proposed."""
    created_at: datetime


def append_correction(
    conn: Connection,
    *,
    parent_id: int,
    trajectory_id: int,
    annotator_id: int,
    act_id: int,
    reason: str,
    attested: Collection[int] = (),
    simulated: Collection[SimulatedResult] = (),
) -> None:
    """Record that the annotator proposes `trajectory_id` in place of `parent_id`, by this act."""
    said = tuple(sorted(attested))
    made_up = tuple(sorted(simulated))
    conn.execute(
        insert(correction).values(
            parent_id=parent_id,
            trajectory_id=trajectory_id,
            annotator_id=annotator_id,
            act_id=act_id,
            reason=reason,
            attested=msgspec.json.encode(said).decode(),
            simulated=msgspec.json.encode(made_up).decode(),
            created_at=datetime.now(UTC),
        )
    )


def find_correction(
    conn: Connection, parent_id: int, trajectory_id: int, annotator_id: int
) -> CorrectionInfo | None:
    """The row of this author for this correction that counts, or None."""
    found = [
        c
        for c in corrections_of(conn, parent_id)
        if c.trajectory_id == trajectory_id and c.annotator_id == annotator_id
    ]
    return found[0] if found else None


def corrections_of(conn: Connection, parent_id: int) -> list[CorrectionInfo]:
    """Every correction proposed for a trajectory, one row per author and correction, in order."""
    latest = (
        select(_counts)
        .where(correction.c.parent_id == parent_id)
        .group_by(correction.c.trajectory_id, correction.c.annotator_id)
    )
    rows = conn.execute(
        select(
            correction.c.id,
            trajectory.c.uid,
            correction.c.trajectory_id,
            correction.c.parent_id,
            correction.c.annotator_id,
            annotator.c.name,
            correction.c.reason,
            correction.c.attested,
            correction.c.simulated,
            correction.c.created_at,
        )
        .join(trajectory, trajectory.c.id == correction.c.trajectory_id)
        .join(annotator, annotator.c.id == correction.c.annotator_id)
        .where(correction.c.id.in_(latest))
        .order_by(correction.c.id)
    )
    return [
        CorrectionInfo(
            *row[:7],
            attested=_attested(row.attested),
            simulated=_simulated(row.simulated),
            created_at=row.created_at,
        )
        for row in rows
    ]


def attested_of(conn: Connection, correction_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """trajectory id of a correction -> message indexes that anybody who proposes it attests."""
    latest = (
        select(_counts)
        .where(correction.c.trajectory_id.in_(sorted(correction_ids)))
        .group_by(correction.c.trajectory_id, correction.c.annotator_id)
    )
    rows = conn.execute(
        select(correction.c.trajectory_id, correction.c.attested).where(
            correction.c.id.in_(latest), correction.c.attested != "[]"
        )
    )
    found: dict[int, frozenset[int]] = {}
    for trajectory_id, said in rows:
        found[trajectory_id] = found.get(trajectory_id, frozenset()) | set(_attested(said))
    return found


def simulated_of(
    conn: Connection, parent_ids: ColumnElement[bool]
) -> dict[tuple[int, str], tuple[SimulatedResult, ...]]:
    """(annotator, uid of a correction) -> the results in it that a model proposed.

    Args:
        parent_ids: which corrections, as a condition on `correction.parent_id`; those without a
            simulated result are left out.
    """
    rows = conn.execute(
        select(correction.c.annotator_id, trajectory.c.uid, correction.c.simulated)
        .join(trajectory, trajectory.c.id == correction.c.trajectory_id)
        .where(
            parent_ids,
            correction.c.id.in_(
                select(_counts)
                .where(parent_ids)
                .group_by(correction.c.trajectory_id, correction.c.annotator_id)
            ),
            correction.c.simulated != "[]",
        )
    )
    return {(annotator_id, uid): _simulated(said) for annotator_id, uid, said in rows}


def _simulated(said: str) -> tuple[SimulatedResult, ...]:
    return msgspec.json.decode(said, type=tuple[SimulatedResult, ...])


def _attested(said: str) -> tuple[int, ...]:
    return msgspec.json.decode(said, type=tuple[int, ...])
