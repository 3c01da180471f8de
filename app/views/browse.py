"""Browse: find trajectories by what was found, said and written, and act on all of them."""

from __future__ import annotations

import msgspec
import pandas as pd
import streamlit as st

from app import session
from app.flows import browse as flow
from app.views.bulk import ask_bulk
from app.views.filters import ask_filter, from_address, in_words, not_understood, to_params
from app.views.navigation import go, link
from components.notices import draw_empty, escape
from components.tables import CSV_ROWS, csv_bytes
from components.words import OUTCOME_ICONS
from storage.browse import Filter, ListedTrajectory, Page

STATE_ICONS = {
    "new": "○ new",
    "queued": "◔ queued",
    "annotated": "◑ annotated",
    "disputed": "⚠ disputed",
    "decided": "● decided",
}


def show() -> None:
    """Draw filter, results and what can be done with all of them."""
    store = session.store()
    wanted = from_address()
    choices = flow.choices(store)
    if not choices.datasets:
        draw_empty("The store is empty", "Import a file of trajectories to browse them here.")
        link("ingest", "Ingest a file", ":material/upload_file:")
        return
    _ask_view(wanted)
    if ignored := not_understood(wanted):
        st.warning(
            f"Ignored, as the address makes no sense there: {escape(', '.join(ignored))}. A day is "
            "written 2026-01-31; numbers of messages have at most nine digits.",
            icon=":material/link_off:",
        )
    applied = ask_filter(wanted, choices)
    if applied is not None:
        st.query_params.from_dict(to_params(applied))
        session.remember("browse-cursors", None)
        st.rerun()
    cursors = _cursors(wanted)
    found = flow.find(store, wanted, cursors[-1] if cursors else None)
    if not found.page.rows:
        draw_empty("No trajectory passes this filter", "Loosen a condition, or clear the filter.")
        if st.button("Clear the filter", icon=":material/filter_list_off:"):
            st.query_params.clear()
            st.rerun()
        return
    _draw_summary(wanted, str(found.count))
    _draw_rows(found.page.rows)
    _ask_page(wanted, cursors, found.page)
    ask_bulk(wanted)


def _draw_summary(wanted: Filter, count: str) -> None:
    left, clear, right = st.columns([5, 1, 1], vertical_alignment="center")
    conditions = in_words(wanted)
    left.markdown(f"**{count} {'trajectory' if count == '1' else 'trajectories'}**")
    if conditions:
        left.text(conditions)
        if clear.button("Clear", icon=":material/filter_list_off:", help="Drop all conditions."):
            st.query_params.clear()
            st.rerun()
    right.download_button(
        "CSV",
        data=lambda: _csv(wanted),
        file_name="trajectories.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help=f"The rows that pass the filter, as listed here; {CSV_ROWS:,} at most.",
    )


def _csv(wanted: Filter) -> bytes:
    rows = flow.all_rows(session.store(), wanted)
    return csv_bytes(ListedTrajectory.__struct_fields__, map(msgspec.structs.astuple, rows))


def _draw_rows(rows: tuple[ListedTrajectory, ...]) -> None:
    frame = pd.DataFrame(
        {
            "request": [r.preview for r in rows],
            "state": [STATE_ICONS.get(r.state, r.state) for r in rows],
            "outcome": [OUTCOME_ICONS.get(r.outcome or "", "") for r in rows],
            "errors": [r.n_errors for r in rows],
            "warnings": [r.n_warnings for r in rows],
            "messages": [r.n_messages for r in rows],
            "calls": [r.n_calls for r in rows],
            "dataset": [r.dataset for r in rows],
            "source id": [r.source_id for r in rows],
        }
    )
    event = st.dataframe(
        frame,
        hide_index=True,
        height=38 + 35 * min(len(rows), 12),
        on_select="rerun",
        selection_mode="single-row",
        key=f"rows-{rows[0].id}-{rows[-1].id}",
        column_config={"request": st.column_config.TextColumn("request", width="large")},
    )
    chosen = event["selection"]["rows"]
    if chosen:
        row = rows[chosen[0]]
        if st.button(
            "Open in Annotate", type="primary", shortcut="Enter", icon=":material/edit_note:"
        ):
            go("annotate", t=row.uid)
    else:
        st.caption("Select a row to open it.")


def _cursors(wanted: Filter) -> list[tuple[float, int]]:
    """The cursors of the pages walked so far under this filter, as remembered by the session."""
    kept = session.recall("browse-cursors")
    if not isinstance(kept, str) or not kept.startswith(repr(wanted) + "\n"):
        return []
    pairs = kept.split("\n", 1)[1].split()
    return [(float(p.split(":")[0]), int(p.split(":")[1])) for p in pairs]


def _keep(wanted: Filter, cursors: list[tuple[float, int]]) -> None:
    text = " ".join(f"{value!r}:{last}" for value, last in cursors)
    session.remember("browse-cursors", f"{wanted!r}\n{text}")


def _ask_page(wanted: Filter, cursors: list[tuple[float, int]], page: Page) -> None:
    back, number, forward = st.columns([1, 4, 1], vertical_alignment="center")
    if back.button("Previous", icon=":material/chevron_left:", disabled=not cursors, shortcut="p"):
        _keep(wanted, cursors[:-1])
        st.rerun()
    number.caption(f"page {len(cursors) + 1}")
    if forward.button(
        "Next", icon=":material/chevron_right:", disabled=page.next_cursor is None, shortcut="n"
    ):
        assert page.next_cursor is not None
        _keep(wanted, [*cursors, page.next_cursor])
        st.rerun()


def _ask_view(wanted: Filter) -> None:
    store = session.store()
    saved = {v.name: v.filter for v in flow.views(store)}
    title, choose, act, keep = st.columns([3, 3, 1, 1], vertical_alignment="center")
    title.subheader("Browse")
    name = choose.selectbox(
        "Saved views",
        list(saved),
        index=None,
        placeholder="Saved views" if saved else "No saved views yet",
        disabled=not saved,
        label_visibility="collapsed",
        key="browse-view",
        on_change=_show_view,
        args=(saved,),
    )
    act.button(
        "Forget",
        icon=":material/delete:",
        disabled=name is None,
        on_click=_forget_view,
        args=(name,),
    )
    with keep.popover("Save", icon=":material/bookmark_add:"):
        new_name = st.text_input("Name of this filter", key="browse-view-name")
        st.button(
            "Save view",
            disabled=not new_name.strip() or wanted.is_empty,
            on_click=_save_view,
            args=(new_name, wanted),
        )


def _show_view(saved: dict[str, Filter]) -> None:
    chosen = st.session_state["browse-view"]
    if chosen is not None:
        st.query_params.from_dict(to_params(saved[chosen]))


def _forget_view(name: str | None) -> None:
    if name is not None:
        flow.drop_view(session.store(), name)
        session.notify(f"The view {name} is forgotten.")


def _save_view(name: str, wanted: Filter) -> None:
    flow.save_view(session.store(), name, wanted)
    session.notify(f"This filter is saved as {name.strip()}.")
