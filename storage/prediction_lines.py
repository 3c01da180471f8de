"""Predictions as they are told outside: narrow rows with all that is known of them, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, and_, select

from storage.predictions import prediction
from storage.scores import score, scores_among
from storage.tables import DatasetRow, ItemRow, TrajectoryRow, table_of

dataset = table_of(DatasetRow)
item = table_of(ItemRow)
trajectory = table_of(TrajectoryRow)

PAGE = 500
"""Rows whose scores are looked up at once."""


class ScoreOrder(Struct, frozen=True):
    """Which predictions, by one of their scores, and in which order."""

    by: str
    """A name of `curation.scoring.score_kinds`; predictions without that score are left out."""
    highest_first: bool = False
    low: float | None = None
    high: float | None = None
    """Both included; None: no bound."""


class PredictionLine(Struct, frozen=True):
    """A prediction and what matchers, rewards, judges and people say of it."""

    id: int
    dataset: str
    uid: str
    source_id: str
    message_index: int
    model: str
    kind: str
    """`curation.predictions.PredictionKind`."""
    samples: int
    perplexity: float | None
    matches: dict[str, bool | None]
    """By matcher; None where it was not compared."""
    mismatch: str
    verdict: str
    """In force; "unscored", or "" while there is none."""
    decided_by: str
    """`curation.standing.RulerKind`."""
    scores: dict[str, float]


def iter_prediction_lines(
    conn: Connection,
    dataset_id: int | None = None,
    model: str | None = None,
    order: ScoreOrder | None = None,
) -> Iterator[PredictionLine]:
    """Every prediction, in the order they came or by a score; a trajectory that is in several
    datasets is told for each."""
    query = (
        select(
            prediction.c.id,
            dataset.c.name.label("dataset"),
            trajectory.c.uid,
            item.c.source_id,
            prediction.c.message_index,
            prediction.c.model,
            prediction.c.kind,
            prediction.c.n_samples,
            prediction.c.perplexity,
            prediction.c.matches_strict,
            prediction.c.matches_looptool,
            prediction.c.matches_bfcl,
            prediction.c.mismatch,
            prediction.c.standing,
            prediction.c.decided_by,
        )
        .join(trajectory, trajectory.c.id == prediction.c.trajectory_id)
        .join(item, item.c.trajectory_id == prediction.c.trajectory_id)
        .join(dataset, dataset.c.id == item.c.dataset_id)
        .execution_options(yield_per=PAGE)
    )
    if dataset_id is not None:
        query = query.where(item.c.dataset_id == dataset_id)
    if model is not None:
        query = query.where(prediction.c.model == model)
    if order is None:
        query = query.order_by(prediction.c.id, dataset.c.id)
    else:
        held = and_(score.c.prediction_id == prediction.c.id, score.c.reward == order.by)
        query = query.join(score, held)
        if order.low is not None:
            query = query.where(score.c.value >= order.low)
        if order.high is not None:
            query = query.where(score.c.value <= order.high)
        value = score.c.value.desc() if order.highest_first else score.c.value
        query = query.order_by(value, prediction.c.id, dataset.c.id)
    for page in conn.execute(query).partitions():
        scores = scores_among(conn, [row.id for row in page])
        for row in page:
            yield _line(row, scores.get(row.id, {}))


def _line(row: Any, scores: dict[str, float]) -> PredictionLine:
    return PredictionLine(
        row.id,
        row.dataset,
        row.uid,
        row.source_id,
        row.message_index,
        row.model,
        row.kind,
        row.n_samples,
        row.perplexity,
        {
            "strict": row.matches_strict,
            "looptool": row.matches_looptool,
            "bfcl": row.matches_bfcl,
        },
        row.mismatch,
        row.standing,
        row.decided_by,
        scores,
    )
