"""Who else has a trajectory on screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.flows.presence import PRESENT, Company, say_present
from curation.errors import NotFound
from storage.engine import Store
from tests.episodes import Person, add_episodes

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def check_people_and_tabs(store: Store) -> None:
    here, there = add_episodes(store, 2)
    ann, bob = Person(store, "Ann"), Person(store, "Bob")

    def say(person: Person, session: str, uid: str | None, seconds: float) -> Company:
        now = NOON + timedelta(seconds=seconds)
        return say_present(store, person.info, session, uid, now=now)

    assert say(ann, "a1", here, 0) == Company()
    assert say(bob, "b1", here, 1) == Company(people=("Ann",))
    assert say(bob, "b2", here, 2) == Company(people=("Ann",), tabs=("b1",))
    assert say(ann, "a1", here, 3) == Company(people=("Bob",)), "once, in however many tabs"
    assert say(ann, "a1", there, 4) == Company()
    assert say(bob, "b1", here, 5) == Company(tabs=("b2",))
    assert say(bob, "b2", None, 6) == Company()
    assert say(bob, "b1", here, 7) == Company()
    late = 7 + PRESENT.total_seconds()
    assert say(ann, "a1", here, late) == Company(people=("Bob",))
    assert say(ann, "a1", here, late + 0.1) == Company(), "gone without a word"


def test_people_and_tabs_see_each_other_and_go(store: Store) -> None:
    check_people_and_tabs(store)


@pytest.mark.postgres
def test_people_and_tabs_see_each_other_and_go_on_postgresql(postgres_store: Store) -> None:
    check_people_and_tabs(postgres_store)


def test_nobody_is_at_an_unknown_trajectory(store: Store) -> None:
    with pytest.raises(NotFound):
        say_present(store, Person(store, "Ann").info, "s", "tj1-none")
