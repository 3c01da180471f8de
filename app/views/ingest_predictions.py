"""Ingest, second half: another model's answers from a file, compared with the labels at once.

The same flow as `loopwright ingest-predictions`. A look writes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import streamlit as st

from app import session
from app.flows import jobs
from app.flows.browse import choices
from app.flows.ingest_predictions import PredictionsReport
from app.flows.match import MatchReport
from app.flows.uploads import keep_upload
from app.settings import load_settings
from app.views.ingest_report import draw_problem_table
from app.views.navigation import link
from components.words import counted
from curation.prediction_importing import PREDICTION_FORMATS
from storage.jobs import JobState

JOB = "ingest-predictions-job"


def draw_predictions() -> None:
    """The form, and what the latest import or look from here found."""
    store = session.store()
    source, dataset_at, model_at = st.columns([4, 2, 2], vertical_alignment="bottom")
    path_text = source.text_input(
        "File or folder on this machine",
        placeholder="/data/answers.jsonl",
        key="predictions-path",
        help="The format is told by content.",
    )
    datasets = choices(store).datasets
    dataset = dataset_at.selectbox(
        "Dataset whose steps they answer",
        datasets,
        index=0 if len(datasets) == 1 else None,
        accept_new_options=True,
        placeholder="choose one, or type a new name",
        key="predictions-dataset",
        help="A new name is for rows that bring their trajectory along.",
    )
    model = model_at.text_input(
        "Model",
        placeholder="whose answers they are",
        key="predictions-model",
        help="Where a row does not say it itself.",
    )
    uploaded = st.file_uploader(
        "or a file from your computer",
        type=["json", "jsonl", "ndjson", "gz", "parquet"],
        key="predictions-upload",
    )
    path = Path(path_text.strip()).expanduser() if path_text.strip() else None
    if uploaded is not None:
        path = keep_upload(load_settings().uploads, uploaded.name, uploaded.getvalue())
    if path is None:
        known = ", ".join(one.title for one in PREDICTION_FORMATS)
        st.caption(f"Told by content: {known}. Importing the same file again adds nothing.")
    ready = path is not None and bool((dataset or "").strip()) and bool(model.strip())
    wanted = {
        "paths": [str(path)] if path is not None else [],
        "dataset": (dataset or "").strip(),
        "model": model.strip(),
    }
    look, go_on = st.columns([1, 8])
    if look.button(
        "Look first", icon=":material/visibility:", disabled=not ready, key="predictions-look"
    ):
        _start({**wanted, "dry_run": True})
    if go_on.button(
        "Import and compare",
        type="primary",
        icon=":material/download:",
        disabled=not ready,
        key="predictions-import",
    ):
        _start(wanted)
    if ready:
        _draw_found(wanted)


def _start(params: dict[str, Any]) -> None:
    session.remember(JOB, jobs.enqueue(session.store(), "ingest-predictions", params))
    st.rerun()


def _draw_found(wanted: dict[str, Any]) -> None:
    """What came of it, as long as the form still says what it was about."""
    number = session.recall(JOB)
    if not isinstance(number, int):
        return
    job = jobs.get_job(session.store(), number)
    is_look = job.params.get("dry_run", False)
    about = {name: job.params.get(name) for name in wanted}
    if job.state is not JobState.DONE or about != wanted:
        return
    result = dict(job.result)
    matched = result.pop("matched", None)
    report = msgspec.convert(result, PredictionsReport)
    figures = st.columns(5)
    figures[0].metric("Rows", f"{report.records:,}")
    figures[1].metric("New" if is_look else "Added", f"{report.added:,}")
    figures[2].metric("Already here", f"{report.duplicates:,}")
    figures[3].metric("Of no trajectory here", f"{report.unmatched:,}")
    figures[4].metric("Problems", f"{report.n_problems:,}")
    if report.problems:
        draw_problem_table(report.problems)
        if report.n_problems > len(report.problems):
            st.caption(f"The first {len(report.problems)} of {report.n_problems:,} are shown.")
    if matched is not None:
        _draw_matched(msgspec.convert(matched, MatchReport), report)


def _draw_matched(found: MatchReport, report: PredictionsReport) -> None:
    counts = found.counts
    differ = counts.predictions - counts.mastered
    st.markdown(
        f"**{counts.mastered:,} of {counted(counts.predictions, 'prediction')}** of this dataset "
        f"are the same as their label; **{differ:,} differ**."
    )
    if differ:
        link(
            "verify",
            f"Rule on {counted(differ, 'prediction')} in Verify",
            ":material/gavel:",
            dataset=report.dataset,
        )
