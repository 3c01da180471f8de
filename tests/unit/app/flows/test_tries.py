"""Rulings on tries through the flow that the browser uses: placed, taken back, refused, undone."""

from __future__ import annotations

import pytest

from app.flows.annotate import Op, open_trajectory, perform
from curation.annotation import Annotation, RuledTry, TryRuling
from curation.trajectory import Message, Role, ToolCall
from curation.tries import try_id
from storage import trajectories
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction
from tests.episodes import ANSWER_AT, CALL_AT, Person, add_episodes

ROME = Message(Role.ASSISTANT, None, (ToolCall("get_weather", '{"city": "Rome"}'),))
ASKS = Message(Role.ASSISTANT, "Which city?")


@pytest.fixture
def uid(store: Store) -> str:
    (found,) = add_episodes(store, 1)
    with store.write() as conn:
        row_id = trajectories.id_of(conn, found)
        same = trajectories.load(conn, found).trajectory.messages[CALL_AT]
        add_predictions(
            conn,
            [
                (row_id, new_prediction(CALL_AT, model, message, None))
                for model, message in (("a", ROME), ("b", ASKS), ("c", ROME), ("d", same))
            ],
        )
    return found


@pytest.fixture
def ann(store: Store) -> Person:
    return Person(store, "Ann")


def do(store: Store, person: Person, op: Op) -> tuple[str, Annotation | None]:
    done = perform(store, person.info, person.session, [op])
    draft = next(iter(done.annotations.values()), None)
    return done.results[0].status, draft.annotation if draft else None


def ruled(person: Person, uid: str, message: Message, ruling: str | None, at: int = CALL_AT) -> Op:
    return person.op("try", uid, message_index=at, try_id=try_id(message), ruling=ruling)


def test_an_opened_trajectory_brings_its_tries_folded(store: Store, uid: str, ann: Person) -> None:
    tries = open_trajectory(store, uid, ann.info).tries
    assert list(tries) == [CALL_AT]
    assert [[a.model for a in one.answers] for one in tries[CALL_AT].others] == [["a", "c"], ["b"]]
    assert [a.model for a in tries[CALL_AT].same] == ["d"]


def test_rulings_are_kept_replaced_taken_back_and_undone(
    store: Store, uid: str, ann: Person
) -> None:
    rejected = RuledTry(CALL_AT, try_id(ROME), TryRuling.REJECTED)
    kept = RuledTry(CALL_AT, try_id(ASKS), TryRuling.ALTERNATIVE)
    assert do(store, ann, ruled(ann, uid, ROME, "rejected")) == (
        "ok",
        Annotation(tries=(rejected,)),
    )
    _, said = do(store, ann, ruled(ann, uid, ASKS, "alternative"))
    assert said == Annotation(tries=(rejected, kept))
    _, said = do(store, ann, ruled(ann, uid, ROME, "alternative"))
    assert said is not None
    assert [t.ruling for t in said.tries] == [TryRuling.ALTERNATIVE] * 2
    _, said = do(store, ann, ann.op("undo"))
    assert said == Annotation(tries=(rejected, kept))
    _, said = do(store, ann, ruled(ann, uid, ROME, None))
    assert said == Annotation(tries=(kept,))


@pytest.mark.parametrize(
    ("message", "at"),
    [(Message(Role.ASSISTANT, "Nobody said so."), CALL_AT), (ROME, ANSWER_AT), (ROME, 99)],
    ids=["no-such-answer", "other-step", "no-such-message"],
)
def test_a_try_that_nobody_made_is_refused(
    store: Store, uid: str, ann: Person, message: Message, at: int
) -> None:
    status, said = do(store, ann, ruled(ann, uid, message, "rejected", at))
    assert status == "refused"
    assert said in (None, Annotation())
