"""Long work as durable jobs: what kinds there are, and how one is run to its end.

A job is a row: kind, parameters, progress, checkpoint. The flows it runs know nothing of that;
they report to a `Run` and save checkpoints in their own transactions. Here that run is tied to
the row: it beats, notices a cancellation, and gives the job up when another worker took it over.

The loop that looks for jobs is `app/worker.py`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.flows.incidents import report_incident
from app.flows.running import Cancelled, Run
from app.settings import load_settings
from curation.errors import LoopwrightError, SettingsError
from curation.queueing import Policy
from storage import jobs
from storage.engine import Store
from storage.jobs import JobInfo, JobState

REPORT_EVERY_S = 0.5
"""Progress reaches the database at most this often."""

BEAT_EVERY_S = 10.0
"""A job beats this often by itself, for stretches in which a flow has nothing to report."""

FRUITLESS_STARTS = 5
"""A job that ended its worker this often without saving a checkpoint is given up."""

_STARTS = "_starts"


class Interrupted(Cancelled):
    """The worker is asked to stop: the job goes back to the queue at its checkpoint."""


class TakenOver(Cancelled):
    """Another worker has the job, because this one was silent for too long."""


class IngestParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `ingest`; see `app.flows.ingest.ingest`."""

    paths: list[str]
    dataset: str | None = None
    format: str = "auto"
    tools: str | None = None
    max_record_bytes: int | None = None
    """None: as the settings say."""


class CheckParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `check`."""

    dataset: str | None = None
    processes: int | None = None
    """None: as the settings say."""


class FillQueueParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `fill-queue`; see `app.flows.queue.fill_queue`."""

    dataset: str
    policy: Policy = Policy.SUSPICIOUS
    seed: int = 0
    overlap: int = 1
    decide_alone: bool = True
    only_suspicious: bool = False


# Flows are imported by the kind that runs them: a page that only lists jobs needs none of them.


def _ingest(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.ingest import ingest

    wanted = msgspec.convert(params, IngestParams)
    report = ingest(
        store,
        [Path(path) for path in wanted.paths],
        dataset=wanted.dataset,
        format=wanted.format,
        tools=Path(wanted.tools) if wanted.tools else None,
        max_record_bytes=wanted.max_record_bytes or load_settings().max_record_bytes,
        run=run,
    )
    return _plain(report)


def _check(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.check import check

    wanted = msgspec.convert(params, CheckParams)
    processes = wanted.processes or load_settings().check_processes or None
    return _plain(check(store, dataset=wanted.dataset, processes=processes, run=run))


def _fill_queue(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.queue import fill_queue

    wanted = msgspec.convert(params, FillQueueParams)
    added = fill_queue(
        store,
        wanted.dataset,
        policy=wanted.policy,
        seed=wanted.seed,
        overlap=wanted.overlap,
        decide_alone=wanted.decide_alone,
        only_suspicious=wanted.only_suspicious,
        run=run,
    )
    return {"dataset": wanted.dataset, "added": added}


def _export(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.export import ExportRequest, export

    return _plain(export(store, msgspec.convert(params, ExportRequest), run))


class BulkParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `bulk`; see `app.flows.bulk.bulk`."""

    action: str
    filter: dict[str, Any]
    by: str
    note: str = ""


def _bulk(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.bulk import Action, bulk
    from storage.browse import Filter

    wanted = msgspec.convert(params, BulkParams)
    return _plain(
        bulk(
            store,
            msgspec.convert(wanted.filter, Filter),
            Action(wanted.action),
            by=wanted.by,
            note=wanted.note,
            run=run,
        )
    )


def _plain(report: object) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(report, enc_hook=str)
    return plain


KINDS: dict[str, Callable[[Store, dict[str, Any], Run], dict[str, Any]]] = {
    "ingest": _ingest,
    "check": _check,
    "fill-queue": _fill_queue,
    "export": _export,
    "bulk": _bulk,
}


def _params_type(kind: str) -> type[Any]:
    if kind == "export":
        from app.flows.export import ExportRequest

        request: type[Any] = ExportRequest
        return request
    types: dict[str, type] = {
        "ingest": IngestParams,
        "check": CheckParams,
        "fill-queue": FillQueueParams,
        "bulk": BulkParams,
    }
    return types[kind]


def enqueue(store: Store, kind: str, params: dict[str, Any]) -> int:
    """Put a job in front of the worker and return its id.

    Raises:
        SettingsError: no such kind, or the parameters do not fit it.
    """
    if kind not in KINDS:
        raise SettingsError(
            f"There is no job of kind {kind!r}.", hint=f"There are: {', '.join(KINDS)}."
        )
    plain = _plain(params)
    try:
        msgspec.convert(plain, _params_type(kind))
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


def retry(store: Store, job_id: int) -> None:
    """Put a failed or cancelled job back into the queue, at its checkpoint."""
    with store.write() as conn:
        if jobs.get_job(conn, job_id).state in (JobState.FAILED, JobState.CANCELLED):
            jobs.requeue(conn, job_id)


class JobRun(Run):
    """A run tied to a job's row. Use as a context: a beat goes on beside the work."""

    def __init__(self, store: Store, job: JobInfo, stopping: threading.Event | None = None) -> None:
        self.checkpoint = {k: v for k, v in job.checkpoint.items() if k != _STARTS}
        self._store = store
        self._job_id = job.id
        self._claimed_at = job.started_at
        self._stopping = stopping or threading.Event()
        self._progress: tuple[int, int | None, str] = (job.done, job.total, job.unit)
        self._reported = 0.0
        self._cancelled = False
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
        """
        self._progress = (done, total, unit)
        now = time.monotonic()
        if now - self._reported >= REPORT_EVERY_S:
            self._reported = now
            self._beat()
        if self._cancelled:
            raise Cancelled
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
        if not _is_ours(conn, self._job_id, self._claimed_at):
            raise TakenOver

    def flush(self) -> None:
        """Write the latest progress now."""
        self._beat()

    def _beat(self) -> None:
        with self._store.write() as conn:
            if _is_ours(conn, self._job_id, self._claimed_at):
                self._cancelled = jobs.beat(conn, self._job_id, *self._progress)

    def _keep_beating(self) -> None:
        while not self._ended.wait(BEAT_EVERY_S):
            try:
                self._beat()
            except LoopwrightError as problem:  # a busy database: the next beat will do
                report_incident(problem, f"beating for job {self._job_id}")


def _is_ours(conn: Connection, job_id: int, claimed_at: datetime | None) -> bool:
    now = jobs.get_job(conn, job_id)
    return now.state is JobState.RUNNING and now.started_at == claimed_at


def run_next(store: Store, stopping: threading.Event | None = None) -> JobInfo | None:
    """Claim the next job and run it to its end; None when there is none."""
    with store.write() as conn:
        job = jobs.claim_job(conn)
        if job is None:
            return None
        starts = int(job.checkpoint.get(_STARTS, 0)) + 1
        if starts <= FRUITLESS_STARTS:
            jobs.save_checkpoint(conn, job.id, {**job.checkpoint, _STARTS: starts})
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
    """Run a claimed job; whatever happens ends in its row, nothing is raised.

    Args:
        stopping: set it to have the job put back into the queue after its current batch.
    """
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
    with store.write() as conn:
        if _is_ours(conn, job.id, job.started_at):
            jobs.finish(conn, job.id, state, result=result, error=error)
        return jobs.get_job(conn, job.id)


def _put_back(store: Store, job: JobInfo, run: JobRun) -> JobInfo:
    with store.write() as conn:
        if _is_ours(conn, job.id, job.started_at):
            jobs.save_checkpoint(conn, job.id, run.checkpoint)
            jobs.requeue(conn, job.id)
        return jobs.get_job(conn, job.id)
