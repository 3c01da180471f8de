"""What rewards say of predictions, and of several rollouts at one step.

Scores are projections, made with the matches (`app/flows/match.py`) and made again when what is
accepted at a step changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from sqlalchemy import Connection, Float, cast, delete, func, select, true

from curation.predictions import PredictionKind
from curation.rollouts import Rollouts
from curation.scoring import ScoreKind
from storage.bulk import MAX_KEYS, replace_many
from storage.matches import of_dataset
from storage.predictions import prediction
from storage.tables import ScoreRow, TrajectoryRow, table_of

score = table_of(ScoreRow)
trajectory = table_of(TrajectoryRow)


def save_scores(conn: Connection, scored: Sequence[tuple[int, Mapping[str, float]]]) -> None:
    """Record all that rewards say of predictions (id, reward -> score), in place of before."""
    for start in range(0, len(scored), MAX_KEYS):
        ids = [key for key, _ in scored[start : start + MAX_KEYS]]
        conn.execute(delete(score).where(score.c.prediction_id.in_(ids)))
    rows = [(key, name, value) for key, found in scored for name, value in sorted(found.items())]
    # Two processes that compare the same step at once both come to the same scores.
    replace_many(conn, score, ("prediction_id", "reward"), ("value",), rows)


def scores_among(conn: Connection, prediction_ids: Sequence[int]) -> dict[int, dict[str, float]]:
    """Prediction id -> its scores by reward; those without any are absent."""
    found: dict[int, dict[str, float]] = {}
    for start in range(0, len(prediction_ids), MAX_KEYS):
        query = (
            select(score.c.prediction_id, score.c.reward, score.c.value)
            .where(score.c.prediction_id.in_(prediction_ids[start : start + MAX_KEYS]))
            .order_by(score.c.prediction_id, score.c.reward)
        )
        for key, name, value in conn.execute(query):
            found.setdefault(key, {})[name] = value
    return found


def rollouts_at(
    conn: Connection, kind: ScoreKind, trajectory_id: int, message_index: int, model: str
) -> Rollouts | None:
    """A score over the sampled answers of a model to one step; None when it has none."""
    rows = conn.execute(
        select(score.c.value, prediction.c.n_samples)
        .join(score, score.c.prediction_id == prediction.c.id)
        .where(
            score.c.reward == kind.name,
            prediction.c.kind == PredictionKind.SAMPLED.value,
            prediction.c.trajectory_id == trajectory_id,
            prediction.c.message_index == message_index,
            prediction.c.model == model,
        )
    ).all()
    n = sum(samples for _, samples in rows)
    if not n:
        return None
    mean = sum(value * samples for value, samples in rows) / n
    variance = sum((value - mean) ** 2 * samples for value, samples in rows) / n
    return Rollouts(n, mean, variance)


class RolloutLine(Struct, frozen=True):
    """What a reward says of a model's rollouts at one step."""

    trajectory_id: int
    uid: str
    message_index: int
    model: str
    rollouts: Rollouts


def iter_rollouts(
    conn: Connection, kind: ScoreKind, dataset_id: int | None = None, model: str | None = None
) -> Iterator[RolloutLine]:
    """Mean and variance of a score over the sampled answers of every step that has any.

    The most varied first, then those whose mean is nearest to the middle of the range. Answers
    without this score are left out.
    """
    n = func.sum(prediction.c.n_samples)
    mean = cast(func.sum(score.c.value * prediction.c.n_samples), Float) / n
    square = cast(func.sum(score.c.value * score.c.value * prediction.c.n_samples), Float) / n
    variance = square - mean * mean
    member = of_dataset(dataset_id)
    query = (
        select(
            prediction.c.trajectory_id,
            trajectory.c.uid,
            prediction.c.message_index,
            prediction.c.model,
            n.label("n"),
            mean.label("mean"),
            variance.label("variance"),
        )
        .join(score, score.c.prediction_id == prediction.c.id)
        .join(trajectory, trajectory.c.id == prediction.c.trajectory_id)
        .where(
            score.c.reward == kind.name,
            prediction.c.kind == PredictionKind.SAMPLED.value,
            true() if model is None else prediction.c.model == model,
            true() if member is None else member,
        )
        .group_by(
            prediction.c.trajectory_id,
            trajectory.c.uid,
            prediction.c.message_index,
            prediction.c.model,
        )
        .order_by(
            variance.desc(),
            func.abs(mean - (kind.low + kind.high) / 2),
            prediction.c.trajectory_id,
            prediction.c.message_index,
            prediction.c.model,
        )
        .execution_options(yield_per=1_000)
    )
    for row_id, uid, index, name, count, average, spread in conn.execute(query):
        # What floats lose may leave a little less than 0.
        told = Rollouts(int(count), float(average), max(0.0, float(spread)))
        yield RolloutLine(row_id, uid, index, name, told)
