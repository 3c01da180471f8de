"""Jobs: what runs, how far it is, and what became of earlier runs.

Other pages show the same panel for the kinds of job they start. It polls in a fragment and only
while something is unfinished, so an idle page costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from app import session
from app.flows import jobs
from app.flows.jobs import JobInfo
from app.flows.operations import worker_seen
from components.notices import draw_empty, escape

STATES = {
    "queued": "◔ queued",
    "running": "▶ running",
    "paused": "‖ paused",
    "done": "✓ done",
    "failed": "✗ failed",
    "cancelled": "■ cancelled",
}
FRESH_S = 30
"""A finished job stays on the pages that started it this long."""


def show() -> None:
    """Draw running jobs, the history, and the actions that start one."""
    title, act = st.columns([4, 1], vertical_alignment="center")
    title.subheader("Jobs")
    if act.button("Run all checks", icon=":material/rule:"):
        jobs.enqueue(session.store(), "check", {"dataset": None})
        st.rerun()
    draw_running(None)
    history = jobs.list_jobs(session.store(), limit=100)
    if not history:
        draw_empty("No job has run yet", "Imports, checks and exports appear here.")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "id": [j.id for j in history],
                "job": [describe(j) for j in history],
                "state": [STATES.get(j.state, j.state) for j in history],
                "done": [f"{j.done:,} {j.unit}".strip() for j in history],
                "started": [j.started_at for j in history],
                "took": [_took(j) for j in history],
                "error": [j.error for j in history],
            }
        ),
        hide_index=True,
        column_config={
            "started": st.column_config.DatetimeColumn("started", format="YYYY-MM-DD HH:mm:ss")
        },
    )
    chosen = st.selectbox(
        "Result of job", [j.id for j in history if j.result], index=None, key="job-result"
    )
    for job in history:
        if job.id == chosen:
            st.json(job.result, expanded=2)


def draw_running(kinds: Sequence[str] | None) -> None:
    """The panel of unfinished (and just finished) jobs of `kinds`; None means all."""
    if _visible(kinds):
        st.fragment(_panel, run_every=1.0)(tuple(kinds) if kinds else None)


def _visible(kinds: Sequence[str] | None) -> list[JobInfo]:
    now = datetime.now(UTC)
    found = []
    for job in jobs.list_jobs(session.store(), limit=20):
        if kinds is not None and job.kind not in kinds:
            continue
        ended = job.finished_at
        if ended is None or (now - ended).total_seconds() < FRESH_S:
            found.append(job)
    return found


def _panel(kinds: Sequence[str] | None) -> None:
    visible = _visible(kinds)
    if any(job.state == "queued" for job in visible) and not worker_seen(session.store()):
        st.warning(
            "No worker is running, so nothing here will start. `loopwright run` starts one with "
            "the studio; alone it is `loopwright worker`.",
            icon=":material/warning:",
        )
    for job in reversed(visible):
        with st.container(border=True):
            _draw(job)
    was_busy = st.session_state.get("jobs-busy", False)
    busy = any(job.finished_at is None and job.state != "paused" for job in visible)
    st.session_state["jobs-busy"] = busy
    if was_busy and not busy:
        # The page around the panel shows what the job changed.
        st.rerun()


def _draw(job: JobInfo) -> None:
    text, act, end = st.columns([6, 1.2, 1.2], vertical_alignment="center")
    with text:
        st.markdown(f"**{escape(describe(job))}** — {STATES.get(job.state, job.state)}")
        if job.state == "running" and job.total:
            st.progress(min(1.0, job.done / job.total), text=_estimate(job))
        elif job.state == "running":
            st.caption(f"{job.done:,} {job.unit} so far")
        elif job.state == "paused":
            told = f"{job.done:,} {job.unit} are done; it goes on from there."
            st.caption(told if job.done else "It waits until it is let go on.")
        elif job.error:
            st.error(escape(job.error))
        elif job.state == "done":
            st.caption(summary(job))
    if job.state in jobs.AT_REST:
        if act.button("Go on", key=f"resume-{job.id}", icon=":material/play_arrow:"):
            jobs.retry(session.store(), job.id)
    elif job.finished_at is None and act.button(
        "Pause", key=f"pause-{job.id}", icon=":material/pause:"
    ):
        jobs.pause(session.store(), job.id)
    if job.finished_at is None and end.button(
        "Cancel", key=f"cancel-{job.id}", icon=":material/close:"
    ):
        jobs.cancel(session.store(), job.id)


def _estimate(job: JobInfo) -> str:
    elapsed = time.time() - job.started_at.timestamp() if job.started_at else 0.0
    told = f"{job.done:,} of {job.total:,} {job.unit}"
    if not job.done or elapsed < 1 or job.total is None:
        return told
    rate = job.done / elapsed
    left = (job.total - job.done) / rate
    return f"{told} · {rate:,.0f} a second · about {_span(left)} left"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _took(job: JobInfo) -> str:
    if job.started_at is None or job.finished_at is None:
        return ""
    return _span((job.finished_at - job.started_at).total_seconds())


def describe(job: JobInfo) -> str:
    """One line that says what the job does to what."""
    params = job.params
    match job.kind:
        case "ingest" if params.get("dry_run"):
            return f"Look at {', '.join(params.get('paths', []))} for {params.get('dataset')}"
        case "ingest":
            return f"Import {', '.join(params.get('paths', []))} into {params.get('dataset')}"
        case "ingest-predictions":
            paths = ", ".join(params.get("paths", []))
            return (
                f"Import answers of {params.get('model')} from {paths} for {params.get('dataset')}"
            )
        case "match":
            return f"Compare the predictions of {params.get('dataset') or 'everything'}"
        case "check":
            return f"Check {params.get('dataset') or 'everything'}"
        case "fill-queue":
            return f"Fill the queue of {params.get('dataset')}"
        case "export":
            return f"Export {params.get('type')} as {params.get('layout')}"
        case "bulk":
            return f"{str(params.get('action')).capitalize()} all that were found"
        case "mark-alike":
            category = params.get("ticked", {}).get("about", {}).get("category")
            return f"Mark the others like one as {category}, for {params.get('by')}"
        case _:
            return _describe_verification(job)


def _describe_verification(job: JobInfo) -> str:
    params = job.params
    match job.kind:
        case "probe":
            return f"Probe {params.get('model')} on {params.get('dataset') or 'everything'}"
        case "judge":
            who = " + ".join(params.get("models") or ()) or params.get("backend", "rules")
            return f"Judge {params.get('dataset') or 'everything'} with {who}"
        case "gate-apply":
            return f"Apply what the gate lets pass, for {params.get('by')}"
        case "gate-withdraw":
            return f"Withdraw certificate {params.get('certificate')}"
        case _:
            return job.kind


def summary(job: JobInfo) -> str:
    """The figures of a finished job in one line."""
    shown = [
        f"{value:,} {name.replace('_', ' ')}"
        for name, value in job.result.items()
        if isinstance(value, int) and not isinstance(value, bool)
    ]
    return " · ".join(shown)
