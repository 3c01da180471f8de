"""Other models' answers for steps, stored once per model and content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select, true

from curation.trajectory import Message
from curation.tries import Answer
from storage.bulk import MAX_KEYS, change_many, insert_many, stored_time
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

_message = msgspec.json.Decoder(Message)


class StoredPrediction(Struct, frozen=True):
    """What a model answered at a step."""

    id: int
    message_index: int
    model: str
    message: Message
    perplexity: float | None
    n_samples: int = 1
    """How often the model gave exactly this answer."""
    source: dict[str, Any] = {}
    """What the source said of it besides."""

    @property
    def answer(self) -> Answer:
        """The same, without its place."""
        return Answer(self.model, self.message, self.perplexity, self.n_samples, self.source)


def add_predictions(conn: Connection, rows: Sequence[tuple[int, NewPrediction]]) -> int:
    """Add (trajectory id, prediction) pairs; returns how many were new.

    Equal ones are counted, and the larger of the counts now and before stays: importing the same
    rollouts again adds nothing.
    """
    ids = sorted({trajectory_id for trajectory_id, _ in rows})
    known: dict[tuple[int, int, str, str], tuple[int, int]] = {}  # -> (id, samples)
    for start in range(0, len(ids), MAX_KEYS):
        query = select(
            prediction.c.trajectory_id,
            prediction.c.message_index,
            prediction.c.model,
            prediction.c.content_hash,
            prediction.c.id,
            prediction.c.n_samples,
        ).where(prediction.c.trajectory_id.in_(ids[start : start + MAX_KEYS]))
        known.update({(a, b, c, d): (i, n) for a, b, c, d, i, n in conn.execute(query)})
    fresh: dict[tuple[int, int, str, str], NewPrediction] = {}
    samples: Counter[tuple[int, int, str, str]] = Counter()
    for trajectory_id, new in rows:
        key = (trajectory_id, new.message_index, new.model, new.content_hash)
        samples[key] += new.n_samples
        if key not in known:
            fresh.setdefault(key, new)
    more = [(n, known[key][0]) for key, n in samples.items() if key in known and n > known[key][1]]
    change_many(conn, prediction, ("n_samples",), more)
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
            "n_samples",
            "source",
            "created_at",
        ),
        [
            (key[0], new.message_index, new.model, new.content.decode(), new.content_hash,
             new.perplexity, samples[key], new.source.decode(), now)
            for key, new in fresh.items()
        ],
    )  # fmt: skip
    return len(fresh)


def predictions_of(
    conn: Connection, trajectory_id: int, *, at: int | None = None
) -> list[StoredPrediction]:
    """Predictions for the steps of a trajectory, by step, then in the order they came.

    Args:
        at: message index of the one step that is asked about; None: all of them.
    """
    query = (
        select(
            prediction.c.id,
            prediction.c.message_index,
            prediction.c.model,
            prediction.c.content,
            prediction.c.perplexity,
            prediction.c.n_samples,
            prediction.c.source,
        )
        .where(prediction.c.trajectory_id == trajectory_id)
        .where(true() if at is None else prediction.c.message_index == at)
        .order_by(prediction.c.message_index, prediction.c.id)
    )
    return [
        StoredPrediction(
            i, place, model, _message.decode(content), perplexity, n, msgspec.json.decode(source)
        )
        for i, place, model, content, perplexity, n, source in conn.execute(query)
    ]
