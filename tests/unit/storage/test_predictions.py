"""Predictions: one per step, model and content."""

from __future__ import annotations

from curation.trajectory import Message, Role, ToolCall
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction, predictions_of
from storage.trajectories import add_batch, new_trajectory
from tests.unit.storage.rows import weather


def _answer(city: str) -> Message:
    return Message(Role.ASSISTANT, None, (ToolCall("get_weather", f'{{"city": "{city}"}}'),))


def test_the_same_answer_of_the_same_model_is_stored_once(any_store: Store) -> None:
    with any_store.write() as conn:
        (row_id,) = add_batch(conn, [new_trajectory(weather("Oslo"), "g")]).ids
        oslo, rome = (new_prediction(1, "m1", _answer(c), 1.5) for c in ("Oslo", "Rome"))
        other = new_prediction(1, "m2", _answer("Oslo"), None)
        assert add_predictions(conn, [(row_id, p) for p in (oslo, rome, oslo)]) == 2
        assert add_predictions(conn, [(row_id, p) for p in (oslo, other)]) == 1
        found = predictions_of(conn, row_id)
    assert [p.n_samples for p in found] == [2, 1, 1]
    assert [(p.message_index, p.model, p.message, p.perplexity) for p in found] == [
        (1, "m1", _answer("Oslo"), 1.5),
        (1, "m1", _answer("Rome"), 1.5),
        (1, "m2", _answer("Oslo"), None),
    ]


def test_samples_are_counted_and_importing_them_again_adds_nothing(any_store: Store) -> None:
    with any_store.write() as conn:
        (row_id,) = add_batch(conn, [new_trajectory(weather("Oslo"), "g")]).ids
        oslo = new_prediction(1, "m1", _answer("Oslo"), None, source={"ended": "gave up"})
        rome = new_prediction(1, "m1", _answer("Rome"), None, n_samples=5)
        rollouts = [(row_id, p) for p in (oslo, rome, oslo, oslo)]
        for _ in range(2):
            add_predictions(conn, rollouts)
            assert [p.n_samples for p in predictions_of(conn, row_id)] == [3, 5]
        add_predictions(conn, [(row_id, rome)] * 2)
        found = predictions_of(conn, row_id)
    assert [p.n_samples for p in found] == [3, 10]
    assert found[0].source == {"ended": "gave up"}
    assert found[0].answer.source == {"ended": "gave up"}


def test_predictions_of_one_step_are_found_by_it(any_store: Store) -> None:
    with any_store.write() as conn:
        (row_id,) = add_batch(conn, [new_trajectory(weather("Oslo"), "g")]).ids
        add_predictions(
            conn, [(row_id, new_prediction(at, "m", _answer("Oslo"), None)) for at in (1, 3)]
        )
        assert [p.message_index for p in predictions_of(conn, row_id, at=3)] == [3]
