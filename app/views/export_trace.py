"""Dialogs over exports that were written: where one row comes from, and what two differ in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pandas as pd
import streamlit as st

from app import session
from app.flows.export import ExportInfo
from app.flows.export_difference import ExportDifference, compare_exports
from app.flows.lineage import read_manifest, trace
from app.views.start_fields import OPEN, close_dialog, open_dialog
from components.export_charts import composition_shift
from components.notices import escape, report_errors
from curation.export_difference import WORDS

TRACE = ("export", "trace")
COMPARE = ("export", "compare")


def draw_actions(entry: ExportInfo, written: Sequence[ExportInfo]) -> None:
    """Buttons of one written export."""
    trace_at, compare_at, _ = st.columns([1.3, 1.6, 3])
    trace_at.button(
        "Trace a row",
        icon=":material/account_tree:",
        width="stretch",
        help="Source, people, verdicts and decision behind one row.",
        on_click=open_dialog,
        args=TRACE,
    )
    others = [one for one in _latest(written) if one.out != entry.out]
    compare_at.button(
        "Compare with another",
        icon=":material/difference:",
        width="stretch",
        disabled=not others,
        help="What was asked otherwise, and which rows came, went or changed, with why.",
        on_click=open_dialog,
        args=COMPARE,
    )
    if session.recall(OPEN) == ":".join(TRACE):
        show_trace(entry)
    elif others and session.recall(OPEN) == ":".join(COMPARE):
        show_difference(entry, others)


def _latest(written: Sequence[ExportInfo]) -> list[ExportInfo]:
    """Of every folder the export that lies in it."""
    latest: dict[str, ExportInfo] = {}
    for one in sorted(written, key=lambda one: -one.id):
        latest.setdefault(one.out, one)
    return list(latest.values())


@st.dialog("Where a row comes from", width="large", on_dismiss=close_dialog)
def show_trace(entry: ExportInfo) -> None:
    """The story of one row of an export, read from its folder."""
    folder = Path(entry.out)
    with report_errors():
        files = {one.name: one.rows for one in read_manifest(folder).files if one.rows}
        file_at, row_at = st.columns(2)
        name = file_at.selectbox("File", list(files), key="trace-file")
        if name is None:
            return
        row = row_at.number_input(
            "Row", 1, files[name], 1, key=f"trace-row-{name}", help="From 1, as in an editor."
        )
        story = trace(folder, f"{name}:{row}")
        st.markdown("\n".join(f"1. {escape(line)}" for line in story.told))
        st.link_button(
            "Open in Annotate",
            f"annotate?t={story.place.uid}"
            + (f"&m={story.place.message_index}" if story.place.message_index is not None else ""),
            icon=":material/edit_note:",
        )
        with st.expander("On record"):
            st.code(_readable(story.lineage), language="json")


def _readable(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


@st.dialog("What two exports differ in", width="large", on_dismiss=close_dialog)
def show_difference(entry: ExportInfo, others: Sequence[ExportInfo]) -> None:
    """Compare an export with another that still lies in its folder."""
    by_out = {one.out: one for one in others}
    out = st.selectbox(
        f"Compare {entry.out} with",
        list(by_out),
        format_func=lambda place: f"{place} · {by_out[place].created_at:%Y-%m-%d %H:%M}",
        key="compare-with",
    )
    if out is None:
        return
    with report_errors():
        first, second = sorted((entry, by_out[out]), key=lambda one: one.created_at)
        _draw(compare_exports(Path(first.out), Path(second.out)))


def _draw(found: ExportDifference) -> None:
    st.markdown(
        f"Earlier: {escape(found.before)}, {found.rows_before:,} rows. Later: "
        f"{escape(found.after)}, {found.rows_after:,} rows. {found.rows_same:,} are the same."
    )
    if found.same:
        st.success("Nothing differs.", icon=":material/check:")
        return
    if found.moved_under_one_ledger:
        st.error(
            f"{found.moved_under_one_ledger:,} rows stand in another split although the ledger is "
            "the same. This must never happen: train on neither and report it.",
            icon=":material/error:",
        )
    if not found.contents_compared:
        st.info(
            "Contents were not compared: type or layout differ, or rows have no hash.",
            icon=":material/info:",
        )
    settings = [
        (kind, one.name, _readable(one.before), _readable(one.after))
        for kind, some in (("asked for", found.recipe), ("version", found.versions))
        for one in some
    ]
    if settings:
        st.dataframe(
            pd.DataFrame(settings, columns=["what", "name", "before", "after"]), hide_index=True
        )
    if found.why:
        told = [(w.change.value, w.rows, WORDS[w.why], w.reason or "") for w in found.why]
        st.dataframe(
            pd.DataFrame(told, columns=["rows", "n", "why", "reason"]),
            hide_index=True,
            column_config={"why": st.column_config.TextColumn("why", width="large")},
        )
    if found.composition:
        st.plotly_chart(composition_shift(found.composition), width="stretch", key="compare-chart")
    if found.examples:
        with st.expander(
            "Rows that differ: the first of each kind (`diff-exports --rows` has all)"
        ):
            st.dataframe(
                pd.DataFrame(
                    {
                        "row": [one.change.value for one in found.examples],
                        "why": [WORDS[one.why] for one in found.examples],
                        "open": [f"annotate?t={one.uid}" for one in found.examples],
                        "before": [one.before for one in found.examples],
                        "after": [one.after for one in found.examples],
                    }
                ),
                hide_index=True,
                column_config={
                    "open": st.column_config.LinkColumn("open", display_text="Annotate")
                },
            )
