"""Other models' answers for steps, stored once per model, kind and content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, select, true

from curation.errors import NotFound
from curation.predictions import PredictionKind
from curation.trajectory import Message
from curation.tries import Answer
from storage.bulk import MAX_KEYS, change_many, insert_many, stored_time
from storage.preparation import NewPrediction, new_prediction
from storage.tables import PredictionRow, table_of

__all__ = [
    "NewPrediction",
    "StoredPrediction",
    "add_predictions",
    "get_prediction",
    "new_prediction",
    "predictions_of",
    "samples_of",
]

prediction = table_of(PredictionRow)

_message = msgspec.json.Decoder(Message)

_Key = tuple[int, int, str, str, str]
"""Trajectory, message index, model, kind, content hash."""


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
    kind: PredictionKind = PredictionKind.UNKNOWN
    trajectory_id: int = 0
    run_id: int | None = None
    """The probe that was answered so first."""
    n_tokens: int | None = None
    sum_logprob: float | None = None
    matches: dict[str, bool | None] = {}
    """Matcher -> what it said; None where it was not asked."""
    mismatch: str = ""
    """`curation.matching.Mismatch` of the strict matcher; "" when it matches."""
    standing: str = ""
    """`curation.standing.Standing.standing`, and likewise the three below."""
    decided_by: str = ""
    verdict_id: int | None = None
    is_disputed: bool = False

    @property
    def answer(self) -> Answer:
        """The same, without its place."""
        return Answer(self.model, self.message, self.perplexity, self.n_samples, self.source)


def add_predictions(
    conn: Connection,
    rows: Sequence[tuple[int, NewPrediction]],
    *,
    run_id: int | None = None,
    counting: bool = False,
) -> int:
    """Add (trajectory id, prediction) pairs; returns how many were new.

    Equal ones are counted, and the larger of the counts now and before stays: importing the same
    rollouts again adds nothing.

    Args:
        run_id: the probe they come from; None for imported ones.
        counting: they were asked for now, so their samples come on top of those on record.
    """
    ids = sorted({trajectory_id for trajectory_id, _ in rows})
    known = _known(conn, ids)
    fresh: dict[_Key, NewPrediction] = {}
    samples: Counter[_Key] = Counter()
    for trajectory_id, new in rows:
        key = (trajectory_id, new.message_index, new.model, new.kind.value, new.content_hash)
        samples[key] += new.n_samples
        if key not in known:
            fresh.setdefault(key, new)
    more = []
    for key, n in samples.items():
        if key in known:
            row_id, before = known[key]
            if counting or n > before:
                more.append((n + before if counting else n, row_id))
    change_many(conn, prediction, ("n_samples",), more)
    now = stored_time(conn, datetime.now(UTC))
    insert_many(
        conn,
        prediction,
        (
            "trajectory_id",
            "message_index",
            "model",
            "kind",
            "content",
            "content_hash",
            "perplexity",
            "n_tokens",
            "sum_logprob",
            "n_samples",
            "source",
            "run_id",
            "mismatch",
            "standing",
            "decided_by",
            "is_disputed",
            "created_at",
        ),
        [
            (key[0], new.message_index, new.model, new.kind.value, new.content.decode(),
             new.content_hash, new.perplexity, new.n_tokens, new.sum_logprob, samples[key],
             new.source.decode(), run_id, "", "", "", False, now)
            for key, new in fresh.items()
        ],
    )  # fmt: skip
    return len(fresh)


def _known(conn: Connection, trajectory_ids: Sequence[int]) -> dict[_Key, tuple[int, int]]:
    """Key -> (id, samples) of all predictions of these trajectories."""
    known: dict[_Key, tuple[int, int]] = {}
    for start in range(0, len(trajectory_ids), MAX_KEYS):
        query = select(
            prediction.c.trajectory_id,
            prediction.c.message_index,
            prediction.c.model,
            prediction.c.kind,
            prediction.c.content_hash,
            prediction.c.id,
            prediction.c.n_samples,
        ).where(prediction.c.trajectory_id.in_(trajectory_ids[start : start + MAX_KEYS]))
        known.update({(a, b, c, d, e): (i, n) for a, b, c, d, e, i, n in conn.execute(query)})
    return known


def predictions_of(
    conn: Connection, trajectory_id: int, *, at: int | None = None
) -> list[StoredPrediction]:
    """Predictions for the steps of a trajectory, by step, then in the order they came.

    Args:
        at: message index of the one step that is asked about; None: all of them.
    """
    query = (
        select(*COLUMNS)
        .where(prediction.c.trajectory_id == trajectory_id)
        .where(true() if at is None else prediction.c.message_index == at)
        .order_by(prediction.c.message_index, prediction.c.id)
    )
    return [stored(row) for row in conn.execute(query)]


def get_prediction(conn: Connection, prediction_id: int) -> StoredPrediction:
    """The prediction with this id.

    Raises:
        NotFound: there is none.
    """
    row = conn.execute(select(*COLUMNS).where(prediction.c.id == prediction_id)).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no prediction {prediction_id}.", hint="Reload the page of the court."
        )
    return stored(row)


def samples_of(
    conn: Connection, model: str, trajectory_ids: Sequence[int]
) -> dict[tuple[int, int, PredictionKind], int]:
    """How many samples of a model are on record, by (trajectory, message index, kind): what a probe
    that goes on need not ask for again."""
    found: Counter[tuple[int, int, PredictionKind]] = Counter()
    for start in range(0, len(trajectory_ids), MAX_KEYS):
        query = select(
            prediction.c.trajectory_id,
            prediction.c.message_index,
            prediction.c.kind,
            prediction.c.n_samples,
        ).where(
            prediction.c.model == model,
            prediction.c.trajectory_id.in_(trajectory_ids[start : start + MAX_KEYS]),
        )
        for trajectory_id, index, kind, n in conn.execute(query):
            found[trajectory_id, index, PredictionKind(kind)] += n
    return dict(found)


COLUMNS = tuple(column for column in prediction.c if column.name != "content_hash")
"""What `stored` reads."""


def stored(row: Row[Any]) -> StoredPrediction:
    """A row of `COLUMNS` as a value."""
    return StoredPrediction(
        row.id,
        row.message_index,
        row.model,
        _message.decode(row.content),
        row.perplexity,
        row.n_samples,
        msgspec.json.decode(row.source),
        PredictionKind(row.kind),
        row.trajectory_id,
        row.run_id,
        row.n_tokens,
        row.sum_logprob,
        {
            "strict": row.matches_strict,
            "looptool": row.matches_looptool,
            "bfcl": row.matches_bfcl,
        },
        row.mismatch,
        row.standing,
        row.decided_by,
        row.verdict_id,
        row.is_disputed,
    )
