"""Jobs: claimed once, resumed at their checkpoint, cancelled when asked."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from curation.errors import NotFound
from storage.engine import Store
from storage.jobs import (
    SILENT_AFTER,
    JobState,
    beat,
    claim_job,
    enqueue,
    finish,
    get_job,
    list_jobs,
    request_cancel,
    requeue,
    save_checkpoint,
)
from storage.tables import JobRow, table_of


def _fall_silent(store: Store, job_id: int, ago: timedelta) -> None:
    job = table_of(JobRow)
    with store.write() as conn:
        conn.execute(
            update(job).where(job.c.id == job_id).values(heartbeat_at=datetime.now(UTC) - ago)
        )


def test_the_oldest_waiting_job_is_claimed_first(any_store: Store) -> None:
    with any_store.write() as conn:
        first, second = enqueue(conn, "check", {"dataset": None}), enqueue(conn, "export", {})
        one, two, none = claim_job(conn), claim_job(conn), claim_job(conn)
    assert one is not None
    assert two is not None
    assert (one.id, one.kind, one.params, one.state) == (
        first,
        "check",
        {"dataset": None},
        JobState.RUNNING,
    )
    assert two.id == second
    assert none is None


def test_only_a_silent_job_is_taken_over_and_at_its_checkpoint(any_store: Store) -> None:
    with any_store.write() as conn:
        job_id = enqueue(conn, "ingest", {})
        claim_job(conn)
        save_checkpoint(conn, job_id, {"file": 3})
        assert claim_job(conn) is None
    _fall_silent(any_store, job_id, SILENT_AFTER - timedelta(seconds=5))
    with any_store.write() as conn:
        assert claim_job(conn) is None
    _fall_silent(any_store, job_id, SILENT_AFTER + timedelta(seconds=5))
    with any_store.write() as conn:
        taken = claim_job(conn)
        assert claim_job(conn) is None
    assert taken is not None
    assert taken.checkpoint == {"file": 3}


def test_eight_workers_never_claim_one_job_twice(store: Store) -> None:
    with store.write() as conn:
        wanted = {enqueue(conn, "check", {}) for _ in range(40)}
    claimed: list[int] = []

    def work() -> None:
        while True:
            with store.write() as conn:
                job = claim_job(conn)
            if job is None:
                return
            claimed.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 40
    assert set(claimed) == wanted


def test_progress_says_whether_to_stop(any_store: Store) -> None:
    with any_store.write() as conn:
        job_id = enqueue(conn, "check", {})
        claim_job(conn)
        assert beat(conn, job_id, 5, 10, "rows") is False
        request_cancel(conn, job_id)
        assert beat(conn, job_id, 6, 10, "rows") is True
        job = get_job(conn, job_id)
    assert (job.state, job.done, job.total, job.unit) == (JobState.RUNNING, 6, 10, "rows")


def test_a_waiting_job_is_cancelled_at_once(any_store: Store) -> None:
    with any_store.write() as conn:
        job_id = enqueue(conn, "check", {})
        request_cancel(conn, job_id)
        assert claim_job(conn) is None
        assert get_job(conn, job_id).state is JobState.CANCELLED


def test_a_failed_job_can_be_tried_again_where_it_stopped(any_store: Store) -> None:
    with any_store.write() as conn:
        job_id = enqueue(conn, "ingest", {})
        claim_job(conn)
        save_checkpoint(conn, job_id, {"items": 7})
        finish(conn, job_id, JobState.FAILED, error="The disk is full.")
        failed = get_job(conn, job_id)
        assert (failed.state, failed.error) == (JobState.FAILED, "The disk is full.")
        assert failed.finished_at is not None
        requeue(conn, job_id)
        again = claim_job(conn)
    assert again is not None
    assert (again.id, again.checkpoint, again.error) == (job_id, {"items": 7}, "")


def test_the_newest_job_is_listed_first(store: Store) -> None:
    with store.write() as conn:
        ids = [enqueue(conn, "check", {}) for _ in range(3)]
        claim_job(conn)
        finish(conn, ids[0], JobState.DONE, result={"findings": 4})
        assert [j.id for j in list_jobs(conn)] == ids[::-1]
        assert [j.id for j in list_jobs(conn, state=JobState.DONE)] == ids[:1]
        assert [j.id for j in list_jobs(conn, before_id=ids[2], limit=1)] == [ids[1]]
        assert get_job(conn, ids[0]).result == {"findings": 4}
        with pytest.raises(NotFound):
            get_job(conn, 99)
