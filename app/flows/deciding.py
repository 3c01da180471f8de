"""A person's decision and its withdrawal: how they go on record, one trajectory at a time.

Within the caller's transaction: `app.flows.adjudicate` decides a case that somebody looked at,
`app.flows.bulk` many at once. Who may decide what, and on which grounds, is theirs to say.
"""

from __future__ import annotations

from sqlalchemy import Connection

from app.flows.settling import result_of, settle_state
from curation.annotation import Annotation, Outcome
from curation.queueing import State
from storage import decisions
from storage.annotators import AnnotatorInfo

MAX_NOTE = 20_000
"""Characters of a decision's note."""


def record_decision(
    conn: Connection,
    trajectory_id: int,
    *,
    outcome: Outcome,
    adopted: Annotation,
    by: AnnotatorInfo,
    note: str,
    result_id: int | None = None,
) -> State:
    """Append a person's decision and settle the trajectory.

    Args:
        adopted: the verdicts and marks that become those of the decision.
        result_id: what export uses; None: the adopted correction, else the trajectory itself.
    """
    decisions.append_decision(
        conn,
        trajectory_id=trajectory_id,
        outcome=outcome,
        result_id=result_of(conn, trajectory_id, adopted) if result_id is None else result_id,
        adopted=adopted,
        decided_by=by.id,
        rule="",
        note=_tidy(note),
    )
    return settle_state(conn, trajectory_id)


def record_withdrawal(
    conn: Connection, trajectory_id: int, *, by: AnnotatorInfo, note: str
) -> State:
    """Take the decision that stands back, by appending; a person has to decide again."""
    decisions.append_decision(
        conn,
        trajectory_id=trajectory_id,
        outcome=None,
        result_id=None,
        adopted=Annotation(),
        decided_by=by.id,
        rule="",
        note=_tidy(note),
    )
    return settle_state(conn, trajectory_id)


def _tidy(note: str) -> str:
    return note.replace("\x00", "")[:MAX_NOTE]
