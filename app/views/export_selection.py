"""The part of Export about what is taken of the candidates: the recipe as a form, counted live."""

from __future__ import annotations

import msgspec
import pandas as pd
import streamlit as st
from msgspec.structs import replace

from app import session
from app.flows import browse as browse_flow
from app.flows import selecting as flow
from app.flows.export import ExportRequest
from app.flows.recipe_text import read_recipe, recipe_text
from app.flows.selection_columns import Columns
from app.views.export_selection_form import ask, take_over
from components.notices import draw_error, escape
from components.selection_charts import composed
from curation.errors import LoopwrightError
from curation.funnel import Funnel
from curation.selection import NOTHING, By, Selection, check_selection
from storage.engine import Store

CHARTED = (By.TOOL, By.CATEGORY, By.LENGTH, By.DIFFICULTY)


def ask_selection(request: ExportRequest) -> Selection | None:
    """The selection that was asked for; None while it cannot be used."""
    store = session.store()
    with st.expander("Selection", icon=":material/filter_alt:"):
        asked = ask(
            browse_flow.choices(store),
            browse_flow.views(store),
            flow.models(store),
            flow.models_of_vectors(store),
        )
        whole = replace(request, selection=asked)
        try:
            check_selection(asked)
            if asked == NOTHING:
                st.caption("Nothing is said, so everything is taken, in the order of import.")
            else:
                _draw(_counted(store, whole))
        except LoopwrightError as problem:
            draw_error(problem)
            return None
        _files(whole)
    return asked


def _counted(store: Store, request: ExportRequest) -> flow.Preview:
    # Where it goes and how it is rendered changes nothing of what is taken.
    bare = replace(request, out="", template=None, context=None)
    candidates = replace(bare, selection=NOTHING)
    with st.spinner("Counting …", show_time=True):
        key = msgspec.json.encode(candidates)
        columns = _columns(store, store.url, key, flow.data_version(store))
        return flow.look(store, bare, columns)


@st.cache_resource(ttl=600, max_entries=2, show_spinner=False)
def _columns(_store: Store, url: str, request: bytes, version: tuple[int, ...]) -> Columns:
    """Kept while the data stays as it is: every other change of the form counts from memory."""
    return flow.look_up(_store, msgspec.json.decode(request, type=ExportRequest))


def _draw(found: flow.Preview) -> None:
    funnel = found.funnel
    st.markdown(f"**{funnel.chosen:,}** of {funnel.looked_at:,} trajectories are taken.")
    for short in funnel.short:
        st.warning(escape(short), icon=":material/warning:")
    table, chart = st.columns([2, 3], gap="medium")
    with table:
        st.dataframe(funnel_table(funnel), hide_index=True, width="stretch")
    with chart:
        known = {part.by for part in found.composition}
        kinds = [by for by in CHARTED if by in known]
        if kinds:
            st.plotly_chart(
                composed(found.composition, kinds),
                key="export-composition",
                config={"displayModeBar": False},
            )


def funnel_table(funnel: Funnel) -> pd.DataFrame:
    """The funnel, one rule a row."""
    rows = [("looked at", 0, funnel.looked_at)]
    rows += [(rule, left_out, remaining) for _, rule, left_out, remaining in funnel.rows()]
    return pd.DataFrame(rows, columns=["rule", "left out", "remaining"])


def _files(request: ExportRequest) -> None:
    save, load = st.columns([1, 3], vertical_alignment="bottom")
    save.download_button(
        "Save the recipe",
        recipe_text(request),
        "recipe.toml",
        "application/toml",
        icon=":material/download:",
        help="All of this page as a file for `loopwright export --recipe`.",
        on_click="ignore",
        width="stretch",
    )
    uploaded = load.file_uploader(
        "Take the selection of a recipe", type=["toml"], key="export-recipe-upload"
    )
    if uploaded is None or st.session_state.get(_TAKEN) == uploaded.file_id:
        return
    try:
        read = read_recipe(uploaded.getvalue().decode("utf-8", "replace"), uploaded.name)
        check_selection(read.selection)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    st.session_state[_TAKEN] = uploaded.file_id
    take_over(read.selection)
    st.rerun()


_TAKEN = "export-recipe-taken"
