"""Who proposed which correction, and why."""

from __future__ import annotations

from curation.trajectory import Message, Role
from storage import corrections, trajectories
from storage.engine import Store
from tests.episodes import ANSWER_AT, Person, add_episodes, episode


def corrected(store: Store, text: str) -> int:
    value = episode(0).replace_message(ANSWER_AT, Message(role=Role.ASSISTANT, content=text))
    with store.write() as conn:
        return trajectories.add_correction(conn, 1, value)[0]


def propose(store: Store, person: Person, trajectory_id: int, reason: str) -> None:
    with store.write() as conn:
        corrections.append_correction(
            conn,
            parent_id=1,
            trajectory_id=trajectory_id,
            annotator_id=person.info.id,
            reason=reason,
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
