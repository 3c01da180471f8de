"""What the viewer asks about many trajectories at once: those alike, and a job that marks them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.flows import alike as flow
from app.flows import jobs
from app.flows.alike import About
from app.flows.mark_alike import Ticked
from app.flows.operations import worker_seen
from curation.errors import NotFound
from storage.annotators import AnnotatorInfo
from storage.engine import Store

KIND = "mark-alike"


class AlikeRequest(Struct):
    """`alike`: places in other trajectories that are like this one."""

    about: About


class MarkAlikeRequest(Struct):
    """`mark-alike`: have the worker mark all of them."""

    ticked: Ticked


class JobRequest(Struct):
    """`job` and `cancel-job`: one that `mark-alike` started."""

    id: Annotated[int, Meta(ge=1)]


def alike(store: Store, who: AnnotatorInfo, asked: AlikeRequest) -> dict[str, Any]:
    return msgspec.structs.asdict(flow.find_alike(store, who, asked.about))


def mark_alike(store: Store, who: AnnotatorInfo, asked: MarkAlikeRequest) -> dict[str, Any]:
    params = {"ticked": msgspec.to_builtins(asked.ticked), "by": who.name}
    number = jobs.enqueue(store, KIND, params)
    return job(store, who, JobRequest(number))


def job(store: Store, who: AnnotatorInfo, asked: JobRequest) -> dict[str, Any]:
    found = jobs.get_job(store, asked.id)
    _refuse_others(found, who)
    return {
        "id": found.id,
        "state": found.state.value,
        "done": found.done,
        "total": found.total,
        "result": found.result,
        "error": found.error,
        "has_worker": worker_seen(store),
    }


def cancel_job(store: Store, who: AnnotatorInfo, asked: JobRequest) -> dict[str, Any]:
    _refuse_others(jobs.get_job(store, asked.id), who)
    jobs.cancel(store, asked.id)
    return job(store, who, asked)


def _refuse_others(found: jobs.JobInfo, who: AnnotatorInfo) -> None:
    if found.kind != KIND or found.params.get("by") != who.name:
        raise NotFound(f"You have no job {found.id}.", hint="Look at the page Jobs.")
