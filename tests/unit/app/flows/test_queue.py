"""Filling queues: order, overlap, doing it again, and what is left alone."""

from __future__ import annotations

import pytest

from app.flows.annotate import claim_next, perform
from app.flows.queue import QueueInfo, fill_queue, queue_overview, release
from curation.checking import catalogue_fingerprint
from curation.errors import NotFound, StoreError
from curation.queueing import Policy, State
from storage import trajectories
from storage.engine import Store
from storage.findings import Checked, replace_findings
from tests.episodes import Person, add_episodes


def claimed_order(store: Store, person: Person, n: int) -> list[str]:
    seen: list[str] = []
    for _ in range(n):
        claimed = claim_next(store, person.info, "weather", seen)
        assert claimed is not None
        seen.append(claimed.opened.uid)
    return seen


def make_suspicious(store: Store, suspicions: dict[str, float]) -> None:
    with store.write() as conn:
        checked = [Checked(trajectories.id_of(conn, u), s) for u, s in suspicions.items()]
        replace_findings(conn, checked, catalogue_fingerprint())


def state_of(store: Store, uid: str) -> str:
    with store.read() as conn:
        return trajectories.load(conn, uid).state


def test_the_most_suspicious_comes_first_and_equals_in_order_of_import(store: Store) -> None:
    uids = add_episodes(store, 4)
    make_suspicious(store, {uids[2]: 10_000.0, uids[3]: 100.0})
    fill_queue(store, "weather")
    assert claimed_order(store, Person(store, "Ann"), 4) == [uids[2], uids[3], uids[0], uids[1]]


def test_a_random_order_is_the_same_for_the_same_seed_only(store: Store) -> None:
    uids = add_episodes(store, 12)
    orders = []
    for seed in (1, 2, 1):
        fill_queue(store, "weather", policy="random", seed=seed)
        person = Person(store, "Ann")
        orders.append(claimed_order(store, person, 12))
        release(store, person.info, uids)
    assert orders[0] == orders[2]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(uids)


def test_filling_again_adds_only_what_is_missing(store: Store) -> None:
    add_episodes(store, 3)
    assert fill_queue(store, "weather") == 3
    assert fill_queue(store, "weather") == 0
    add_episodes(store, 2, first=3)
    assert fill_queue(store, "weather") == 2
    assert queue_overview(store) == [
        QueueInfo("weather", Policy.SUSPICIOUS, 0, 1, True, waiting=5, claimed=0, done=0, total=5)
    ]


def test_another_policy_orders_what_still_waits(store: Store) -> None:
    uids = add_episodes(store, 3)
    fill_queue(store, "weather", policy="oldest")
    make_suspicious(store, {uids[2]: 5.0})
    fill_queue(store, "weather", policy="suspicious")
    assert claimed_order(store, Person(store, "Ann"), 3) == [uids[2], uids[0], uids[1]]


def test_a_smaller_overlap_drops_waiting_slots_and_keeps_what_was_claimed_or_done(
    store: Store,
) -> None:
    uids = add_episodes(store, 2)
    fill_queue(store, "weather", policy="oldest", overlap=3)
    ann, bob = Person(store, "Ann"), Person(store, "Bob")
    for person in (ann, bob):
        claim_next(store, person.info, "weather")
    perform(
        store,
        bob.info,
        bob.session,
        [bob.op("outcome", uids[0], outcome="accept"), bob.op("commit", uids[0])],
    )
    assert fill_queue(store, "weather", policy="oldest", overlap=1) == 0
    (info,) = queue_overview(store)
    assert (info.waiting, info.claimed, info.done, info.total) == (1, 1, 1, 3)


def test_dropping_the_last_open_slot_settles_the_trajectory(store: Store) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather", overlap=2)
    ann = Person(store, "Ann")
    claim_next(store, ann.info, "weather")
    perform(
        store,
        ann.info,
        ann.session,
        [ann.op("outcome", uid, outcome="accept"), ann.op("commit", uid)],
    )
    assert state_of(store, uid) == State.QUEUED
    fill_queue(store, "weather", overlap=1)
    assert state_of(store, uid) == State.DECIDED


def test_a_larger_overlap_asks_a_third_person_about_a_dispute(store: Store) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather", overlap=2)
    for name, outcome in (("Ann", "accept"), ("Bob", "reject")):
        person = Person(store, name)
        ops = [person.op("outcome", uid, outcome=outcome), person.op("commit", uid)]
        perform(store, person.info, person.session, ops)
    assert state_of(store, uid) == State.DISPUTED
    assert fill_queue(store, "weather", overlap=3) == 1
    assert state_of(store, uid) == State.QUEUED
    cyd = Person(store, "Cyd")
    assert claim_next(store, cyd.info, "weather") is not None


def test_only_suspicious_leaves_clean_trajectories_new(store: Store) -> None:
    uids = add_episodes(store, 3)
    make_suspicious(store, {uids[1]: 1.0})
    assert fill_queue(store, "weather", only_suspicious=True) == 1
    assert [state_of(store, uid) for uid in uids] == [State.NEW, State.QUEUED, State.NEW]


def test_what_is_decided_is_not_queued_again(store: Store) -> None:
    uids = add_episodes(store, 2, "weather")
    fill_queue(store, "weather", policy="oldest")
    ann = Person(store, "Ann")
    perform(
        store,
        ann.info,
        ann.session,
        [ann.op("outcome", uids[0], outcome="reject"), ann.op("commit", uids[0])],
    )
    add_episodes(store, 2, "again")
    assert fill_queue(store, "again") == 1


def test_progress_counts_every_slot_once_after_any_number_of_changes(store: Store) -> None:
    uids = add_episodes(store, 3)
    fill_queue(store, "weather", policy="oldest")
    ann = Person(store, "Ann")
    claim_next(store, ann.info, "weather")
    ops = [ann.op("outcome", uids[0], outcome="accept"), ann.op("commit", uids[0])]
    perform(store, ann.info, ann.session, ops)
    perform(store, ann.info, ann.session, ops)
    perform(store, ann.info, ann.session, [ann.op("undo"), ann.op("commit", uids[0])])
    (info,) = queue_overview(store)
    assert (info.waiting, info.claimed, info.done, info.total) == (2, 0, 1, 3)


def test_what_cannot_be_filled_is_refused_with_a_remedy(store: Store) -> None:
    add_episodes(store, 1)
    with pytest.raises(NotFound, match="weather"):
        fill_queue(store, "wether")
    with pytest.raises(StoreError, match="suspicious, oldest, random"):
        fill_queue(store, "weather", policy="newest")
    with pytest.raises(StoreError, match="1 to 20"):
        fill_queue(store, "weather", overlap=0)
    assert queue_overview(store) == []
