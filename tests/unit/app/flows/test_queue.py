"""Filling queues: order, overlap, doing it again, and what is left alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from app.flows.adjudicate import decide, load_case, withdraw
from app.flows.annotate import claim_next, perform
from app.flows.queue import QueueInfo, fill_queue, last_import, queue_overview, release
from app.flows.running import Cancelled, Run
from curation.checking import catalogue_fingerprint
from curation.errors import NotFound, StoreError
from curation.queueing import Policy, State
from storage import trajectories
from storage.engine import Store
from storage.findings import Checked, replace_findings
from storage.tables import TaskRow, table_of
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


def commit(store: Store, name: str, uids: Sequence[str], outcome: str = "accept") -> None:
    person = Person(store, name)
    ops = [
        op
        for uid in uids
        for op in (person.op("outcome", uid, outcome=outcome), person.op("commit", uid))
    ]
    perform(store, person.info, person.session, ops)


class StopWhenSettling(Run):
    """Cancels after the first chunk that was settled."""

    def report(self, done: int, total: int | None = None, unit: str = "") -> None:
        if "settled" in unit:
            raise Cancelled


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
        QueueInfo(
            "weather", Policy.SUSPICIOUS, 0, 1, True, False, waiting=5, claimed=0, done=0, total=5
        )
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


def test_a_smaller_overlap_settles_a_few_at_a_time_and_goes_on_where_it_stopped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.queue.SETTLED", 2)
    uids = add_episodes(store, 5)
    fill_queue(store, "weather", overlap=2)
    commit(store, "Ann", uids)
    with pytest.raises(Cancelled):
        fill_queue(store, "weather", overlap=1, run=StopWhenSettling())
    assert [state_of(store, uid) for uid in uids] == [State.DECIDED] * 2 + [State.QUEUED] * 3
    with store.read() as conn:
        slots = conn.execute(select(func.count()).select_from(table_of(TaskRow))).scalar_one()
    (info,) = queue_overview(store)
    assert (info.done, info.total, slots) == (5, 8, 8)
    fill_queue(store, "weather")
    assert [state_of(store, uid) for uid in uids] == [State.DECIDED] * 5
    (info,) = queue_overview(store)
    assert (info.overlap, info.waiting, info.done, info.total) == (1, 0, 5, 5)


def test_other_writers_get_in_between_the_chunks(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.queue.SETTLED", 1)
    uids = add_episodes(store, 3)
    fill_queue(store, "weather", overlap=2)
    commit(store, "Ann", uids)
    notes: list[str] = []

    class Annotating(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if "settled" in unit:
                person = Person(store, "Bob")
                op = person.op("note", uids[0], note=f"{done} of {total}")
                perform(store, person.info, f"page-{done}", [op])
                notes.append(f"{done} of {total}")

    fill_queue(store, "weather", overlap=1, run=Annotating())
    assert notes == ["1 of 3", "2 of 3", "3 of 3"]


def test_letting_one_decide_alone_decides_what_is_annotated_already(store: Store) -> None:
    uids = add_episodes(store, 4)
    fill_queue(store, "weather", decide_alone=False)
    commit(store, "Ann", uids[:2])
    commit(store, "Bob", uids[2:3], "unsure")
    assert [state_of(store, uid) for uid in uids[:3]] == [State.ANNOTATED] * 3
    fill_queue(store, "weather", decide_alone=True)
    states = [state_of(store, uid) for uid in uids]
    assert states == [State.DECIDED, State.DECIDED, State.ANNOTATED, State.QUEUED]
    decision = load_case(store, uids[0]).decision
    assert decision is not None
    assert (decision.rule, decision.decided_by) == ("alone", None)


def test_what_a_person_withdrew_is_not_decided_by_filling_the_queue_again(store: Store) -> None:
    (uid,) = add_episodes(store, 1)
    lee = Person(store, "Lee").info
    fill_queue(store, "weather")
    commit(store, "Ann", [uid])
    withdraw(store, uid, lee)
    fill_queue(store, "weather")
    assert state_of(store, uid) == State.ANNOTATED
    decide(store, uid, decided_by=lee, outcome="reject")
    fill_queue(store, "weather")
    assert state_of(store, uid) == State.DECIDED


def test_filling_without_settings_keeps_those_of_the_queue(store: Store) -> None:
    uids = add_episodes(store, 2)
    make_suspicious(store, {uids[0]: 1.0})
    settings = {
        "policy": Policy.RANDOM,
        "seed": 7,
        "overlap": 3,
        "decide_alone": False,
        "only_suspicious": True,
    }
    fill_queue(store, "weather", **settings)
    more = add_episodes(store, 2, first=2)
    make_suspicious(store, {more[1]: 1.0})
    assert fill_queue(store, "weather") == 3, "the clean one is left out as before"
    (info,) = queue_overview(store)
    assert {name: getattr(info, name) for name in settings} == settings
    assert info.total == 6


def test_only_what_was_imported_since_is_added(store: Store) -> None:
    uids = add_episodes(store, 3)
    assert last_import(store, "weather") == last_import(store, "wether") == 0, "no queue yet"
    make_suspicious(store, {uids[1]: 1.0})
    fill_queue(store, "weather", only_suspicious=True)
    mark = last_import(store, "weather")
    more = add_episodes(store, 2, first=3)
    assert fill_queue(store, "weather", only_suspicious=False, newer_than=mark) == 2
    expected = [State.NEW, State.QUEUED, State.NEW, State.QUEUED, State.QUEUED]
    assert [state_of(store, uid) for uid in (*uids, *more)] == expected


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
