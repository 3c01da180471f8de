"""Predictions with their scores, and rollouts, read out for the command line."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from curation.errors import NotFound
from curation.rollouts import RolloutFate
from curation.scoring import ScoreKind, score_kinds
from storage.datasets import dataset_id
from storage.engine import Store
from storage.prediction_lines import PredictionLine, ScoreOrder, iter_prediction_lines
from storage.scores import iter_rollouts

__all__ = ["PredictionLine", "ScoreOrder", "prediction_lines", "rollout_lines", "score_called"]


class RolloutReport(Struct, frozen=True):
    """What a score says of a model's rollouts at one step, as a line of `loopwright rollouts`."""

    uid: str
    message_index: int
    model: str
    score: str
    n: int
    mean: float
    variance: float
    fate: RolloutFate


def prediction_lines(
    store: Store,
    dataset: str | None = None,
    model: str | None = None,
    order: ScoreOrder | None = None,
) -> Iterator[PredictionLine]:
    """Every prediction with what is known of it, streamed in one snapshot.

    Raises:
        NotFound: there is no such dataset, or no such score.
    """
    if order is not None:
        score_called(order.by)
    with store.read() as conn:
        number = None if dataset is None else dataset_id(conn, dataset)
        yield from iter_prediction_lines(conn, number, model, order)


def rollout_lines(
    store: Store, score: str, dataset: str | None = None, model: str | None = None
) -> Iterator[RolloutReport]:
    """Mean and variance of a score over the rollouts of every step, the most varied first.

    Raises:
        NotFound: there is no such dataset, or no such score.
    """
    kind = score_called(score)
    with store.read() as conn:
        number = None if dataset is None else dataset_id(conn, dataset)
        for line in iter_rollouts(conn, kind, number, model):
            told = line.rollouts
            yield RolloutReport(
                line.uid,
                line.message_index,
                line.model,
                score,
                told.n,
                told.mean,
                told.variance,
                told.fate(kind),
            )


def score_called(name: str) -> ScoreKind:
    """The column of scores with this name.

    Raises:
        NotFound: there is none.
    """
    kinds = score_kinds()
    if name not in kinds:
        raise NotFound(f"There is no score {name!r}.", hint=f"There are: {', '.join(kinds)}.")
    return kinds[name]
