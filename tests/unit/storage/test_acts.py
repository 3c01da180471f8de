"""Acts and refusals on record."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from curation.annotation import ActKind, EmptyPayload, NotePayload, Payload, VerdictsPayload
from storage import acts
from storage.engine import Store
from tests.episodes import Person, add_episodes


@pytest.fixture
def ann(store: Store) -> int:
    add_episodes(store, 2)
    return Person(store, "Ann").info.id


def append(
    store: Store,
    annotator_id: int,
    n: int,
    payload: Payload,
    kind: ActKind = ActKind.NOTE,
    trajectory_id: int = 1,
    undoes: int | None = None,
    session_id: str = "s",
) -> int:
    with store.write() as conn:
        return acts.append_act(
            conn,
            trajectory_id=trajectory_id,
            annotator_id=annotator_id,
            kind=kind,
            payload=payload,
            session_id=session_id,
            n=n,
            undoes=undoes,
        )


def test_an_act_comes_back_as_it_was(store: Store, ann: int) -> None:
    payload = VerdictsPayload({2: None})
    act_id = append(store, ann, 7, payload, ActKind.VERDICTS)
    with store.read() as conn:
        stored = acts.act_by_id(conn, act_id)
    assert (stored.kind, stored.payload, stored.n) == (ActKind.VERDICTS, payload, 7)
    assert stored.created_at.tzinfo is not None


def test_an_op_is_on_record_once(store: Store, ann: int) -> None:
    append(store, ann, 1, NotePayload("a"))
    with pytest.raises(IntegrityError):
        append(store, ann, 1, NotePayload("b"))
    append(store, ann, 1, NotePayload("c"), session_id="another")
    with store.read() as conn:
        assert set(acts.delivered(conn, "s", [1, 2])) == {1}


def test_undone_acts_and_undos_do_not_stand(store: Store, ann: int) -> None:
    kept = append(store, ann, 1, NotePayload("a"))
    undone = append(store, ann, 2, NotePayload("b"))
    append(store, ann, 3, EmptyPayload(), ActKind.UNDO, undoes=undone)
    with store.read() as conn:
        assert [a.id for a in acts.live_acts(conn, 1, ann)] == [kept]
        latest = acts.latest_standing(conn, ann)
    assert latest is not None
    assert latest.id == kept


def test_the_latest_act_is_found_on_any_trajectory_of_one_annotator(store: Store, ann: int) -> None:
    bob = Person(store, "Bob").info.id
    append(store, ann, 1, NotePayload("a"), trajectory_id=1)
    mine = append(store, ann, 2, NotePayload("b"), trajectory_id=2)
    append(store, bob, 1, NotePayload("c"), session_id="bobs")
    with store.read() as conn:
        latest = acts.latest_standing(conn, ann)
        assert acts.latest_standing(conn, bob + 1) is None
    assert latest is not None
    assert (latest.id, latest.trajectory_id) == (mine, 2)


def test_refusals_are_remembered_per_session(store: Store, ann: int) -> None:
    with store.write() as conn:
        acts.record_refusal(
            conn, session_id="s", n=4, annotator_id=ann, message="No.", hint="Do this."
        )
    with store.read() as conn:
        assert acts.refusals(conn, "s", [3, 4]) == {4: acts.Refusal(4, ann, "No.", "Do this.")}
        assert acts.refusals(conn, "t", [4]) == {}
