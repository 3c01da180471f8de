"""Durable background runs: queued, claimed by one worker, resumed after a crash.

A running job keeps a heartbeat; one that fell silent may be taken over. Its checkpoint is written
in the transaction of the work it stands for, so a resumed run neither repeats nor skips.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, insert, or_, select, update

from curation.errors import NotFound
from storage.tables import JobRow, table_of

SILENT_AFTER = timedelta(seconds=60)
"""A running job without a heartbeat for this long has lost its worker."""

job = table_of(JobRow)


class JobState(StrEnum):
    """Where a job is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    """Taken from its worker, or from the queue, until somebody lets it go on."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobInfo(Struct, frozen=True):
    """A job as it stands."""

    id: int
    kind: str
    params: dict[str, Any]
    state: JobState
    done: int
    total: int | None
    unit: str
    checkpoint: dict[str, Any]
    result: dict[str, Any]
    error: str
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None


_COLUMNS = (
    job.c.id,
    job.c.kind,
    job.c.params,
    job.c.state,
    job.c.done,
    job.c.total,
    job.c.unit,
    job.c.checkpoint,
    job.c.result,
    job.c.error,
    job.c.cancel_requested,
    job.c.created_at,
    job.c.started_at,
    job.c.heartbeat_at,
    job.c.finished_at,
)


def _info(row: Any) -> JobInfo:
    values = dict(row._mapping)
    for name in ("params", "checkpoint", "result"):
        values[name] = msgspec.json.decode(values[name])
    values["state"] = JobState(values["state"])
    return JobInfo(**values)


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def enqueue(conn: Connection, kind: str, params: dict[str, Any]) -> int:
    """Add a job; returns its id."""
    values = {
        "kind": kind,
        "params": _json(params),
        "state": JobState.QUEUED.value,
        "done": 0,
        "unit": "",
        "checkpoint": "{}",
        "result": "{}",
        "error": "",
        "cancel_requested": False,
        "created_at": datetime.now(UTC),
    }
    return int(conn.execute(insert(job).values(values).returning(job.c.id)).scalar_one())


def claim_job(conn: Connection) -> JobInfo | None:
    """Take the oldest job that waits or whose worker fell silent; None when there is none.

    Its checkpoint is where to go on. One conditional update: two workers never get the same job.
    """
    now = datetime.now(UTC)
    free = or_(
        job.c.state == JobState.QUEUED.value,
        and_(
            job.c.state == JobState.RUNNING.value,
            or_(job.c.heartbeat_at.is_(None), job.c.heartbeat_at < now - SILENT_AFTER),
        ),
    )
    oldest = select(job.c.id).where(free).order_by(job.c.id).limit(1)
    if conn.dialect.name != "sqlite":
        oldest = oldest.with_for_update(skip_locked=True)
    claimed = conn.execute(
        update(job)
        .where(job.c.id == oldest.scalar_subquery(), free)
        .values(
            state=JobState.RUNNING.value,
            heartbeat_at=now,
            started_at=now,
        )
        .returning(job.c.id)
    ).scalar_one_or_none()
    return get_job(conn, claimed) if claimed is not None else None


def get_job(conn: Connection, job_id: int) -> JobInfo:
    """The job with this id.

    Raises:
        NotFound: no such job.
    """
    row = conn.execute(select(*_COLUMNS).where(job.c.id == job_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no job {job_id}.", hint="See the page Jobs.")
    return _info(row)


def list_jobs(
    conn: Connection, limit: int = 50, state: JobState | None = None, before_id: int | None = None
) -> list[JobInfo]:
    """Jobs, the newest first."""
    query = select(*_COLUMNS).order_by(job.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(job.c.state == state.value)
    if before_id is not None:
        query = query.where(job.c.id < before_id)
    return [_info(row) for row in conn.execute(query)]


def request_cancel(conn: Connection, job_id: int) -> None:
    """Ask a job to stop: one that waits or is paused at once, a running one at its next report."""
    conn.execute(update(job).where(job.c.id == job_id).values(cancel_requested=True))
    at_rest = (JobState.QUEUED.value, JobState.PAUSED.value)
    conn.execute(
        update(job)
        .where(job.c.id == job_id, job.c.state.in_(at_rest))
        .values(state=JobState.CANCELLED.value, finished_at=datetime.now(UTC))
    )


def pause(conn: Connection, job_id: int) -> None:
    """Take a job from the queue or from its worker, which leaves it at its next report."""
    under_way = (JobState.QUEUED.value, JobState.RUNNING.value)
    conn.execute(
        update(job)
        .where(job.c.id == job_id, job.c.state.in_(under_way), ~job.c.cancel_requested)
        .values(state=JobState.PAUSED.value)
    )


def beat(
    conn: Connection, job_id: int, done: int, total: int | None = None, unit: str = ""
) -> bool:
    """Record progress and a heartbeat; returns whether the user asked to stop."""
    values = {"heartbeat_at": datetime.now(UTC), "done": done, "total": total, "unit": unit}
    stop = conn.execute(
        update(job).where(job.c.id == job_id).values(values).returning(job.c.cancel_requested)
    ).scalar_one_or_none()
    return bool(stop)


def save_checkpoint(conn: Connection, job_id: int, checkpoint: dict[str, Any]) -> None:
    """Record where to resume, in the transaction of the work it stands for."""
    values = {"checkpoint": _json(checkpoint), "heartbeat_at": datetime.now(UTC)}
    conn.execute(update(job).where(job.c.id == job_id).values(values))


def finish(
    conn: Connection,
    job_id: int,
    state: JobState,
    *,
    result: dict[str, Any] | None = None,
    error: str = "",
) -> None:
    """Put a job into a final state."""
    values = {
        "state": state.value,
        "result": _json(result or {}),
        "error": error,
        "finished_at": datetime.now(UTC),
    }
    conn.execute(update(job).where(job.c.id == job_id).values(values))


def requeue(conn: Connection, job_id: int) -> None:
    """Give a job back, at its checkpoint: the worker shuts down, or the user tries again."""
    conn.execute(
        update(job)
        .where(job.c.id == job_id)
        .values(
            state=JobState.QUEUED.value,
            cancel_requested=False,
            error="",
            heartbeat_at=None,
            finished_at=None,
        )
    )
