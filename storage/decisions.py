"""Decisions: the adjudicated results, appended; the latest per trajectory counts.

A row without an outcome withdraws the one before it. The state and outcome on the narrow
trajectory row are projections that flows write here, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from curation.annotation import Annotation, Outcome
from curation.queueing import State
from curation.taxonomy_change import Renames, renamed
from storage.renames import renames_in_force
from storage.tables import (
    AnnotatorRow,
    DecisionRow,
    ItemRow,
    TaskRow,
    TrajectoryRow,
    table_of,
)

decision = table_of(DecisionRow)
annotator = table_of(AnnotatorRow)
trajectory = table_of(TrajectoryRow)
item = table_of(ItemRow)
task = table_of(TaskRow)


class DecisionInfo(Struct, frozen=True):
    """One decision on record."""

    id: int
    trajectory_id: int
    outcome: Outcome | None
    """accept or reject; None withdraws what stood before."""
    result_id: int | None
    result_uid: str | None
    annotation: Annotation
    """What was adopted: verdicts and marks."""
    decided_by: str | None
    """A person's name; None when a rule decided."""
    rule: str
    note: str
    created_at: datetime


class CaseRow(Struct, frozen=True):
    """One line of the list of cases: what somebody has to decide."""

    id: int
    uid: str
    preview: str
    state: State
    outcome: Outcome | None
    n_messages: int
    n_calls: int
    n_errors: int
    n_warnings: int


def append_decision(
    conn: Connection,
    *,
    trajectory_id: int,
    outcome: Outcome | None,
    result_id: int | None,
    adopted: Annotation,
    decided_by: int | None,
    rule: str,
    note: str,
) -> int:
    """Append a decision (outcome None: a withdrawal); returns its id."""
    inserted = conn.execute(
        insert(decision).values(
            trajectory_id=trajectory_id,
            outcome=outcome.value if outcome else None,
            result_id=result_id,
            content=msgspec.json.encode(adopted).decode(),
            decided_by=decided_by,
            rule=rule,
            note=note,
            created_at=datetime.now(UTC),
        )
    )
    (decision_id,) = inserted.inserted_primary_key or (None,)
    assert decision_id is not None
    return int(decision_id)


def latest_decision(conn: Connection, trajectory_id: int) -> DecisionInfo | None:
    """The last row about the trajectory, which may be a withdrawal; None when there is none."""
    history = decisions_of(conn, trajectory_id, limit=1)
    return history[0] if history else None


def decisions_of(
    conn: Connection, trajectory_id: int, limit: int | None = None
) -> list[DecisionInfo]:
    """Every decision about the trajectory, the latest first."""
    rows = conn.execute(_HISTORY.limit(limit) if limit != 1 else _LATEST, {"about": trajectory_id})
    renames = renames_in_force(conn)
    return [_info(row, renames) for row in rows]


def decisions_in_force(conn: Connection, trajectory_ids: Sequence[int]) -> dict[int, DecisionInfo]:
    """The decision that stands of each of these trajectories (1,000 at most) that has one."""
    rows = conn.execute(_IN_FORCE, {"those": list(trajectory_ids)})
    renames = renames_in_force(conn)
    return {row.trajectory_id: _info(row, renames) for row in rows}


def _info(row: Row[Any], renames: Renames) -> DecisionInfo:
    return DecisionInfo(
        id=row.id,
        trajectory_id=row.trajectory_id,
        outcome=Outcome(row.outcome) if row.outcome else None,
        result_id=row.result_id,
        result_uid=row.result_uid,
        annotation=renamed(_decoder.decode(row.content), renames),
        decided_by=row.decider,
        rule=row.rule,
        note=row.note,
        created_at=row.created_at,
    )


def project_state(
    conn: Connection, trajectory_id: int, state: State, outcome: Outcome | None
) -> None:
    """Write the projections on the narrow row."""
    conn.execute(
        update(trajectory)
        .where(trajectory.c.id == trajectory_id)
        .values(state=state.value, outcome=outcome.value if outcome else None)
    )


def list_cases(
    conn: Connection, *, dataset_id: int | None, after_id: int, limit: int
) -> list[CaseRow]:
    """Disputed trajectories and annotated, undecided ones, in the order of import."""
    wanted = (
        select(
            trajectory.c.id,
            trajectory.c.uid,
            trajectory.c.preview,
            trajectory.c.state,
            trajectory.c.outcome,
            trajectory.c.n_messages,
            trajectory.c.n_calls,
            trajectory.c.n_errors,
            trajectory.c.n_warnings,
        )
        .where(trajectory.c.id > after_id, _is_case(dataset_id))
        .order_by(trajectory.c.id)
        .limit(limit)
    )
    return [
        CaseRow(
            row.id,
            row.uid,
            row.preview,
            State(row.state),
            Outcome(row.outcome) if row.outcome else None,
            row.n_messages,
            row.n_calls,
            row.n_errors,
            row.n_warnings,
        )
        for row in conn.execute(wanted)
    ]


def count_cases(conn: Connection, dataset_id: int | None, cap: int = 10_000) -> int:
    """How many cases are open, counted up to `cap`."""
    some = select(trajectory.c.id).where(_is_case(dataset_id)).limit(cap).subquery()
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def _is_case(dataset_id: int | None) -> ColumnElement[bool]:
    undecided = trajectory.c.state.in_([State.DISPUTED.value, State.ANNOTATED.value])
    if dataset_id is None:
        return undecided
    return and_(
        undecided,
        exists(
            select(literal(1)).where(
                item.c.dataset_id == dataset_id, item.c.trajectory_id == trajectory.c.id
            )
        ),
    )


_decoder = msgspec.json.Decoder(Annotation)
_result = trajectory.alias("result")
_whole = (
    select(decision, _result.c.uid.label("result_uid"), annotator.c.name.label("decider"))
    .outerjoin(_result, _result.c.id == decision.c.result_id)
    .outerjoin(annotator, annotator.c.id == decision.c.decided_by)
)
_HISTORY = _whole.where(decision.c.trajectory_id == bindparam("about")).order_by(
    decision.c.id.desc()
)
_LATEST = _HISTORY.limit(1)
_LAST_OF_THOSE = (
    select(func.max(decision.c.id))
    .where(decision.c.trajectory_id.in_(bindparam("those", expanding=True)))
    .group_by(decision.c.trajectory_id)
)
_IN_FORCE = _whole.where(decision.c.id.in_(_LAST_OF_THOSE), decision.c.outcome.is_not(None))
