"""The court's queues: every prediction waits in one class, in order, until a person has ruled."""

from __future__ import annotations

import pytest

from curation.consensus import RulingReason
from curation.court import CourtClass, CourtOrder
from curation.standing import RulerKind
from curation.trajectory import Message, Role, ToolCall
from curation.verdicts import Verdict
from storage.annotators import ensure_annotator
from storage.court import (
    CourtFilter,
    count_classes,
    count_mastered,
    is_waiting,
    models_predicted,
    place_of,
    previous_of,
    queue_of_verdicts,
)
from storage.datasets import NewItem, add_items, ensure_dataset
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction, prediction, predictions_of
from storage.scores import save_scores
from storage.trajectories import add_batch, new_trajectory
from storage.verdicts import NewVerdict, append_verdict
from tests.unit.storage.rows import weather

EVERYTHING = CourtFilter()


def _predictions(store: Store, dataset: str, model: str, n: int) -> list[int]:
    with store.write() as conn:
        (row_id,) = add_batch(conn, [new_trajectory(weather(dataset), dataset)]).ids
        add_items(conn, ensure_dataset(conn, dataset, ""), [NewItem(row_id, "s", "f:1", b"{}")])
        answers = [
            Message(Role.ASSISTANT, None, (ToolCall("get_weather", f'{{"city": "c{i}"}}'),))
            for i in range(n)
        ]
        add_predictions(conn, [(row_id, new_prediction(1, model, a, None)) for a in answers])
        return [one.id for one in predictions_of(conn, row_id)]


def _ids(store: Store, cls: CourtClass, wanted: CourtFilter = EVERYTHING) -> list[int]:
    with store.read() as conn:
        return [one.prediction_id for one in queue_of_verdicts(conn, wanted, cls, limit=100)]


def test_every_prediction_waits_in_one_class_until_a_person_has_ruled(any_store: Store) -> None:
    ids = _predictions(any_store, "one", "m", 8)
    with any_store.write() as conn:
        judge = ensure_annotator(conn, "judge").id
        other = ensure_annotator(conn, "other judge").id
        person = ensure_annotator(conn, "ada").id
        for key, verdict in zip(ids, Verdict, strict=False):
            append_verdict(conn, NewVerdict(key, RulerKind.JUDGE, judge, verdict))
        says = [
            (ids[4], judge, None, RulingReason.ORDERS_DISAGREE),
            (ids[5], judge, None, RulingReason.UNSCORED),
        ]
        for key, who, verdict, why in says:
            append_verdict(conn, NewVerdict(key, RulerKind.JUDGE, who, verdict, why.value))
        mastered = prediction.update().where(prediction.c.id == ids[7])
        conn.execute(mastered.values(matches_strict=True))
    classes = {
        CourtClass(verdict.value): [key] for key, verdict in zip(ids, Verdict, strict=False)
    } | {
        CourtClass.DISAGREEMENT: [ids[4]],
        CourtClass.UNSCORED: [ids[5]],
        CourtClass.NOT_JUDGED: [ids[6]],
        CourtClass.OPEN: ids[:7],
        CourtClass.RULED: [],
    }
    assert {cls: _ids(any_store, cls) for cls in CourtClass} == classes
    with any_store.read() as conn:
        assert count_classes(conn, EVERYTHING) == {c: len(found) for c, found in classes.items()}
        assert count_mastered(conn, EVERYTHING) == 1
    with any_store.write() as conn:
        # A second judge contradicts the first; a person settles it.
        append_verdict(conn, NewVerdict(ids[0], RulerKind.JUDGE, other, Verdict.BOTH_WRONG))
    assert _ids(any_store, CourtClass.DISAGREEMENT) == [ids[0], ids[4]]
    with any_store.write() as conn:
        append_verdict(conn, NewVerdict(ids[0], RulerKind.HUMAN, person, Verdict.BOTH_WRONG))
    assert _ids(any_store, CourtClass.DISAGREEMENT) == [ids[4]]
    assert _ids(any_store, CourtClass.RULED) == [ids[0]]
    assert _ids(any_store, CourtClass.OPEN) == ids[1:7]


def test_the_matcher_that_the_settings_name_says_what_waits_for_nobody(any_store: Store) -> None:
    ids = _predictions(any_store, "one", "m", 2)
    with any_store.write() as conn:
        fits_gold = prediction.update().where(prediction.c.id == ids[0])
        conn.execute(fits_gold.values(matches_strict=False, matches_bfcl=True))
    by_gold = CourtFilter(mastered_by="bfcl")
    for cls in (CourtClass.OPEN, CourtClass.NOT_JUDGED):
        assert _ids(any_store, cls) == ids
        assert _ids(any_store, cls, by_gold) == ids[1:]
    with any_store.read() as conn:
        assert (count_mastered(conn, EVERYTHING), count_mastered(conn, by_gold)) == (0, 1)


def test_one_stands_somewhere_in_a_queue(any_store: Store) -> None:
    ids = _predictions(any_store, "one", "m", 3)
    with any_store.read() as conn:
        cls = CourtClass.OPEN
        assert place_of(conn, EVERYTHING, cls, ids[1]) == 2
        assert previous_of(conn, EVERYTHING, cls, ids[1]) == ids[0]
        assert previous_of(conn, EVERYTHING, cls, ids[0]) is None
        (following,) = queue_of_verdicts(conn, EVERYTHING, cls, after=ids[1])
        assert following.prediction_id == ids[2]


def test_a_queue_is_of_one_dataset_or_one_model(any_store: Store) -> None:
    one = _predictions(any_store, "one", "m", 2)
    two = _predictions(any_store, "two", "n", 3)
    assert _ids(any_store, CourtClass.OPEN, CourtFilter(dataset="one")) == one
    assert _ids(any_store, CourtClass.OPEN, CourtFilter(model="n")) == two
    assert _ids(any_store, CourtClass.OPEN, CourtFilter("one", "n")) == []
    with any_store.read() as conn:
        assert count_classes(conn, CourtFilter("two"))[CourtClass.OPEN] == 3
        assert models_predicted(conn) == ["m", "n"]


SCORES = [0.5, 0.25, None, 1.0, 0.5, 0.0]
"""Of six predictions, in the order they came."""


def _scored(store: Store) -> list[int]:
    ids = _predictions(store, "one", "m", len(SCORES))
    with store.write() as conn:
        scores = zip(ids, SCORES, strict=True)
        save_scores(conn, [(key, {"closeness": s}) for key, s in scores if s is not None])
    return ids


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (CourtFilter(), [0, 1, 2, 3, 4, 5]),
        (CourtFilter(order=CourtOrder.WRONG), [5, 1, 0, 4, 3]),
        # Of equal ones the later first: the other way round through one index.
        (CourtFilter(order=CourtOrder.RIGHT), [3, 4, 0, 1, 5]),
        (CourtFilter(low=0.5), [0, 3, 4]),
        (CourtFilter(order=CourtOrder.RIGHT, low=0.25, high=0.5), [4, 0, 1]),
        (CourtFilter(order=CourtOrder.WRONG, score="toolrl"), []),
    ],
)
def test_cases_come_in_the_wanted_order_forwards_and_backwards(
    any_store: Store, wanted: CourtFilter, places: list[int]
) -> None:
    ids = _scored(any_store)
    expected = [ids[place] for place in places]
    assert _ids(any_store, CourtClass.OPEN, wanted) == expected
    with any_store.read() as conn:
        # What was never compared has no closeness; it is counted all the same, as it waits.
        everything = wanted.score == "closeness" and not wanted.is_bound
        counted = len(SCORES) if everything else len(expected)
        assert count_classes(conn, wanted)[CourtClass.OPEN] == counted
        for n, key in enumerate(expected):
            later = queue_of_verdicts(conn, wanted, CourtClass.OPEN, after=key)
            before = previous_of(conn, wanted, CourtClass.OPEN, key)
            assert [one.prediction_id for one in later] == expected[n + 1 : n + 2]
            assert before == (expected[n - 1] if n else None)
            assert is_waiting(conn, wanted, CourtClass.OPEN, key)
            assert place_of(conn, wanted, CourtClass.OPEN, key) == n + 1


def test_behind_a_case_without_the_score_come_all_that_have_it(any_store: Store) -> None:
    ids = _scored(any_store)
    wanted = CourtFilter(order=CourtOrder.WRONG)
    with any_store.read() as conn:
        (first,) = queue_of_verdicts(conn, wanted, CourtClass.OPEN, after=ids[2])
        assert first.prediction_id == ids[5]
        assert previous_of(conn, wanted, CourtClass.OPEN, ids[2]) is None
        assert not is_waiting(conn, wanted, CourtClass.OPEN, ids[2])
