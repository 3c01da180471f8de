"""Verdicts: what judges and people say of a prediction and its reference, appended.

Nothing is changed or deleted: a verdict that is taken back is named by a later row. What is in
force (`curation/standing.py`) is kept with the prediction in the same transaction, so that queues
and counts need not fold anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, insert, select

from curation.standing import GivenVerdict, RulerKind, RulingAction, standing_of
from curation.verdicts import Verdict
from storage.bulk import MAX_KEYS, change_many, insert_many, stored_time
from storage.predictions import prediction
from storage.preparation import plain_text
from storage.tables import (
    AnnotatorRow,
    DatasetRow,
    ItemRow,
    TrajectoryRow,
    VerdictRow,
    table_of,
)

verdict = table_of(VerdictRow)
annotator = table_of(AnnotatorRow)
dataset = table_of(DatasetRow)
item = table_of(ItemRow)
trajectory = table_of(TrajectoryRow)

_COLUMNS = (
    "prediction_id",
    "verdict",
    "unscored",
    "detail",
    "kind",
    "annotator_id",
    "run_id",
    "is_blind",
    "note",
    "action",
    "withdraws",
    "session_id",
    "n",
    "created_at",
)
_action = msgspec.json.Decoder(RulingAction)


class NewVerdict(Struct, frozen=True):
    """A verdict to be appended."""

    prediction_id: int
    kind: RulerKind
    annotator_id: int
    verdict: Verdict | None = None
    unscored: str = ""
    """Why there is none: `curation.consensus.RulingReason`."""
    detail: str = ""
    run_id: int | None = None
    """Of the judge that gave it, or whose verdict was applied."""
    is_blind: bool = False
    note: str = ""
    action: RulingAction = RulingAction()
    withdraws: int | None = None
    session_id: str | None = None
    n: int | None = None


class StoredVerdict(NewVerdict, frozen=True, kw_only=True):
    """A verdict on record."""

    id: int
    annotator: str
    """Name."""
    is_withdrawn: bool
    created_at: datetime

    @property
    def given(self) -> GivenVerdict:
        """The same, as `standing_of` takes it."""
        return GivenVerdict(
            self.id, self.kind, self.annotator_id, self.verdict, self.unscored, self.withdraws
        )


def add_verdicts(conn: Connection, verdicts: Sequence[NewVerdict]) -> None:
    """Append many verdicts, and bring what is in force up to date."""
    now = stored_time(conn, datetime.now(UTC))
    insert_many(conn, verdict, _COLUMNS, [(*_values(one).values(), now) for one in verdicts])
    refresh_standings(conn, sorted({one.prediction_id for one in verdicts}))


def append_verdict(conn: Connection, new: NewVerdict) -> int:
    """Append one verdict, and bring what is in force up to date; returns its id."""
    values = _values(new) | {"created_at": datetime.now(UTC)}
    row_id = conn.execute(insert(verdict).values(values).returning(verdict.c.id)).scalar_one()
    refresh_standings(conn, [new.prediction_id])
    return int(row_id)


def _values(new: NewVerdict) -> dict[str, Any]:
    """By column, in the order of `_COLUMNS`, but for the time."""
    return {
        "prediction_id": new.prediction_id,
        "verdict": new.verdict.value if new.verdict else None,
        "unscored": new.unscored,
        "detail": plain_text(new.detail),
        "kind": new.kind.value,
        "annotator_id": new.annotator_id,
        "run_id": new.run_id,
        "is_blind": new.is_blind,
        "note": plain_text(new.note),
        "action": msgspec.json.encode(new.action).decode(),
        "withdraws": new.withdraws,
        "session_id": new.session_id,
        "n": new.n,
    }


def refresh_standings(conn: Connection, prediction_ids: Sequence[int]) -> None:
    """Tell predictions anew what is in force on them."""
    for start in range(0, len(prediction_ids), MAX_KEYS):
        some = prediction_ids[start : start + MAX_KEYS]
        given: dict[int, list[GivenVerdict]] = {one: [] for one in some}
        query = select(
            verdict.c.prediction_id,
            verdict.c.id,
            verdict.c.kind,
            verdict.c.annotator_id,
            verdict.c.verdict,
            verdict.c.unscored,
            verdict.c.withdraws,
        ).where(verdict.c.prediction_id.in_(some))
        for prediction_id, row_id, kind, who, said, why, withdraws in conn.execute(query):
            given[prediction_id].append(
                GivenVerdict(
                    row_id, RulerKind(kind), who, Verdict(said) if said else None, why, withdraws
                )
            )
        found = {key: standing_of(rows) for key, rows in given.items()}
        change_many(
            conn,
            prediction,
            ("standing", "decided_by", "verdict_id", "is_disputed"),
            [
                (now.standing, now.decided_by or "", now.verdict_id, now.is_disputed, key)
                for key, now in found.items()
            ],
        )


def verdicts_of(conn: Connection, prediction_id: int) -> list[StoredVerdict]:
    """Everything that was said of a prediction, in order; rows that withdraw one included."""
    query = _VERDICTS.where(verdict.c.prediction_id == prediction_id).order_by(verdict.c.id)
    return [_stored(row) for row in conn.execute(query)]


def verdict_by_id(conn: Connection, verdict_id: int) -> StoredVerdict | None:
    """The row with this id, or None."""
    row = conn.execute(_VERDICTS.where(verdict.c.id == verdict_id)).one_or_none()
    return None if row is None else _stored(row)


def verdict_by_op(conn: Connection, session_id: str, n: int) -> StoredVerdict | None:
    """The verdict that an op of a session gave; None while it was not delivered."""
    query = _VERDICTS.where(verdict.c.session_id == session_id, verdict.c.n == n)
    row = conn.execute(query).one_or_none()
    return None if row is None else _stored(row)


def hold_prediction(conn: Connection, prediction_id: int) -> None:
    """Let no other transaction rule on this prediction until ours ends (see `hold_annotator`)."""
    lock = select(prediction.c.id).where(prediction.c.id == prediction_id)
    conn.execute(lock.with_for_update(key_share=True))


class VerdictLine(Struct, frozen=True):
    """A verdict in force, as it is told outside."""

    dataset: str
    uid: str
    source_id: str
    message_index: int
    model: str
    verdict: Verdict | None
    decided_by: str
    """Name of the person or judge."""
    consensus: str | None
    """Of a judge: `curation.consensus.RulingReason`, "agreed" or why there is no verdict; None for
    a person."""


def iter_verdict_lines(conn: Connection, dataset_id: int | None = None) -> Iterator[VerdictLine]:
    """Verdicts in force, and judged predictions without one, by prediction; a trajectory that is in
    several datasets is told for each."""
    query = (
        select(
            dataset.c.name.label("dataset"),
            trajectory.c.uid,
            item.c.source_id,
            prediction.c.message_index,
            prediction.c.model,
            verdict.c.verdict,
            annotator.c.name.label("decided_by"),
            verdict.c.unscored,
            verdict.c.kind,
        )
        .join(verdict, verdict.c.id == prediction.c.verdict_id)
        .join(annotator, annotator.c.id == verdict.c.annotator_id)
        .join(trajectory, trajectory.c.id == prediction.c.trajectory_id)
        .join(item, item.c.trajectory_id == prediction.c.trajectory_id)
        .join(dataset, dataset.c.id == item.c.dataset_id)
        .where(prediction.c.standing != "")
        .order_by(prediction.c.id, dataset.c.id)
        .execution_options(yield_per=500)
    )
    if dataset_id is not None:
        query = query.where(item.c.dataset_id == dataset_id)
    for row in conn.execute(query):
        is_human = row.kind == RulerKind.HUMAN.value
        yield VerdictLine(
            row.dataset,
            row.uid,
            row.source_id,
            row.message_index,
            row.model,
            Verdict(row.verdict) if row.verdict else None,
            row.decided_by,
            None if is_human else row.unscored or "agreed",
        )


_withdrawal = verdict.alias("withdrawal")
_VERDICTS = select(
    verdict,
    annotator.c.name.label("annotator"),
    select(_withdrawal.c.id)
    .where(_withdrawal.c.withdraws == verdict.c.id)
    .exists()
    .label("is_withdrawn"),
).join(annotator, annotator.c.id == verdict.c.annotator_id)


def _stored(row: Row[Any]) -> StoredVerdict:
    return StoredVerdict(
        prediction_id=row.prediction_id,
        kind=RulerKind(row.kind),
        annotator_id=row.annotator_id,
        verdict=Verdict(row.verdict) if row.verdict else None,
        unscored=row.unscored,
        detail=row.detail,
        run_id=row.run_id,
        is_blind=row.is_blind,
        note=row.note,
        action=_action.decode(row.action),
        withdraws=row.withdraws,
        session_id=row.session_id,
        n=row.n,
        id=row.id,
        annotator=row.annotator,
        is_withdrawn=bool(row.is_withdrawn),
        created_at=row.created_at,
    )
