"""Queue: what waits in each dataset, in which order, and the button that starts the work."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session
from app.flows import jobs
from app.flows import queue as queues
from app.flows.browse import choices
from app.flows.queue import QueueInfo
from app.views.jobs import draw_running
from app.views.navigation import go, link
from components.notices import draw_empty, escape
from curation.queueing import Policy

ORDERS = {
    Policy.SUSPICIOUS: "Most suspicious first",
    Policy.OLDEST: "Oldest first",
    Policy.RANDOM: "Random, with a seed",
}


def show() -> None:
    """Draw the queues and the form that fills one."""
    title, who = st.columns([3, 1], vertical_alignment="center")
    title.subheader("Queue")
    with who:
        link("settings", f"You are {escape(session.current_annotator())}", ":material/person:")
    store = session.store()
    datasets = choices(store).datasets
    if not datasets:
        draw_empty(
            "Nothing to annotate yet",
            "Import a file of trajectories first; its queue appears here.",
        )
        link("ingest", "Ingest a file", ":material/upload_file:")
        return
    draw_running(("fill-queue",))
    infos = queues.queue_overview(store)
    if infos:
        _draw_queues(infos)
    else:
        draw_empty(
            "No queue is filled",
            "Choose a dataset and an order below: its trajectories become tasks, handed out one "
            "at a time.",
        )
    with st.expander("Fill or reorder a queue", expanded=not infos):
        _ask_fill(datasets, infos)


def _draw_queues(infos: list[QueueInfo]) -> None:
    frame = pd.DataFrame(
        {
            "dataset": [i.dataset for i in infos],
            "progress": [i.done / i.total if i.total else 0.0 for i in infos],
            "waiting": [i.waiting for i in infos],
            "in hand": [i.claimed for i in infos],
            "done": [i.done for i in infos],
            "order": [ORDERS[Policy(i.policy)] for i in infos],
            "annotators each": [i.overlap for i in infos],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            "progress": st.column_config.ProgressColumn("progress", format="percent", width="small")
        },
    )
    waiting = [i.dataset for i in infos if i.waiting or i.claimed]
    if not waiting:
        st.success("Every queued trajectory is annotated.", icon=":material/check_circle:")
        link("adjudicate", "Go on to Adjudicate", ":material/balance:")
        return
    chosen, start = st.columns([3, 1], vertical_alignment="bottom")
    with chosen:
        dataset = st.selectbox("Work on", waiting, key="queue-dataset")
    with start:
        if st.button(
            "Start annotating", type="primary", shortcut="Enter", icon=":material/play_arrow:"
        ):
            go("annotate", dataset=str(dataset))


def _ask_fill(datasets: tuple[str, ...], infos: list[QueueInfo]) -> None:
    queued = {i.dataset: i for i in infos}
    dataset = st.selectbox("Dataset", datasets, key="fill-dataset")
    now = queued.get(str(dataset))
    # The dataset is part of each key: another dataset must not inherit this one's answers.
    policies = list(ORDERS)
    order = st.segmented_control(
        "Order",
        policies,
        default=Policy(now.policy) if now else Policy.SUSPICIOUS,
        format_func=lambda p: ORDERS[p],
        key=f"fill-order-{dataset}",
    )
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        overlap = st.number_input(
            "Annotators per trajectory",
            min_value=1,
            max_value=9,
            value=now.overlap if now else 1,
            key=f"fill-overlap-{dataset}",
            help="With two or more, their annotations are compared in Adjudicate.",
        )
    with middle:
        seed = st.number_input(
            "Seed",
            min_value=0,
            value=now.seed if now else 0,
            disabled=order is not Policy.RANDOM,
            key=f"fill-seed-{dataset}",
            help="The same seed gives the same order again.",
        )
    with right:
        alone = st.toggle(
            "Agreement decides",
            value=now.decide_alone if now else True,
            key=f"fill-alone-{dataset}",
            help="What the only annotator accepts or rejects, or all of several say alike, is the "
            "decision at once, without Adjudicate.",
        )
    suspicious = st.toggle(
        "Only trajectories with findings",
        value=now.only_suspicious if now else False,
        key=f"fill-suspicious-{dataset}",
    )
    if st.button("Fill the queue", icon=":material/playlist_add:", disabled=order is None):
        jobs.enqueue(
            session.store(),
            "fill-queue",
            {
                "dataset": dataset,
                "policy": Policy(order or Policy.SUSPICIOUS),
                "seed": int(seed),
                "overlap": int(overlap),
                "decide_alone": bool(alone),
                "only_suspicious": bool(suspicious),
            },
        )
        st.rerun()
