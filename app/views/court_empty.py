"""What the court says when no case waits: the one next act, as a button and as a command."""

from __future__ import annotations

import shlex

import streamlit as st

from app.flows.court import CourtFilter, CourtQueue
from app.views.navigation import link
from app.views.starting import draw_start_buttons
from components.court_words import CLASSES
from components.notices import draw_empty
from components.words import counted
from curation.court import CourtClass


def draw_nothing(cls: CourtClass, queue: CourtQueue, wanted: CourtFilter) -> None:
    """Teach what fills this class."""
    if wanted.is_scored:
        draw_empty(
            f"Nothing under “{CLASSES[cls]}” scores so",
            "Choose another range or order above; predictions without this score are not shown.",
        )
        return
    counts = queue.counts
    n_known = counts[CourtClass.OPEN] + counts[CourtClass.RULED] + queue.n_mastered
    if n_known == 0:
        draw_empty(
            "No predictions yet",
            "The court compares a model's answers with the labels. Import answers from a file, or "
            "ask a model for them.",
        )
        draw_start_buttons("verify", "probe")
        link("ingest", "Import answers from a file", ":material/upload_file:", what="predictions")
        st.caption("The same by command:")
        name = wanted.dataset or "DATASET"
        model = wanted.model or "MODEL"
        st.code(_ingest_command(name, model), language=None)
        st.code(_command("probe", "--model", model, "--base-url", "URL"), language=None)
        return
    if cls is CourtClass.OPEN:
        draw_empty(
            "Nothing is left to rule on",
            f"{counted(counts[CourtClass.RULED], 'ruling')}; "
            f"{counted(queue.n_mastered, 'prediction')} the same as the reference, which nobody "
            "need look at.",
        )
        return
    draw_empty(
        f"Nothing waits under “{CLASSES[cls]}”",
        f"{counted(counts[CourtClass.NOT_JUDGED], 'prediction')} not judged yet. A judge sorts "
        "them into these classes; without a model, the rules decide what they can prove."
        if counts[CourtClass.NOT_JUDGED]
        else "Everything is judged. The other classes are above.",
    )
    if counts[CourtClass.NOT_JUDGED]:
        draw_start_buttons("verify", "judge")
        st.code(_command("judge", "--backend", "rules"), language=None)


def _ingest_command(dataset: str, model: str) -> str:
    return _command("ingest-predictions", "FILE", "--dataset", dataset, "--model", model)


def _command(*words: str) -> str:
    """A command line, each word quoted for a shell where it must be."""
    return shlex.join(["loopwright", *words])
