"""Claims, leases and finished slots on a real SQLite file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from app.flows.identity import annotator_named
from app.flows.queue import fill_queue
from storage import queues, tasks
from storage.annotators import hold_annotator
from storage.datasets import dataset_id
from storage.engine import Store
from storage.queues import Progress
from storage.tasks import TaskInfo
from tests.episodes import add_episodes

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
LEASE = timedelta(minutes=15)


def claim(
    store: Store, annotator_id: int, dataset: str = "weather", now: datetime = NOW
) -> TaskInfo | None:
    with store.write() as conn:
        hold_annotator(conn, annotator_id)
        return tasks.claim(
            conn,
            annotator_id=annotator_id,
            dataset_id=dataset_id(conn, dataset),
            now=now,
            until=now + LEASE,
        )


def ids(store: Store, *names: str) -> list[int]:
    return [annotator_named(store, name).id for name in names]


def progress(store: Store, dataset: str = "weather") -> Progress:
    with store.read() as conn:
        return queues.progress(conn, dataset_id(conn, dataset))


def test_slots_are_handed_out_by_rank(store: Store) -> None:
    add_episodes(store, 4)
    fill_queue(store, "weather", policy="oldest")
    (ann,) = ids(store, "Ann")
    claimed = [claim(store, ann) for _ in range(5)]
    assert [c.trajectory_id for c in claimed if c] == [1, 2, 3, 4]
    assert claimed[-1] is None


def test_two_annotators_never_hold_one_slot(store: Store) -> None:
    add_episodes(store, 2)
    fill_queue(store, "weather", policy="oldest")
    ann, bob, cyd = ids(store, "Ann", "Bob", "Cyd")
    first, second = claim(store, ann), claim(store, bob)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert claim(store, cyd) is None


def test_nobody_gets_two_slots_of_one_trajectory(store: Store) -> None:
    add_episodes(store, 2)
    fill_queue(store, "weather", policy="oldest", overlap=3)
    ann, bob = ids(store, "Ann", "Bob")
    mine = [claim(store, ann), claim(store, ann), claim(store, ann)]
    assert [c.trajectory_id for c in mine if c] == [1, 2]
    theirs = claim(store, bob)
    assert theirs is not None
    assert (theirs.trajectory_id, theirs.slot) == (1, 1)


def test_nobody_gets_one_trajectory_from_two_datasets(store: Store) -> None:
    add_episodes(store, 2, "first")
    add_episodes(store, 2, "second")
    for dataset in ("first", "second"):
        fill_queue(store, dataset, policy="oldest")
    ann, bob = ids(store, "Ann", "Bob")
    assert claim(store, ann, "first") is not None
    again = claim(store, ann, "second")
    assert again is not None
    assert again.trajectory_id == 2
    other = claim(store, bob, "second")
    assert other is not None
    assert other.trajectory_id == 1


def test_a_lease_that_ran_out_can_be_taken_and_one_that_runs_cannot(store: Store) -> None:
    add_episodes(store, 1)
    fill_queue(store, "weather")
    ann, bob = ids(store, "Ann", "Bob")
    first = claim(store, ann)
    assert claim(store, bob, now=NOW + LEASE) is None
    taken = claim(store, bob, now=NOW + LEASE + timedelta(seconds=1))
    assert first is not None
    assert taken is not None
    assert taken.id == first.id
    with store.write() as conn:
        assert tasks.renew(conn, ann, [taken.trajectory_id], NOW + 9 * LEASE) == 0
        assert tasks.renew(conn, bob, [taken.trajectory_id], NOW + 9 * LEASE) == 1


def test_an_expired_lease_nobody_took_still_belongs_to_its_holder(store: Store) -> None:
    add_episodes(store, 1)
    fill_queue(store, "weather")
    ann, bob = ids(store, "Ann", "Bob")
    claim(store, ann)
    later = NOW + 2 * LEASE
    with store.write() as conn:
        held = tasks.resume(
            conn, annotator_id=ann, dataset_id=None, exclude=(), until=later + LEASE
        )
    assert held is not None
    assert claim(store, bob, now=later) is None


def test_an_expired_slot_keeps_its_place_in_the_queue(store: Store) -> None:
    add_episodes(store, 3)
    fill_queue(store, "weather", policy="oldest")
    ann, bob, cyd = ids(store, "Ann", "Bob", "Cyd")
    claim(store, ann)
    claim(store, bob, now=NOW + LEASE)
    next_one = claim(store, cyd, now=NOW + LEASE + timedelta(seconds=1))
    assert next_one is not None
    assert next_one.trajectory_id == 1


def test_finishing_prefers_the_slot_that_is_held_and_fills_one_per_dataset(store: Store) -> None:
    add_episodes(store, 1, "first")
    add_episodes(store, 1, "second")
    for dataset in ("first", "second"):
        fill_queue(store, dataset, overlap=2)
    ann, bob = ids(store, "Ann", "Bob")
    claim(store, bob, "first")
    held = claim(store, ann, "first")
    assert held is not None
    with store.write() as conn:
        assert tasks.finish(conn, ann, 1, NOW) == 2
        assert tasks.finish(conn, ann, 1, NOW) == 0, "a second commit fills nothing more"
        assert tasks.slots_of(conn, 1) == (2, 4)
    assert progress(store, "first") == Progress(waiting=0, claimed=1, done=1, total=2)
    assert progress(store, "second") == Progress(waiting=1, claimed=0, done=1, total=2)


def test_reopening_gives_the_finished_slots_back(store: Store) -> None:
    add_episodes(store, 1)
    fill_queue(store, "weather")
    ann, bob = ids(store, "Ann", "Bob")
    claim(store, ann)
    with store.write() as conn:
        tasks.finish(conn, ann, 1, NOW)
        assert tasks.reopen(conn, ann, 1, NOW + LEASE) == 1
        assert tasks.reopen(conn, ann, 1, NOW + LEASE) == 0
    assert progress(store) == Progress(waiting=0, claimed=1, done=0, total=1)
    assert claim(store, bob) is None


def test_released_slots_wait_for_anybody(store: Store) -> None:
    add_episodes(store, 1)
    fill_queue(store, "weather")
    ann, bob = ids(store, "Ann", "Bob")
    claim(store, ann)
    with store.write() as conn:
        assert tasks.release(conn, bob, [1]) == 0
        assert tasks.release(conn, ann, [1]) == 1
    assert claim(store, bob) is not None


@pytest.mark.parametrize("overlap", [1, 3])
def test_threads_that_claim_at_once_share_the_queue_without_overlap(
    store: Store, overlap: int
) -> None:
    n, people = 40, 10
    add_episodes(store, n)
    fill_queue(store, "weather", policy="random", overlap=overlap)
    everybody = ids(store, *(f"P{i}" for i in range(people)))

    def work(annotator_id: int) -> list[TaskInfo]:
        mine: list[TaskInfo] = []
        while (task := claim(store, annotator_id)) is not None:
            mine.append(task)
        return mine

    with ThreadPoolExecutor(people) as pool:
        hauls = list(pool.map(work, everybody))
    claimed = [task.id for haul in hauls for task in haul]
    assert len(claimed) == n * overlap
    assert len(set(claimed)) == n * overlap
    for haul in hauls:
        assert len({task.trajectory_id for task in haul}) == len(haul)


def test_the_claim_reads_ranges_of_an_index_and_never_sorts_the_queue(store: Store) -> None:
    """With 100,000 waiting slots a sort would be felt at every key."""
    add_episodes(store, 1)
    fill_queue(store, "weather")
    (ann,) = ids(store, "Ann")
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, sql: str, params: object, *_: object) -> None:
        seen.append((sql, params))

    with store.write() as conn:
        event.listen(conn, "before_cursor_execute", note)
        tasks.claim(conn, annotator_id=ann, dataset_id=1, now=NOW, until=NOW + LEASE)
        event.remove(conn, "before_cursor_execute", note)
        (sql, params), *more = seen
        assert not more, "a claim is one statement"
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", params)]
    ranges = [line for line in plan if "ix_task_dataset_id_status_rank_id" in line]
    assert len(ranges) == 2, plan
    sorts = [line for line in plan if "TEMP B-TREE" in line]
    assert len(sorts) <= 1, "only the two best, one of each range, are compared"
