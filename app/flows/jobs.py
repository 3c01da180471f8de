"""Long work as durable jobs: put one in front of the worker, look after it, run it to its end.

A job is a row: kind, parameters, progress, checkpoint. The flows it runs know nothing of that;
they report to a `Run` and save checkpoints in their own transactions (`app.flows.job_run`).
What kinds there are stands in `app.flows.job_kinds`; the loop that looks for jobs is
`app/worker.py`.
"""

from __future__ import annotations

import threading
from typing import Any

import msgspec

from app.flows.incidents import report_incident
from app.flows.job_kinds import KINDS, params_type, plain_values
from app.flows.job_run import STARTS, Interrupted, JobRun, TakenOver, is_ours
from app.flows.running import Cancelled
from curation.errors import LoopwrightError, SettingsError, StoreError
from storage import jobs
from storage.engine import Store
from storage.jobs import JobInfo, JobState

FRUITLESS_STARTS = 5
"""A job that ended its worker this often without saving a checkpoint is given up."""


FINISH_AGAIN_S = 1.0
"""Pause before the end of a job is written again, on top of the database's own patience."""


def enqueue(store: Store, kind: str, params: dict[str, Any]) -> int:
    """Put a job in front of the worker and return its id.

    Raises:
        SettingsError: no such kind, or the parameters do not fit it.
    """
    if kind not in KINDS:
        raise SettingsError(
            f"There is no job of kind {kind!r}.", hint=f"There are: {', '.join(KINDS)}."
        )
    plain = plain_values(params)
    try:
        msgspec.convert(plain, params_type(kind))
    except msgspec.ValidationError as problem:
        raise SettingsError(
            f"These parameters do not fit: {problem}.",
            where=f"job of kind {kind}",
            hint="Correct the parameter named above.",
        ) from None
    with store.write() as conn:
        return jobs.enqueue(conn, kind, plain)


def list_jobs(store: Store, limit: int = 50) -> list[JobInfo]:
    """The latest jobs, newest first."""
    with store.read() as conn:
        return jobs.list_jobs(conn, limit)


def get_job(store: Store, job_id: int) -> JobInfo:
    """One job.

    Raises:
        NotFound: there is none of that id.
    """
    with store.read() as conn:
        return jobs.get_job(conn, job_id)


def cancel(store: Store, job_id: int) -> None:
    """Ask a job to stop; what it finished stays. A job that has ended is left as it is."""
    with store.write() as conn:
        jobs.request_cancel(conn, job_id)


def pause(store: Store, job_id: int) -> None:
    """Let a job rest at what it finished; its worker takes up the next one."""
    with store.write() as conn:
        jobs.pause(conn, job_id)


AT_REST = (JobState.PAUSED, JobState.FAILED, JobState.CANCELLED)
"""States from which a job goes on when somebody wants it to."""


def retry(store: Store, job_id: int) -> None:
    """Put a paused, failed or cancelled job back into the queue, at its checkpoint."""
    with store.write() as conn:
        if jobs.get_job(conn, job_id).state in AT_REST:
            jobs.requeue(conn, job_id)


def run_next(store: Store, stopping: threading.Event | None = None) -> JobInfo | None:
    """Claim the next job and run it to its end; None when there is none."""
    with store.write() as conn:
        job = jobs.claim_job(conn)
        if job is None:
            return None
        starts = int(job.checkpoint.get(STARTS, 0)) + 1
        if starts <= FRUITLESS_STARTS:
            jobs.save_checkpoint(conn, job.id, {**job.checkpoint, STARTS: starts})
        else:
            jobs.finish(
                conn,
                job.id,
                JobState.FAILED,
                error=f"It ended its worker {FRUITLESS_STARTS} times. Look into the log for why; "
                "too little memory is the usual reason. Then try again.",
            )
            return jobs.get_job(conn, job.id)
    return run_job(store, job, stopping)


def run_job(store: Store, job: JobInfo, stopping: threading.Event | None = None) -> JobInfo:
    """Run a claimed job; whatever happens ends in its row, however long the database is busy.

    Args:
        stopping: set it to have the job put back into the queue after its current batch.

    Raises:
        StoreError: the worker is to stop and the row cannot be written; whoever finds the job
            silent goes on at its checkpoint.
    """
    stopping = stopping or threading.Event()
    state, result, error = JobState.DONE, {}, ""
    with JobRun(store, job, stopping) as run:
        try:
            if job.cancel_requested:
                raise Cancelled
            result = KINDS[job.kind](store, job.params, run)
        except TakenOver:
            return get_job(store, job.id)
        except Interrupted:
            return _put_back(store, job, run)
        except Cancelled:
            state = JobState.CANCELLED
        except LoopwrightError as problem:
            state, error = JobState.FAILED, str(problem)
        except Exception as defect:  # noqa: BLE001 - a job must not end the worker
            incident = report_incident(defect, f"running job {job.id} ({job.kind})")
            state = JobState.FAILED
            error = f"Something went wrong inside Loopwright. The log has it as {incident}."
        run.flush()
    while True:
        try:
            with store.write() as conn:
                if is_ours(conn, job.id, job.started_at):
                    jobs.finish(conn, job.id, state, result=result, error=error)
                return jobs.get_job(conn, job.id)
        except StoreError as problem:
            # Left as running, a finished job would be run again.
            if stopping.is_set():
                raise
            report_incident(problem, f"finishing job {job.id}")
            stopping.wait(FINISH_AGAIN_S)


def _put_back(store: Store, job: JobInfo, run: JobRun) -> JobInfo:
    with store.write() as conn:
        if is_ours(conn, job.id, job.started_at):
            jobs.save_checkpoint(conn, job.id, run.checkpoint)
            jobs.requeue(conn, job.id)
        return jobs.get_job(conn, job.id)
