"""Other models' answers for steps, stored once per model and content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from curation.trajectory import Message
from storage.bulk import MAX_KEYS, insert_many, stored_time
from storage.preparation import NewPrediction, new_prediction
from storage.tables import PredictionRow, table_of

__all__ = [
    "NewPrediction",
    "StoredPrediction",
    "add_predictions",
    "new_prediction",
    "predictions_of",
]

prediction = table_of(PredictionRow)


class StoredPrediction(Struct, frozen=True):
    """What a model answered at a step."""

    id: int
    message_index: int
    model: str
    message: Message
    perplexity: float | None


def add_predictions(conn: Connection, rows: Sequence[tuple[int, NewPrediction]]) -> int:
    """Add (trajectory id, prediction) pairs; returns how many were new."""
    ids = sorted({trajectory_id for trajectory_id, _ in rows})
    known: set[tuple[int, int, str, str]] = set()
    for start in range(0, len(ids), MAX_KEYS):
        query = select(
            prediction.c.trajectory_id,
            prediction.c.message_index,
            prediction.c.model,
            prediction.c.content_hash,
        ).where(prediction.c.trajectory_id.in_(ids[start : start + MAX_KEYS]))
        known.update((a, b, c, d) for a, b, c, d in conn.execute(query))
    fresh: dict[tuple[int, int, str, str], NewPrediction] = {}
    for trajectory_id, new in rows:
        key = (trajectory_id, new.message_index, new.model, new.content_hash)
        if key not in known:
            fresh.setdefault(key, new)
    now = stored_time(conn, datetime.now(UTC))
    insert_many(
        conn,
        prediction,
        (
            "trajectory_id",
            "message_index",
            "model",
            "content",
            "content_hash",
            "perplexity",
            "created_at",
        ),
        [
            (key[0], new.message_index, new.model, new.content.decode(), new.content_hash,
             new.perplexity, now)
            for key, new in fresh.items()
        ],
    )  # fmt: skip
    return len(fresh)


def predictions_of(conn: Connection, trajectory_id: int) -> list[StoredPrediction]:
    """Predictions for the steps of a trajectory, by step, then in the order they came."""
    query = (
        select(
            prediction.c.id,
            prediction.c.message_index,
            prediction.c.model,
            prediction.c.content,
            prediction.c.perplexity,
        )
        .where(prediction.c.trajectory_id == trajectory_id)
        .order_by(prediction.c.message_index, prediction.c.id)
    )
    return [
        StoredPrediction(i, at, model, msgspec.json.decode(content, type=Message), perplexity)
        for i, at, model, content, perplexity in conn.execute(query)
    ]
