"""Starting work on labels from a page: a judge, a pass, a probe, an expansion.

Each dialog says what would be asked and what that may cost, as it is filled in; one press queues
the job. The worker carries it out; `jobs.draw_running` shows how far it is.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import session
from app.views.start_expanding import ask_expand
from app.views.start_fields import OPEN, open_dialog
from app.views.start_judging import ask_judge, ask_pass
from app.views.start_probing import ask_probe

KINDS = ("judge", "judge-pass", "probe", "match", "ingest-predictions", "expand")
"""Kinds of job that are started from, or change, what Verify and Judges show."""
DIALOGS = {
    "judge": ("Ask a judge…", ask_judge),
    "probe": ("Probe a model…", ask_probe),
    "pass": ("Look by a rubric…", ask_pass),
    "expand": ("Expand errors…", ask_expand),
}
"""What can be started: its name on a button, and what asks for the rest."""


def draw_starters(column: Any, place: str, dataset: str | None) -> None:
    """A menu of what can be started here, and the dialog that is open."""
    chosen = column.menu_button(
        "Start",
        list(DIALOGS),
        format_func=lambda name: DIALOGS[name][0],
        icon=":material/play_arrow:",
        key=f"start-{place}",
        width="stretch",
    )
    if chosen is not None:
        open_dialog(place, chosen)
    opened_at, _, name = str(session.recall(OPEN) or "").partition(":")
    if opened_at == place:
        DIALOGS[name][1](dataset)


def draw_start_buttons(place: str, *names: str) -> None:
    """The same as buttons, for a page that has nothing else to show yet."""
    with st.container(horizontal=True):
        for i, name in enumerate(names):
            st.button(
                DIALOGS[name][0],
                type="secondary" if i else "primary",
                icon=":material/play_arrow:",
                key=f"start-{name}-{place}",
                on_click=open_dialog,
                args=(place, name),
            )
