"""Bulk actions of Browse: choose, see what it would touch, confirm; the worker does it."""

from __future__ import annotations

import msgspec
import pandas as pd
import streamlit as st

from app import session
from app.flows import browse as flow
from app.flows import jobs
from app.flows.bulk import Action, BulkReport, foresee
from app.views.jobs import draw_running
from storage.browse import Filter

TITLES = {
    Action.QUEUE: "Send to the queue",
    Action.ACCEPT: "Accept",
    Action.REJECT: "Reject",
    Action.WITHDRAW: "Withdraw decisions",
}
MEANINGS = {
    Action.QUEUE: "Each becomes a task for annotators, in the order of the dataset's queue.",
    Action.ACCEPT: "A decision signed by you. What annotators said of it goes in: corrections, "
    "verdicts and marks.",
    Action.REJECT: "A decision signed by you. What annotators said of it goes in: corrections, "
    "verdicts and marks.",
    Action.WITHDRAW: "Your decisions and those of rules are taken back; the cases are open again.",
}


def ask_bulk(wanted: Filter) -> None:
    """The row of actions under the results."""
    draw_running(("bulk",))
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    action = left.selectbox(
        "With all that were found",
        list(Action),
        index=None,
        placeholder="choose an action",
        format_func=lambda a: TITLES[a],
        key="bulk-action",
    )
    lacks_dataset = action is Action.QUEUE and wanted.dataset is None
    if lacks_dataset:
        right.caption("A queue belongs to one dataset: filter by dataset first.")
    if right.button("Preview", icon=":material/preview:", disabled=action is None or lacks_dataset):
        _confirm(wanted, Action(action or Action.QUEUE))


@st.dialog("With all that were found", width="large")
def _confirm(wanted: Filter, action: Action) -> None:
    found = flow.preview(session.store(), wanted)
    st.markdown(f"**{TITLES[action]}: {found.count} trajectories**")
    st.caption(MEANINGS[action])
    n = found.count.n
    if action is not Action.QUEUE:
        by = session.current_annotator()
        foreseen = foresee(session.store(), wanted, action, by=by)
        n = foreseen.changed
        st.markdown("\n".join(f"- {line}" for line in consequences(foreseen, action)))
    st.dataframe(
        pd.DataFrame(
            {
                "request": [r.preview for r in found.page.rows],
                "state": [r.state for r in found.page.rows],
                "outcome": [r.outcome or "" for r in found.page.rows],
                "errors": [r.n_errors for r in found.page.rows],
            }
        ),
        hide_index=True,
    )
    st.caption(f"The first {len(found.page.rows)}.")
    note = st.text_input("Note kept with each", key=f"bulk-note-{action}")
    if st.button(f"{TITLES[action]} {n:,}", type="primary", disabled=not n):
        params = {
            "action": action.value,
            "filter": msgspec.to_builtins(wanted),
            "by": session.current_annotator(),
            "note": note,
        }
        jobs.enqueue(session.store(), "bulk", params)
        st.rerun()


def consequences(foreseen: BulkReport, action: Action) -> list[str]:
    """What the action would do, a line for each thing that happens at all."""
    if action is Action.WITHDRAW:
        changed, kept = "decisions taken back", "left: decided by another person"
    else:
        changed, kept = "decided", "left: a person decided otherwise"
    others = foreseen.left_alone - foreseen.disputed - foreseen.by_person
    lines = [
        (foreseen.changed, changed),
        (foreseen.adopted, "of these with what annotators said"),
        (foreseen.overruled, "of these against what annotators said"),
        (foreseen.disputed, "left for Adjudicate: annotators contradict each other"),
        (foreseen.by_person, kept),
        (others, "left: nothing to change"),
    ]
    return [f"{n:,} {text}" for n, text in lines if n] or ["nothing to change"]
