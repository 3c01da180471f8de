"""Benchmarks on the Export page: which ones nothing may be left of, and what hits them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import session
from app.flows import contamination as flow
from app.flows import jobs
from app.flows.contamination import Found, Hit
from app.flows.identity import annotator_named
from app.flows.uploads import keep_upload
from app.settings import load_settings
from app.views.start_fields import OPEN, close_dialog, open_dialog
from components.hit_charts import score_histogram
from components.hit_pair import draw_pair
from components.notices import draw_empty, draw_error, escape
from curation.decontamination import FOUND, LEAKS, LOWEST_THRESHOLD, THRESHOLD, HitKind
from curation.errors import LoopwrightError

LISTED = 200
"""Hits of a kind that can be looked at; the command `contamination` writes all."""
DIALOG = ("export", "benchmarks")
STANDING = {"standing": False, "dismissed": True, "all": None}


def ask_benchmarks(*, trained: bool) -> dict[str, Any]:
    """The benchmarks that an export is held against, as its parameters say it.

    Args:
        trained: whether the type is trained on; of others nothing is left out.
    """
    known = [one.name for one in flow.list_benchmarks(session.store())]
    with st.expander(
        "Decontamination: leave out what a benchmark asks", icon=":material/fact_check:"
    ):
        at = st.columns([2, 3, 1.2], vertical_alignment="bottom")
        names = at[0].multiselect(
            "Held against",
            known,
            disabled=not (known and trained),
            placeholder="no benchmark" if known else "none was read yet",
            key="export-benchmarks",
            help="What holds part of them is left out, with its family, as contaminated.",
        )
        kinds = at[1].multiselect(
            "Left out for",
            list(HitKind),
            default=list(LEAKS),
            format_func=lambda kind: kind.value,
            disabled=not (known and trained),
            key="export-hit-kinds",
            help="  \n".join(f"**{kind.value}**: {FOUND[kind]}" for kind in HitKind),
        )
        at[2].button(
            "Benchmarks",
            icon=":material/find_in_page:",
            width="stretch",
            help="Read one, and see what of it was found in the data.",
            on_click=open_dialog,
            args=DIALOG,
        )
    if session.recall(OPEN) == ":".join(DIALOG):
        show_benchmarks()
    if not trained:
        return {"benchmarks": [], "kinds": [kind.value for kind in LEAKS]}
    return {"benchmarks": names, "kinds": [kind.value for kind in kinds]}


@st.dialog("Benchmarks in the data", width="large", on_dismiss=close_dialog)
def show_benchmarks() -> None:
    """Read a benchmark, or look at what one hit."""
    known = [one.name for one in flow.list_benchmarks(session.store())]
    look, read = st.tabs(["What was found", "Read a benchmark"], key="benchmark-tab")
    with read:
        _ask_files(known)
    with look:
        if not known:
            draw_empty(
                "No benchmark was read yet",
                "Give its files under “Read a benchmark”; nothing of them joins a dataset.",
            )
            return
        name = st.selectbox("Benchmark", known, key="benchmark-shown")
        if name is not None:
            _draw_found(flow.look_at(session.store(), name))


def _ask_files(known: Sequence[str]) -> None:
    st.caption(
        "BFCL, ACEBench, tau-bench and every other import format; or a text file with one question "
        "a line. Every trajectory is then compared with every entry."
    )
    first = st.columns([1, 1])
    name = first[0].text_input("Name", placeholder="bfcl", key="benchmark-name").strip()
    threshold = first[1].number_input(
        "Near from a similarity of",
        LOWEST_THRESHOLD,
        1.0,
        THRESHOLD,
        0.05,
        key="benchmark-threshold",
        help="Jaccard similarity of words and pairs of words.",
    )
    path = st.text_input(
        "File or folder on this machine", key="benchmark-path", placeholder="/data/bfcl_v4"
    ).strip()
    uploaded = st.file_uploader(
        "or files from your computer", accept_multiple_files=True, key="benchmark-upload"
    )
    if name in known:
        st.caption(f"{escape(name)} is read anew; rulings on its hits stay.")
    if st.button(
        "Read and compare",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not name or not (path or uploaded),
        key="benchmark-start",
    ):
        folder = load_settings().uploads
        paths = [str(Path(path).expanduser().absolute())] if path else []
        paths += [str(keep_upload(folder, one.name, one.getvalue())) for one in uploaded or ()]
        params = {"name": name, "paths": paths, "threshold": threshold}
        jobs.enqueue(session.store(), "decontaminate", params)
        close_dialog()
        session.notify("The data is being compared with it; see how far it is on this page.")
        st.rerun()


def _draw_found(found: Found) -> None:
    known = found.benchmark
    files = ", ".join(file.name for file in known.files[:3])
    more = f" and {len(known.files) - 3} more files" if len(known.files) > 3 else ""
    told, act = st.columns([5, 1.3], vertical_alignment="center")
    told.caption(
        f"{known.n_entries:,} entries of {escape(files)}{more} · {found.compared:,} trajectories "
        f"compared, {found.waiting:,} came in since · near from {known.threshold:g}"
    )
    if found.waiting and act.button(
        "Compare new", icon=":material/sync:", key="benchmark-new", width="stretch"
    ):
        jobs.enqueue(session.store(), "decontaminate", {"name": known.name})
        close_dialog()
        st.rerun()
    if not found.by_kind:
        st.success("Nothing of it was found.", icon=":material/check:")
        return
    _draw_counts(found)
    _draw_hits(found)


def _draw_counts(found: Found) -> None:
    counts, chart = st.columns([1, 1])
    rows = [
        {
            "kind": kind.value,
            "trajectories": n.trajectories,
            "entries": n.entries,
            "hits": n.hits,
            "dismissed": n.dismissed,
        }
        for kind, n in found.by_kind.items()
    ]
    counts.dataframe(pd.DataFrame(rows), hide_index=True)
    with counts.expander(f"Entries that were hit most (the first {len(found.by_entry):,})"):
        st.dataframe(
            pd.DataFrame(
                {
                    "entry": [one.entry for one in found.by_entry],
                    "kind": [one.kind.value for one in found.by_entry],
                    "trajectories": [one.trajectories for one in found.by_entry],
                    "best": [one.best for one in found.by_entry],
                }
            ),
            hide_index=True,
            height=180,
        )
    # A height of its own: the chart is drawn late, and what is below would jump.
    chart.container(height=200, border=False).plotly_chart(
        score_histogram(found.scores), config={"displayModeBar": False}, key="benchmark-scores"
    )


def _draw_hits(found: Found) -> None:
    name = found.benchmark.name
    at = st.columns([2, 2, 4], vertical_alignment="bottom")
    kind = at[0].selectbox(
        "Kind", list(found.by_kind), format_func=lambda k: k.value, key=f"hits-kind-{name}"
    )
    standing = at[1].selectbox("Which", list(STANDING), key=f"hits-standing-{name}")
    if kind is None or standing is None:
        return
    hits = flow.hits_of(session.store(), name, kind, LISTED, dismissed=STANDING[standing])
    if not hits:
        st.caption("There are none.")
        return
    by_id = {hit.id: hit for hit in hits}
    chosen = at[2].selectbox(
        f"Pair ({len(hits):,}{' with the highest scores' if len(hits) == LISTED else ''})",
        list(by_id),
        format_func=lambda i: _named(by_id[i]),
        key=f"hits-pair-{name}-{kind.value}-{standing}",
    )
    if chosen is not None:
        _draw_pair(by_id[chosen])


def _named(hit: Hit) -> str:
    mark = "✗ dismissed · " if hit.dismissed else ""
    return f"{mark}{hit.score:.2f} · {hit.entry} ~ {hit.preview[:60]}"


def _draw_pair(hit: Hit) -> None:
    try:
        seen = flow.pair_of(session.store(), hit.id)
    except LoopwrightError as problem:  # everything was compared anew meanwhile
        draw_error(problem)
        return
    _draw_ruling(hit)
    for one in seen.rulings:
        how = "dismissed it" if one.dismissed else "took that back"
        st.caption(f"{escape(one.by)} {how}, {one.at:%Y-%m-%d %H:%M}: {escape(one.reason) or '—'}")
    st.caption(f"{hit.kind.value} {hit.score:.2f}: {FOUND[hit.kind]}.")
    # Last on the page: it is drawn late, and nothing below can jump.
    draw_pair(
        seen.entry,
        seen.trajectory,
        titles=(f"{hit.benchmark} · {hit.entry}", f"Trajectory {hit.uid[:16]}…"),
        key="hit-pair",
    )


def _draw_ruling(hit: Hit) -> None:
    reason_at, act, link = st.columns([4, 1.5, 1], vertical_alignment="bottom")
    link.link_button(
        "Open", f"annotate?t={hit.uid}", icon=":material/open_in_new:", width="stretch"
    )
    if hit.dismissed:
        reason_at.caption("✗ Dismissed: exports leave nothing out for it.")
        if act.button(
            "Take back", icon=":material/undo:", key=f"hit-back-{hit.id}", width="stretch"
        ):
            _rule(hit, dismissed=False, reason="")
        return
    reason = reason_at.text_input(
        "Why it is a false alarm", key=f"hit-reason-{hit.id}", placeholder="a common phrase"
    )
    if act.button("Dismiss", icon=":material/block:", key=f"hit-dismiss-{hit.id}", width="stretch"):
        _rule(hit, dismissed=True, reason=reason)


def _rule(hit: Hit, *, dismissed: bool, reason: str) -> None:
    store = session.store()
    try:
        who = annotator_named(store, session.current_annotator())
        flow.rule_on_hit(store, who, hit, dismissed=dismissed, reason=reason)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    st.rerun()
