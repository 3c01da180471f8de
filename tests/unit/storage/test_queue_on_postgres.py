"""The same queue, acts and decisions on PostgreSQL, where writers really run side by side."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from app.flows.adjudicate import decide, load_case, open_cases
from app.flows.annotate import claim_next, perform
from app.flows.bulk import Action, bulk
from app.flows.correct import propose_correction
from app.flows.queue import fill_queue, queue_overview
from curation.queueing import State
from storage.annotators import take_turn
from storage.browse import Filter
from storage.engine import Store
from storage.tables import ActRow, AnnotationRow, DecisionRow, table_of
from tests.episodes import CALL_AT, Person, add_episodes
from tests.revisions import arguments, revised

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_store: Store) -> Store:
    return postgres_store


def count(store: Store, row_class: type) -> int:
    with store.read() as conn:
        return conn.execute(select(func.count()).select_from(table_of(row_class))).scalar_one()


def test_people_who_claim_and_commit_at_once_share_the_queue_and_lose_nothing(
    store: Store,
) -> None:
    people, overlap = 8, 2
    uids = add_episodes(store, 20)
    fill_queue(store, "weather", policy="oldest", overlap=overlap)
    crowd = [Person(store, f"P{i}") for i in range(people)]

    def work(person: Person) -> list[str]:
        mine: list[str] = []
        while (claimed := claim_next(store, person.info, "weather")) is not None:
            uid = claimed.opened.uid
            ops = [
                person.mark(uid, "m", message_index=CALL_AT, call_index=0),
                person.op("commit", uid),
                person.op("outcome", uid, outcome="accept"),
                person.op("commit", uid),
            ]
            for _ in range(2):
                done = perform(store, person.info, person.session, ops)
                assert [r.status for r in done.results] == ["ok", "refused", "ok", "ok"]
            mine.append(uid)
        return mine

    with ThreadPoolExecutor(people) as pool:
        hauls = list(pool.map(work, crowd))
    assert all(len(set(haul)) == len(haul) for haul in hauls)
    assert sorted(uid for haul in hauls for uid in haul) == sorted([*uids, *uids])
    assert count(store, AnnotationRow) == len(uids) * overlap
    assert count(store, ActRow) == 3 * len(uids) * overlap
    assert count(store, DecisionRow) == len(uids), "each is decided once, by the second commit"
    (info,) = queue_overview(store)
    assert (info.waiting, info.claimed, info.done) == (0, 0, len(uids) * overlap)


def test_one_delivery_that_arrives_twice_at_once_is_performed_once(store: Store) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather")
    ann = Person(store, "Ann")
    ops = [ann.op("note", uid, note=str(i)) for i in range(20)]

    def deliver(_: int) -> int:
        return perform(store, ann.info, ann.session, ops).acked

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(deliver, range(8))) == [20] * 8
    assert count(store, ActRow) == 20


def test_a_dispute_is_corrected_and_decided(store: Store) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather", overlap=2)
    ann, bob = Person(store, "Ann"), Person(store, "Bob")
    for person, outcome in ((ann, "accept"), (bob, "reject")):
        edit = revised(5, arguments(CALL_AT, f'{{"city": "{person.info.name}"}}'))
        propose_correction(
            store, person.info, person.session, person.next_number(), uid, edit, "nul\x00"
        )
        ops = [person.op("note", uid, note="\x00"), person.op("outcome", uid, outcome=outcome)]
        perform(store, person.info, person.session, [*ops, person.op("commit", uid)])
    (case,) = open_cases(store, "weather")
    assert case.state is State.DISPUTED
    done = decide(store, uid, decided_by=ann.info, outcome="accept", adopt_annotator="Ann")
    assert done.state is State.DECIDED
    shown = load_case(store, uid)
    assert shown.decision is not None
    assert shown.decision.result_uid == shown.annotations[0].annotation.correction_uid
    perform(store, bob.info, bob.session, [bob.op("undo")])
    assert load_case(store, uid).state is State.DECIDED


def test_a_bulk_action_takes_turns_with_commits(store: Store) -> None:
    """Beside an open turn it waits, so that a commit never settles on what it has not seen."""
    add_episodes(store, 2)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as pool:
        with store.write() as conn:
            take_turn(conn)
            acting = pool.submit(bulk, store, Filter(), Action.ACCEPT, by="lead")
            while not acting.done():
                with store.read() as other:
                    if other.execute(waiting).scalar_one():
                        break
                time.sleep(0.01)
            assert not acting.done(), "it decided in the middle of somebody's turn"
        assert acting.result().changed == 2
