"""Scores are kept with predictions, replaced as a whole, and averaged over rollouts."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from curation.predictions import PredictionKind
from curation.scoring import score_kinds
from curation.trajectory import Message, Role, ToolCall
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction, predictions_of
from storage.scores import iter_rollouts, save_scores, score, scores_among
from storage.trajectories import add_batch, new_trajectory
from tests.unit.storage.rows import weather

KINDS = score_kinds()


def _predictions(store: Store, samples: dict[str, int]) -> list[int]:
    """Sampled answers by city for one step, and how often each came."""
    with store.write() as conn:
        (row_id,) = add_batch(conn, [new_trajectory(weather("Oslo"), "g")]).ids
        for city, n in samples.items():
            call = ToolCall("get_weather", f'{{"city": "{city}"}}')
            answer = Message(Role.ASSISTANT, None, (call,))
            new = new_prediction(1, "m", answer, None, kind=PredictionKind.SAMPLED, n_samples=n)
            add_predictions(conn, [(row_id, new)])
        return [one.id for one in predictions_of(conn, row_id)]


def test_scores_are_replaced_as_a_whole(any_store: Store) -> None:
    one, two = _predictions(any_store, {"Oslo": 1, "Rome": 1})
    with any_store.write() as conn:
        save_scores(conn, [(one, {"a": 1.0, "b": 0.5}), (two, {"a": 0.0})])
        save_scores(conn, [(one, {"a": 0.25})])
        assert scores_among(conn, [one, two]) == {one: {"a": 0.25}, two: {"a": 0.0}}
        assert conn.execute(select(func.count()).select_from(score)).scalar_one() == 2


def test_mean_and_variance_weigh_how_often_an_answer_came(any_store: Store) -> None:
    right, wrong = _predictions(any_store, {"Oslo": 3, "Rome": 1})
    with any_store.write() as conn:
        save_scores(conn, [(right, {"tool-n1": 1.0}), (wrong, {"tool-n1": 0.0})])
    with any_store.read() as conn:
        (line,) = iter_rollouts(conn, KINDS["tool-n1"])
    # 1, 1, 1, 0: mean 3/4, variance 3/4 · 1/4
    assert line.rollouts.n == 4
    assert line.rollouts.mean == pytest.approx(0.75)
    assert line.rollouts.variance == pytest.approx(0.1875)
    with any_store.read() as conn:
        assert list(iter_rollouts(conn, KINDS["tool-n1"], model="other")) == []
        assert list(iter_rollouts(conn, KINDS["toolrm"])) == []
