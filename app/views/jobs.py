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
from app.flows.job_costs import JobCost, cost_of
from app.flows.jobs import JobInfo
from app.flows.operations import worker_seen
from app.views.navigation import link
from components.notices import draw_empty, escape
from components.words import counted
from storage.engine import Store

STATES = {
    "queued": "◔ queued",
    "running": "▶ running",
    "paused": "‖ paused",
    "done": "✓ done",
    "failed": "✗ failed",
    "cancelled": "■ cancelled",
}
LEADS = {
    "judge": ("verify", "Rule on what it says in Verify", ":material/gavel:"),
    "probe": ("verify", "See what differs in Verify", ":material/gavel:"),
    "ingest-predictions": ("verify", "See what differs in Verify", ":material/gavel:"),
    "expand": ("queue", "See what was admitted in Queue", ":material/inbox:"),
}
"""Where the work that a job made is done."""
FRESH_S = 30
"""A finished job stays on the pages that started it this long."""
FAILED_S = 600
"""One that failed stays longer: somebody has to do something."""
SEEN = "jobs-seen"
RATE_OVER_S = 30.0
"""The rate is that of the latest half minute: a job that goes on had a past at another pace."""


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
        stays_s = FAILED_S if job.state == "failed" else FRESH_S
        if ended is None or (now - ended).total_seconds() < stays_s:
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
            if job.kind in LEADS and not job.params.get("dry_run"):
                link(*LEADS[job.kind], **_place(job))
        if told := cost_words(job):
            st.caption(told)
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


def _place(job: JobInfo) -> dict[str, str]:
    grown = job.result.get("dataset") if job.kind == "expand" else None
    dataset = grown or job.params.get("dataset")
    return {"dataset": str(dataset)} if dataset else {}


@st.cache_data(ttl=4.0, max_entries=64, show_spinner=False)
def _cost(_store: Store, _job: JobInfo, url: str, job_id: int, state: str) -> JobCost | None:
    """Counting what failed takes longer than a second's poll should, once there are many."""
    return cost_of(_store, _job)


def cost_words(job: JobInfo) -> str:
    """Tokens, dollars and failures so far; "" for jobs that cost nothing."""
    store = session.store()
    cost = _cost(store, job, store.url, job.id, job.state)
    if cost is None or not (cost.tokens or cost.failed):
        return ""
    usd = "no price on record" if cost.cost_usd is None else f"{cost.cost_usd:,.4f} US dollars"
    told = f"{cost.tokens:,} tokens · {usd}"
    return f"{told} · {counted(cost.failed, 'question')} without an answer" if cost.failed else told


def _estimate(job: JobInfo) -> str:
    told = f"{job.done:,} of {job.total:,} {job.unit}"
    rate = _rate(job)
    if not rate or job.total is None:
        return told
    left = (job.total - job.done) / rate
    shown = f"{rate:,.0f} a second" if rate >= 1 else f"{60 * rate:,.0f} a minute"
    return f"{told} · {shown} · about {_span(left)} left"


def _rate(job: JobInfo) -> float | None:
    """Units a second while this page looked on; None before that says anything."""
    kept: dict[int, list[tuple[float, int]]] = st.session_state.setdefault(SEEN, {})
    now = time.monotonic()
    seen = [one for one in kept.get(job.id, []) if now - one[0] <= RATE_OVER_S]
    kept[job.id] = seen = [*seen, (now, job.done)]
    for other in [number for number in kept if number < job.id - 20]:
        del kept[other]
    began, done_then = seen[0]
    span_s, done = now - began, job.done - done_then
    return done / span_s if span_s >= 2 and done > 0 else None


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
            what = "Look at" if params.get("dry_run") else "Import"
            return (
                f"{what} answers of {params.get('model')} from {paths} for {params.get('dataset')}"
            )
        case "match":
            return f"Compare the predictions of {params.get('dataset') or 'everything'}"
        case "check":
            return f"Check {params.get('dataset') or 'everything'}"
        case "fill-queue":
            return f"Fill the queue of {params.get('dataset')}"
        case "export":
            return f"Export {params.get('type')} as {params.get('layout')}"
        case "decontaminate":
            return f"Hold the data against {params.get('name')}"
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
        case "embed":
            about = params.get("dataset") or "everything"
            return f"Vectors of {params.get('model')} for {about}"
        case "judge":
            who = " + ".join(params.get("models") or ()) or params.get("backend", "rules")
            return f"Judge {params.get('dataset') or 'everything'} with {who}"
        case "judge-pass":
            who = " + ".join(params.get("models") or ())
            about = params.get("dataset") or "everything"
            return f"Look at {about} by {params.get('rubric')} with {who}"
        case "expand":
            about = params.get("dataset") or "everything"
            return f"Grow new samples from errors in {about} with {params.get('model')}"
        case "gate-apply":
            return f"Apply what the gate lets pass, for {params.get('by')}"
        case "gate-withdraw":
            return f"Withdraw certificate {params.get('certificate')}"
        case _:
            return job.kind


def summary(job: JobInfo) -> str:
    """The figures of a finished job in one line."""
    shown = [
        f"{value:,} {name.removeprefix('n_').replace('_', ' ')}"
        for name, value in job.result.items()
        if isinstance(value, int) and not isinstance(value, bool)
    ]
    if job.result.get("out_of_budget"):
        shown.append("the budget is spent: start the same with a larger one and it goes on")
    return " · ".join(shown)
