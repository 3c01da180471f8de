"""Drafts of corrections: kept for every place of one annotator, never overwritten by a tab."""

from __future__ import annotations

import pytest

from app.flows.annotate import open_trajectory
from app.flows.correct import propose_correction
from app.flows.open_corrections import Kept, Sent, StaleDraft, drop_open, keep_open
from curation.errors import NotFound
from storage.engine import Store
from tests.episodes import Person, add_episodes, episode
from tests.revisions import arguments, revised


@pytest.fixture
def uid(store: Store) -> str:
    return add_episodes(store, 1)[0]


@pytest.fixture
def ann(store: Store) -> Person:
    return Person(store, "Ann")


def kept(store: Store, uid: str, person: Person) -> Kept:
    return open_trajectory(store, uid, person.info).kept


def test_a_draft_is_kept_replaced_and_dropped(store: Store, uid: str, ann: Person) -> None:
    assert kept(store, uid, ann) == Kept(0, None)
    assert keep_open(store, ann.info, uid, Sent("a", 1, 0), {"entries": [1]}) == 1
    assert keep_open(store, ann.info, uid, Sent("a", 2, 0), {"entries": ["\x00ü"]}) == 2
    assert kept(store, uid, ann) == Kept(2, {"entries": ["\x00ü"]})
    assert kept(store, uid, Person(store, "Bob")) == Kept(0, None)
    assert drop_open(store, ann.info, uid, Sent("a", 3, 2)) == 3
    assert kept(store, uid, ann) == Kept(3, None)
    assert drop_open(store, ann.info, uid, Sent("a", 4, 3)) == 3, "nothing was there"


def test_what_arrives_twice_or_late_changes_nothing(store: Store, uid: str, ann: Person) -> None:
    assert keep_open(store, ann.info, uid, Sent("a", 2, 0), {"text": "new"}) == 1
    assert keep_open(store, ann.info, uid, Sent("a", 2, 0), {"text": "new"}) == 1
    assert keep_open(store, ann.info, uid, Sent("a", 1, 0), {"text": "old"}) == 1
    assert drop_open(store, ann.info, uid, Sent("a", 1, 0)) == 1
    assert kept(store, uid, ann) == Kept(1, {"text": "new"})


def test_a_second_tab_writes_over_what_it_has_seen_and_nothing_newer(
    store: Store, uid: str, ann: Person
) -> None:
    keep_open(store, ann.info, uid, Sent("a", 1, 0), {"text": "a1"})
    with pytest.raises(StaleDraft, match="another tab") as caught:
        keep_open(store, ann.info, uid, Sent("b", 1, 0), {"text": "b1"})
    assert caught.value.kept == Kept(1, {"text": "a1"})
    assert keep_open(store, ann.info, uid, Sent("b", 2, 1), {"text": "b2"}) == 2
    with pytest.raises(StaleDraft):
        keep_open(store, ann.info, uid, Sent("a", 2, 1), {"text": "a2"})
    assert drop_open(store, ann.info, uid, Sent("a", 3, 1)) == 2
    assert kept(store, uid, ann) == Kept(2, {"text": "b2"}), "discarding here leaves that one alone"


def test_nothing_is_in_the_way_where_nothing_is_open_any_more(
    store: Store, uid: str, ann: Person
) -> None:
    keep_open(store, ann.info, uid, Sent("a", 1, 0), {"text": "a1"})
    drop_open(store, ann.info, uid, Sent("a", 2, 1))
    assert keep_open(store, ann.info, uid, Sent("b", 1, 1), {"text": "b1"}) == 3


def test_a_page_loaded_anew_goes_on_with_what_its_machine_kept(
    store: Store, uid: str, ann: Person
) -> None:
    """The last message of a page that is being left may arrive after the next page was loaded."""
    keep_open(store, ann.info, uid, Sent("a", 1, 0), {"text": "a1"})
    keep_open(store, ann.info, uid, Sent("a", 2, 1), {"text": "a2"})
    heir = Sent("b", 1, 1, heir_of="a")
    assert keep_open(store, ann.info, uid, heir, {"text": "a2 and b1"}) == 3


def test_saving_drops_the_draft_of_the_same_page_only(store: Store, uid: str, ann: Person) -> None:
    rome = revised(episode(0), arguments(2, '{"city": "Rome"}'))
    bonn = revised(episode(0), arguments(2, '{"city": "Bonn"}'))
    keep_open(store, ann.info, uid, Sent("a", 1, 0), {"text": "a1"})
    propose_correction(store, ann.info, "b", 1, uid, bonn, "why", draft=Sent("b", 1, 0))
    assert kept(store, uid, ann) == Kept(1, {"text": "a1"})
    propose_correction(store, ann.info, "a", 1, uid, rome, "why", draft=Sent("a", 2, 1))
    assert kept(store, uid, ann) == Kept(2, None)
    assert keep_open(store, ann.info, uid, Sent("a", 2, 2), {"text": "late"}) == 2
    assert kept(store, uid, ann) == Kept(2, None)


def test_a_draft_of_an_unknown_trajectory_is_refused(store: Store, ann: Person) -> None:
    with pytest.raises(NotFound):
        keep_open(store, ann.info, "tj1-none", Sent("a", 1, 0), {})


@pytest.mark.postgres
def test_drafts_are_kept_on_postgresql_as_well(postgres_store: Store) -> None:
    uid = add_episodes(postgres_store, 1)[0]
    ann = Person(postgres_store, "Ann")
    assert keep_open(postgres_store, ann.info, uid, Sent("a", 1, 0), {"text": "\x00ü"}) == 1
    assert keep_open(postgres_store, ann.info, uid, Sent("a", 2, 0), {"text": "\x00 2"}) == 2
    assert kept(postgres_store, uid, ann) == Kept(2, {"text": "\x00 2"})
