"""Durable jobs: progress, cancellation, failure, and resuming after the worker died."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.flows import jobs
from app.flows.jobs import FRUITLESS_STARTS, JobRun, enqueue, run_next
from app.flows.operations import WORKER_SEEN
from app.flows.running import Run
from app.worker import work
from curation.errors import ExportError, SettingsError, StoreError
from storage.engine import Store, open_store
from storage.jobs import JobState
from storage.settings import get_setting, put_setting
from storage.tables import JobRow, table_of

N = 6


@pytest.fixture
def store(tmp_path: Path, migrated_file: Path) -> Iterator[Store]:
    shutil.copyfile(migrated_file, tmp_path / "jobs.db")
    opened = open_store(f"sqlite:///{tmp_path}/jobs.db")
    yield opened
    opened.close()


def counting(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    """Write one row per unit, with the checkpoint in the same transaction."""
    first = int(run.checkpoint.get("next", 0))
    for i in range(first, N):
        with store.write() as conn:
            before = get_setting(conn, f"unit-{i}")
            put_setting(conn, f"unit-{i}", f"{before or ''}x")
            run.save(conn, {"next": i + 1})
        run.report(i + 1, N, "units")
        if params.get("die_after") == i:
            params["die"]()
    return {"first": first}


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    replaced: dict[str, Any] = {"check": counting}
    monkeypatch.setattr(jobs, "KINDS", replaced)
    return replaced


def units(store: Store) -> list[str | None]:
    with store.read() as conn:
        return [get_setting(conn, f"unit-{i}") for i in range(N)]


def test_a_job_runs_to_its_end_and_keeps_result_and_progress(
    store: Store, kinds: dict[str, Any]
) -> None:
    job_id = enqueue(store, "check", {})
    ended = run_next(store)
    assert ended is not None
    assert ended.id == job_id
    assert ended.state is JobState.DONE
    assert (ended.done, ended.total, ended.unit) == (N, N, "units")
    assert ended.result == {"first": 0}
    assert run_next(store) is None


def test_a_failure_a_person_can_act_on_is_recorded_with_message_place_and_remedy(
    store: Store, kinds: dict[str, Any]
) -> None:
    def fail(_store: Store, _params: dict[str, Any], _run: Run) -> dict[str, Any]:
        raise ExportError("There is no room.", where="/full", hint="Make some.")

    kinds["check"] = fail
    enqueue(store, "check", {})
    ended = run_next(store)
    assert ended is not None
    assert ended.state is JobState.FAILED
    assert ended.error == "/full: There is no room. Make some."


def test_a_defect_is_recorded_by_its_id_and_the_worker_goes_on(
    store: Store, kinds: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def defect(_store: Store, params: dict[str, Any], _run: Run) -> dict[str, Any]:
        if params.get("dataset") == "bad":
            raise ZeroDivisionError("secret detail")
        return {}

    kinds["check"] = defect
    enqueue(store, "check", {"dataset": "bad"})
    enqueue(store, "check", {"dataset": "good"})
    assert work(store, once=True) == 2
    second, first = jobs.list_jobs(store)
    assert first.state is JobState.FAILED
    assert "secret detail" not in first.error
    assert "The log has it as" in first.error
    assert second.state is JobState.DONE


class Busy:
    """A store whose writes fail while the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
        self.times = 0
        self.refused = 0
        write = store.write

        def refusing(*args: Any, **more: Any) -> Any:
            if self.times:
                self.times -= 1
                self.refused += 1
                raise StoreError("Another program has been writing for too long.")
            return write(*args, **more)

        monkeypatch.setattr(store, "write", refusing)


def test_a_busy_database_delays_progress_and_fails_nothing(
    store: Store, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Busy(monkeypatch, store)
    monkeypatch.setattr("app.flows.job_run.REPORT_EVERY_S", 0.0)
    monkeypatch.setattr(jobs, "FINISH_AGAIN_S", 0.01)
    runs = []

    def work_beside_a_busy_writer(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
        runs.append(1)
        busy.times = 2
        run.report(1, 2, "units")
        run.report(2, 2, "units")
        assert busy.times == 0
        busy.times = 4  # the last progress, and three times the end
        return {"all": "done"}

    kinds["check"] = work_beside_a_busy_writer
    enqueue(store, "check", {})
    ended = run_next(store)
    assert ended is not None
    assert (ended.state, ended.result, ended.error) == (JobState.DONE, {"all": "done"}, "")
    assert busy.refused == 6
    assert run_next(store) is None
    assert runs == [1]


def test_cancelling_stops_at_the_next_report_and_keeps_what_was_finished(
    store: Store, kinds: dict[str, Any]
) -> None:
    def cancelled_half_way(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
        assert isinstance(run, JobRun)
        with store.write() as conn:
            put_setting(conn, "unit-0", "x")
            run.save(conn, {"next": 1})
        jobs.cancel(store, job_id)
        run.flush()  # a report may be held back for half a second; this one is not
        run.report(1, N)
        raise AssertionError("it went on after the cancellation")

    kinds["check"] = cancelled_half_way
    job_id = enqueue(store, "check", {})
    ended = run_next(store)
    assert ended is not None
    assert ended.state is JobState.CANCELLED
    assert units(store)[:2] == ["x", None]
    jobs.retry(store, job_id)
    kinds["check"] = counting
    again = run_next(store)
    assert again is not None
    assert again.result == {"first": 1}
    assert units(store) == ["x"] * N


def test_a_waiting_job_that_is_cancelled_never_runs(store: Store, kinds: dict[str, Any]) -> None:
    job_id = enqueue(store, "check", {})
    jobs.cancel(store, job_id)
    assert run_next(store) is None
    assert jobs.get_job(store, job_id).state is JobState.CANCELLED


def test_a_stopping_worker_puts_the_job_back_at_its_checkpoint(
    store: Store, kinds: dict[str, Any]
) -> None:
    stopping = threading.Event()
    params = {"die_after": 2, "die": stopping.set}
    kinds["check"] = lambda s, p, run: counting(s, params, run)
    job_id = enqueue(store, "check", {})
    run_next(store, stopping)
    waiting = jobs.get_job(store, job_id)
    assert waiting.state is JobState.QUEUED
    assert waiting.checkpoint == {"next": 4}  # unit 3 was written, then the report interrupted
    ended = run_next(store)
    assert ended is not None
    assert ended.result == {"first": 4}
    assert units(store) == ["x"] * N


def silence(store: Store, job_id: int) -> None:
    """Make a running job's last heartbeat old, as after a crash a minute ago."""
    table = table_of(JobRow)
    with store.write() as conn:
        conn.execute(
            table.update()
            .where(table.c.id == job_id)
            .values(heartbeat_at=datetime.now(UTC) - timedelta(minutes=2))
        )


def test_a_killed_workers_job_resumes_where_it_was_and_repeats_nothing(
    store: Store, kinds: dict[str, Any], tmp_path: Path
) -> None:
    job_id = enqueue(store, "check", {})
    program = textwrap.dedent(
        """
        import os, signal, sys
        from app.flows import jobs
        from storage.engine import open_store
        from tests.unit.app.test_jobs import counting

        params = {"die_after": 2, "die": lambda: os.kill(os.getpid(), signal.SIGKILL)}
        jobs.KINDS["check"] = lambda store, _, run: counting(store, params, run)
        jobs.run_next(open_store(sys.argv[1]))
        """
    )
    killed = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{tmp_path}/jobs.db"],
        cwd=Path(__file__).parents[3],
        timeout=240,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert jobs.get_job(store, job_id).state is JobState.RUNNING
    assert run_next(store) is None, "its worker was heard of a moment ago"
    silence(store, job_id)
    ended = run_next(store)
    assert ended is not None
    assert ended.state is JobState.DONE
    assert ended.result == {"first": 3}
    assert units(store) == ["x"] * N


def test_a_paused_job_rests_and_goes_on_where_it_was(
    store: Store, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.job_run.REPORT_EVERY_S", 0.0)

    def paused_by_somebody(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
        if not run.checkpoint:
            with store.write() as conn:
                put_setting(conn, "unit-0", "x")
                run.save(conn, {"next": 1})
            jobs.pause(store, job_id)
        return counting(store, params, run)

    kinds["check"] = paused_by_somebody
    job_id = enqueue(store, "check", {})
    rested = run_next(store)
    assert rested is not None
    assert rested.state is JobState.PAUSED
    assert rested.finished_at is None
    assert units(store) == ["x"] + [None] * (N - 1), "nothing is committed once it is paused"
    assert run_next(store) is None, "it is nobody's to take"
    jobs.retry(store, job_id)
    ended = run_next(store)
    assert ended is not None
    assert ended.state is JobState.DONE
    assert units(store) == ["x"] * N


def test_a_paused_job_can_be_cancelled_and_a_finished_one_not_paused(
    store: Store, kinds: dict[str, Any]
) -> None:
    job_id = enqueue(store, "check", {})
    jobs.pause(store, job_id)
    assert jobs.get_job(store, job_id).state is JobState.PAUSED
    jobs.cancel(store, job_id)
    assert jobs.get_job(store, job_id).state is JobState.CANCELLED
    jobs.retry(store, job_id)
    run_next(store)
    jobs.pause(store, job_id)
    assert jobs.get_job(store, job_id).state is JobState.DONE


def test_a_worker_that_lost_its_job_commits_nothing_more(
    store: Store, kinds: dict[str, Any]
) -> None:
    def overtaken(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
        if not run.checkpoint:
            with store.write() as conn:
                run.save(conn, {"next": 0})
            silence(store, job_id)
            other = run_next(store)  # another worker takes it and finishes it
            assert other is not None
            assert other.state is JobState.DONE
        return counting(store, params, run)

    kinds["check"] = overtaken
    job_id = enqueue(store, "check", {})
    run_next(store)
    assert units(store) == ["x"] * N
    assert jobs.get_job(store, job_id).state is JobState.DONE


def test_a_job_that_always_ends_its_worker_is_given_up(
    store: Store, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def deadly(_store: Store, _params: dict[str, Any], _run: Run) -> dict[str, Any]:
        raise Killed

    kinds["check"] = deadly
    job_id = enqueue(store, "check", {})
    for _ in range(FRUITLESS_STARTS):
        with pytest.raises(Killed):
            run_next(store)
        silence(store, job_id)
    ended = run_next(store)
    assert ended is not None
    assert ended.state is JobState.FAILED
    assert "ended its worker" in ended.error


def test_unknown_kinds_and_parameters_are_refused_before_they_are_queued(store: Store) -> None:
    with pytest.raises(SettingsError, match="no job of kind"):
        enqueue(store, "dance", {})
    with pytest.raises(SettingsError, match="overlap"):
        enqueue(store, "fill-queue", {"dataset": "d", "overlap": "two"})
    with pytest.raises(SettingsError, match="surprise"):
        enqueue(store, "check", {"surprise": 1})
    assert jobs.list_jobs(store) == []


def test_the_real_kinds_run_one_after_the_other(store: Store, tmp_path: Path) -> None:
    sample = Path(__file__).parents[3] / "sample_data" / "formats" / "openai-chat.jsonl"
    out = tmp_path / "out"
    enqueue(store, "ingest", {"paths": [sample], "dataset": "chats"})
    enqueue(store, "check", {"dataset": "chats", "processes": 1})
    enqueue(store, "fill-queue", {"dataset": "chats", "policy": "oldest"})
    enqueue(store, "export", {"type": "sft", "layout": "openai", "out": out, "include": "all"})
    assert work(store, once=True) == 4
    exported, queued, checked, imported = jobs.list_jobs(store)
    states = [j.state for j in (imported, checked, queued, exported)]
    assert states == [JobState.DONE] * 4, exported.error
    n = imported.result["added"]
    assert n > 0
    assert imported.done == imported.result["records"]
    assert checked.result["trajectories"] == n
    assert queued.result == {"dataset": "chats", "added": n}
    assert exported.result["trajectories"] == n
    assert (out / "manifest.json").exists()


def test_predictions_come_in_and_are_compared_as_jobs(store: Store, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    user = {"role": "user", "content": "Oslo?"}
    row = {"messages": [user], "label": "Sunny.", "prediction": "Rain."}
    pairs.write_text(json.dumps(row) + "\n{}\n", encoding="utf-8")
    enqueue(store, "ingest-predictions", {"paths": [pairs], "dataset": "pairs", "model": "m"})
    enqueue(store, "match", {"dataset": "pairs", "again": True})
    assert work(store, once=True) == 2
    compared, imported = jobs.list_jobs(store)
    assert (imported.result["added"], imported.result["n_problems"]) == (1, 1)
    assert imported.result["matched"]["compared"] == 1
    assert (compared.result["compared"], compared.result["counts"]["mastered"]) == (1, 1)


def test_a_busy_worker_still_says_that_it_is_there(
    store: Store, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker.SIGN_OF_LIFE_S", 0.01)
    seen: list[str | None] = []

    def long(store: Store, _params: dict[str, Any], _run: Run) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while len(set(seen)) < 3 and time.monotonic() < deadline:
            with store.read() as conn:
                seen.append(get_setting(conn, WORKER_SEEN))
        return {}

    kinds["check"] = long
    enqueue(store, "check", {})
    assert work(store, once=True) == 1
    assert len({when for when in seen if when is not None}) >= 2


def test_sigterm_ends_an_idle_worker(tmp_path: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"],
        env=dict(os.environ) | {"LOOPWRIGHT_DATABASE_URL": f"sqlite:///{tmp_path}/idle.db"},
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not _was_seen(tmp_path / "idle.db"):
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        out, _ = worker.communicate(timeout=30)
    finally:
        worker.kill()
    assert worker.returncode == 0
    assert "0 jobs were run" in out


def _was_seen(path: Path) -> bool:
    if not path.exists():
        return False
    import sqlite3

    with sqlite3.connect(path) as db:
        try:
            return bool(db.execute("SELECT 1 FROM setting WHERE name='worker-seen-at'").fetchall())
        except sqlite3.OperationalError:
            return False
