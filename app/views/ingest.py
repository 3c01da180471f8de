"""Ingest: a file or folder in, looked at first if wished, then imported by the worker."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app import session
from app.flows import jobs
from app.flows.ingest import IngestReport, ingest
from app.flows.queue import queue_overview
from app.flows.uploads import keep_upload
from app.settings import load_settings
from app.views.jobs import draw_running
from components.notices import draw_error
from curation.errors import LoopwrightError
from curation.importing import FORMATS


def show() -> None:
    """Draw the form, what a look at the file says, and running imports."""
    st.subheader("Ingest")
    draw_running(("ingest", "check", "fill-queue"))
    source, name = st.columns([3, 2], vertical_alignment="bottom")
    path_text = source.text_input(
        "File or folder on this machine",
        placeholder="/data/trajectories.jsonl",
        key="ingest-path",
        help=".json .jsonl .ndjson .parquet, each also as .gz; the format is told by content.",
    )
    uploaded = st.file_uploader(
        "or a file from your computer",
        type=["json", "jsonl", "ndjson", "gz", "parquet"],
        key="ingest-upload",
    )
    path = _path(path_text)
    if uploaded is not None:
        path = keep_upload(load_settings().uploads, uploaded.name, uploaded.getvalue())
    dataset = name.text_input(
        "Dataset",
        value=_default_name(path),
        key=f"ingest-name-{path}",
        help="A new name makes a dataset; an old one is added to. Nothing is imported twice.",
    )
    with st.expander("Format and tools"):
        formats = {"auto": "Tell by content", **{f.name: f.title for f in FORMATS}}
        chosen = st.selectbox(
            "Format", list(formats), format_func=lambda f: formats[f], key="ingest-format"
        )
        tools_text = st.text_input(
            "Tools file",
            placeholder="tools.json, for sources that do not carry their tools",
            key="ingest-tools",
        )
    tools = _path(tools_text)
    if path is None:
        known = ", ".join(sorted(f.title for f in FORMATS))
        st.caption(f"Told by content: {known}. Importing the same file again adds nothing.")
    look, go_on = st.columns([1, 8])
    ready = path is not None and bool(dataset.strip())
    if look.button("Look first", icon=":material/visibility:", disabled=path is None) and path:
        _look(path, str(chosen), tools)
    if go_on.button("Import", type="primary", icon=":material/download:", disabled=not ready):
        _import(path, dataset.strip(), str(chosen), tools)


def _path(text: str) -> Path | None:
    return Path(text.strip()).expanduser() if text.strip() else None


def _default_name(path: Path | None) -> str:
    return path.name.split(".")[0] if path else ""


def _look(path: Path, chosen: str, tools: Path | None) -> None:
    """A dry run: nothing is written."""
    try:
        with st.spinner("Reading without writing …"):
            report = ingest(session.store(), [path], format=chosen, tools=tools, dry_run=True)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    draw_report(report)


def draw_report(report: IngestReport) -> None:
    """What was read, and every problem with its place and remedy."""
    figures = st.columns(4)
    figures[0].metric("Format", report.format or "unknown")
    figures[1].metric("Records", f"{report.records:,}")
    figures[2].metric("Already here", f"{report.duplicates:,}")
    figures[3].metric("Problems", f"{report.n_problems:,}")
    if report.problems:
        st.dataframe(
            pd.DataFrame(
                {
                    "where": [p.where for p in report.problems],
                    "what": [p.message for p in report.problems],
                    "what to do": [p.hint for p in report.problems],
                }
            ),
            hide_index=True,
        )
        if report.n_problems > len(report.problems):
            st.caption(f"The first {len(report.problems)} of {report.n_problems:,} are shown.")


def _import(path: Path | None, dataset: str, chosen: str, tools: Path | None) -> None:
    """Three jobs, which one worker runs in this order: import, check, fill the queue."""
    store = session.store()
    jobs.enqueue(
        store,
        "ingest",
        {
            "paths": [str(path)],
            "dataset": dataset,
            "format": chosen,
            "tools": str(tools) if tools else None,
        },
    )
    jobs.enqueue(store, "check", {"dataset": dataset})
    if not any(info.dataset == dataset for info in queue_overview(store)):
        jobs.enqueue(store, "fill-queue", {"dataset": dataset})
    session.notify("The import is under way; checks and the queue follow by themselves.")
    st.rerun()
