"""Who proposed which correction, and why."""

from __future__ import annotations

from sqlalchemy import Connection

from curation.annotation import ActKind, CorrectPayload, EmptyPayload, Payload
from curation.trajectory import Message, Role
from storage import acts, corrections, trajectories
from storage.engine import Store
from tests.episodes import ANSWER_AT, Person, add_episodes, episode


def corrected(store: Store, text: str) -> int:
    value = episode(0).replace_message(ANSWER_AT, Message(role=Role.ASSISTANT, content=text))
    with store.write() as conn:
        return trajectories.add_correction(conn, 1, value)[0]


def propose(
    store: Store, person: Person, trajectory_id: int, reason: str, attested: tuple[int, ...] = ()
) -> int:
    """Propose a correction; returns the id of the act."""
    with store.write() as conn:
        act_id = said(conn, person, ActKind.CORRECT, CorrectPayload(f"tj1-{trajectory_id}"))
        corrections.append_correction(
            conn,
            parent_id=1,
            trajectory_id=trajectory_id,
            annotator_id=person.info.id,
            act_id=act_id,
            reason=reason,
            attested=attested,
        )
        return act_id


def said(
    conn: Connection, person: Person, kind: ActKind, payload: Payload, undoes: int | None = None
) -> int:
    return acts.append_act(
        conn,
        trajectory_id=1,
        annotator_id=person.info.id,
        kind=kind,
        payload=payload,
        session_id=person.session,
        n=person.next_number(),
        undoes=undoes,
    )


def listed(store: Store) -> list[tuple[str, int, str]]:
    with store.read() as conn:
        return [(c.author, c.trajectory_id, c.reason) for c in corrections.corrections_of(conn, 1)]


def test_every_author_and_correction_is_listed_once_with_the_latest_reason(store: Store) -> None:
    add_episodes(store, 1)
    ann, bob = Person(store, "Ann"), Person(store, "Bob")
    one, two = corrected(store, "one"), corrected(store, "two")
    propose(store, ann, one, "first")
    propose(store, ann, one, "first")
    propose(store, ann, two, "other")
    propose(store, bob, one, "me too")
    propose(store, ann, one, "better said")
    assert listed(store) == [
        ("Ann", two, "other"),
        ("Bob", one, "me too"),
        ("Ann", one, "better said"),
    ]


def test_a_correction_that_nobody_proposed_is_not_found(store: Store) -> None:
    add_episodes(store, 2)
    ann = Person(store, "Ann")
    one = corrected(store, "one")
    propose(store, ann, one, "why")
    with store.read() as conn:
        assert corrections.find_correction(conn, 1, one, ann.info.id) is not None
        assert corrections.find_correction(conn, 2, one, ann.info.id) is None
        assert corrections.find_correction(conn, 1, one, ann.info.id + 1) is None


def test_a_proposal_counts_as_long_as_its_act_stands(store: Store) -> None:
    add_episodes(store, 1)
    ann = Person(store, "Ann")
    one = corrected(store, "one")

    def counting() -> tuple[str, tuple[int, ...], frozenset[int]]:
        with store.read() as conn:
            found = corrections.find_correction(conn, 1, one, ann.info.id)
            assert found is not None
            everybody = corrections.attested_of(conn, [one]).get(one, frozenset())
            return found.reason, found.attested, everybody

    def take_back(act_id: int, kind: ActKind) -> int:
        with store.write() as conn:
            return said(conn, ann, kind, EmptyPayload(), undoes=act_id)

    first = propose(store, ann, one, "first")
    second = propose(store, ann, one, "still true", attested=(ANSWER_AT,))
    assert counting() == ("still true", (ANSWER_AT,), frozenset({ANSWER_AT}))
    undo = take_back(second, ActKind.UNDO)
    assert counting() == ("first", (), frozenset())
    take_back(undo, ActKind.REDO)
    assert counting() == ("still true", (ANSWER_AT,), frozenset({ANSWER_AT}))
    take_back(second, ActKind.UNDO)
    assert counting() == ("first", (), frozenset())
    take_back(first, ActKind.UNDO)
    assert counting()[0] == "still true", "what a committed annotation names is always described"
