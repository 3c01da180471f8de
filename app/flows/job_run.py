"""A flow's run, tied to a job's row: progress, a beat beside the work, cancellation, ownership."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app.flows.incidents import report_incident
from app.flows.running import Cancelled, Run
from curation.errors import StoreError
from storage import jobs
from storage.engine import Store
from storage.jobs import JobInfo, JobState

REPORT_EVERY_S = 0.5
"""Progress reaches the database at most this often."""

BEAT_EVERY_S = 10.0
"""A job beats this often by itself, for stretches in which a flow has nothing to report."""

STARTS = "_starts"
"""Key in a checkpoint: starts of the job since a flow last saved one. Flows do not see it."""


class Interrupted(Cancelled):
    """The worker is asked to stop: the job goes back to the queue at its checkpoint."""


class TakenOver(Cancelled):
    """The job is another worker's, because this one was silent for too long, or it is paused."""


class JobRun(Run):
    """A run tied to a job's row. Use as a context: a beat goes on beside the work."""

    def __init__(self, store: Store, job: JobInfo, stopping: threading.Event | None = None) -> None:
        self.checkpoint = {k: v for k, v in job.checkpoint.items() if k != STARTS}
        self._store = store
        self._job_id = self.job_id = job.id
        self._claimed_at = job.started_at
        self._stopping = stopping or threading.Event()
        self._progress: tuple[int, int | None, str] = (job.done, job.total, job.unit)
        self._reported = 0.0
        self._cancelled = False
        self._is_lost = False
        self._ended = threading.Event()
        self._beater = threading.Thread(target=self._keep_beating, daemon=True, name="job-beat")

    def __enter__(self) -> JobRun:
        self._beater.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._beater.join()

    def report(self, done: int, total: int | None = None, unit: str = "") -> None:
        """Note progress, twice a second at most.

        Raises:
            Interrupted: the worker is to stop.
            Cancelled: the user cancelled the job.
            TakenOver: the user paused it, or another worker has it.
        """
        self._progress = (done, total, unit)
        now = time.monotonic()
        if now - self._reported >= REPORT_EVERY_S:
            self._reported = now
            self.flush()
        if self._cancelled:
            raise Cancelled
        if self._is_lost:
            raise TakenOver
        if self._stopping.is_set():
            raise Interrupted

    def save(self, conn: Connection, checkpoint: dict[str, Any]) -> None:
        """Store where to resume, in the flow's own transaction.

        Raises:
            TakenOver: another worker has the job; the transaction must not be committed.
        """
        self.refuse_taken_over(conn)
        jobs.save_checkpoint(conn, self._job_id, checkpoint)
        self.checkpoint = checkpoint

    def refuse_taken_over(self, conn: Connection) -> None:
        """Raise TakenOver unless the job is still ours."""
        if not is_ours(conn, self._job_id, self._claimed_at):
            raise TakenOver

    def flush(self) -> None:
        """Write the latest progress now, if the database can be written to."""
        try:
            self._beat()
        except StoreError as problem:  # busy: the next beat will do, the work goes on
            report_incident(problem, f"beating for job {self._job_id}")

    def _beat(self) -> None:
        with self._store.write() as conn:
            self._is_lost = not is_ours(conn, self._job_id, self._claimed_at)
            if not self._is_lost:
                self._cancelled = jobs.beat(conn, self._job_id, *self._progress)

    def _keep_beating(self) -> None:
        while not self._ended.wait(BEAT_EVERY_S):
            self.flush()


def is_ours(conn: Connection, job_id: int, claimed_at: datetime | None) -> bool:
    now = jobs.get_job(conn, job_id)
    return now.state is JobState.RUNNING and now.started_at == claimed_at
