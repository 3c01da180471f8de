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
    assert [(p.message_index, p.model, p.message, p.perplexity) for p in found] == [
        (1, "m1", _answer("Oslo"), 1.5),
        (1, "m1", _answer("Rome"), 1.5),
        (1, "m2", _answer("Oslo"), None),
    ]
