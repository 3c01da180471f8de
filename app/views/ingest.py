"""Ingest: a file or folder in, looked at first if wished, then imported by the worker.

`/ingest?what=predictions` opens at the answers of another model (`ingest_predictions.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import streamlit as st

from app import session
from app.flows import jobs
from app.flows.import_problems import DatasetProblems, datasets_with_problems, every_problem
from app.flows.ingest import IngestReport, default_name
from app.flows.queue import last_import
from app.flows.uploads import keep_upload
from app.settings import load_settings
from app.views.ingest_mapping import MAPPED, draw_mapping
from app.views.ingest_predictions import draw_predictions
from app.views.ingest_report import draw_problem_table
from app.views.jobs import draw_running
from components.notices import escape
from components.tables import CSV_ROWS, csv_bytes
from components.words import counted
from curation.importing import FORMATS
from storage.jobs import JobState
from storage.problems import StoredProblem

TRAJECTORIES = "Trajectories"
PREDICTIONS = "Predictions of a model"


def show() -> None:
    """Draw running imports, and a form for each of the two things that can come in."""
    st.subheader("Ingest")
    draw_running(("ingest", "check", "fill-queue", "ingest-predictions"))
    asked = PREDICTIONS if st.query_params.get("what") == "predictions" else TRAJECTORIES
    rows, answers = st.tabs([TRAJECTORIES, PREDICTIONS], default=asked)
    with rows:
        _draw_trajectories()
    with answers:
        draw_predictions()


def _draw_trajectories() -> None:
    """The form, and what a look at the file says."""
    source, name = st.columns([3, 2], vertical_alignment="bottom")
    path_text = source.text_input(
        "File or folder on this machine",
        placeholder="/data/trajectories.jsonl",
        key="ingest-path",
        help=".json .jsonl .ndjson .traj .parquet, also as .gz; the format is told by content.",
    )
    uploaded = st.file_uploader(
        "or a file from your computer",
        type=["json", "jsonl", "ndjson", "gz", "parquet", "traj"],
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
        formats = {
            "auto": "Tell by content",
            MAPPED: "Field mapping, for JSON of no known format",
            **{f.name: f.title for f in FORMATS},
        }
        chosen = st.selectbox(
            "Format", list(formats), format_func=lambda f: formats[f], key="ingest-format"
        )
        tools_text = st.text_input(
            "Tools file or folder",
            placeholder="tools.json, for sources that do not carry their tools",
            key="ingest-tools",
        )
    tools = _path(tools_text)
    is_mapped = chosen == MAPPED
    mapping = draw_mapping(path, tools) if is_mapped else ""
    if path is None and not is_mapped:
        known = ", ".join(sorted(f.title for f in FORMATS))
        st.caption(f"Told by content: {known}. Importing the same file again adds nothing.")
    look, go_on = st.columns([1, 8])
    ready = path is not None and bool(dataset.strip()) and mapping is not None
    wanted = {
        "paths": [str(path)] if path is not None else [],
        "dataset": dataset.strip(),
        "format": "auto" if is_mapped else str(chosen),
        "tools": str(tools) if tools else None,
        "mapping": mapping or "",
    }
    if look.button("Look first", icon=":material/visibility:", disabled=not ready):
        session.remember("ingest-look", jobs.enqueue(session.store(), "ingest", _look(wanted)))
        st.rerun()
    if go_on.button("Import", type="primary", icon=":material/download:", disabled=not ready):
        _import(wanted)
    _draw_look(wanted)
    for found in datasets_with_problems(session.store()):
        _draw_problems(found)


def _path(text: str) -> Path | None:
    return Path(text.strip()).expanduser() if text.strip() else None


def _default_name(path: Path | None) -> str:
    return default_name([path]) if path else ""


def _look(wanted: dict[str, Any]) -> dict[str, Any]:
    """The import as a dry run: everything is read, nothing is written."""
    return {**wanted, "dry_run": True}


def _draw_look(wanted: dict[str, Any]) -> None:
    """What the look found, as long as the form still says what was looked at."""
    number = session.recall("ingest-look")
    if not isinstance(number, int):
        return
    job = jobs.get_job(session.store(), number)
    if job.state is JobState.DONE and job.params == _look(wanted):
        draw_report(msgspec.convert(job.result, IngestReport))


def draw_report(report: IngestReport) -> None:
    """What was read, and every problem with its place and remedy."""
    figures = st.columns(4)
    figures[0].metric("Format", report.format or "unknown")
    figures[1].metric("Records", f"{report.records:,}")
    figures[2].metric("Already here", f"{report.duplicates:,}")
    figures[3].metric("Problems", f"{report.n_problems:,}")
    if report.annotations:
        st.caption(
            f"{counted(report.annotations, 'annotation')} came with them, under the names of those "
            "who gave them."
        )
    if report.problems:
        draw_problem_table(report.problems)
        if report.n_problems > len(report.problems):
            st.caption(f"The first {len(report.problems)} of {report.n_problems:,} are shown.")


def _draw_problems(found: DatasetProblems) -> None:
    """What the latest import of a dataset could not read, to be mended and imported again."""
    store, dataset = session.store(), found.dataset
    with st.expander(f"{escape(dataset)}: {counted(found.total, 'problem')} in the latest import"):
        draw_problem_table(found.first)
        if found.total > len(found.first):
            st.caption(f"The first {len(found.first)} of {found.total:,} are shown.")
        st.download_button(
            "CSV",
            data=lambda: csv_bytes(
                StoredProblem.__struct_fields__,
                map(msgspec.structs.astuple, every_problem(store, dataset)),
            ),
            file_name="problems.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"problems-{dataset}",
            help=f"Place, problem and remedy of each; {CSV_ROWS:,} at most.",
        )


def _import(wanted: dict[str, Any]) -> None:
    """Three jobs, which one worker runs in this order: import, check, fill the queue."""
    store, dataset = session.store(), wanted["dataset"]
    before = last_import(store, dataset)  # a queue that is there gets what is new, as it is set
    jobs.enqueue(store, "ingest", wanted)
    jobs.enqueue(store, "check", {"dataset": dataset})
    jobs.enqueue(store, "fill-queue", {"dataset": dataset, "newer_than": before})
    session.notify("The import is under way; checks and the queue follow by themselves.")
    st.rerun()
