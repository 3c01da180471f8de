"""Forms of Rounds: begin one, try what its mixture would be, close it with that."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session
from app.flows import rounds as flow
from app.flows.browse import choices
from app.flows.court import models_in_court
from app.flows.identity import annotator_named
from app.flows.rounds import RoundNow
from app.settings import load_settings
from components.notices import draw_error
from components.round_charts import PARTS
from curation.errors import LoopwrightError
from curation.high_perplexity import HighPerplexity, KeepBy
from curation.mixture import FILL, PRESETS, MixtureRecord, MixtureSpec
from curation.rounds import RoundSetup

PRESET_WORDS = {
    FILL: "Fill up: all errors, all expanded, then new seeds, then high perplexity",
    "D1": "D1 of LoopTool: seed data alone",
    "D2": "D2 of LoopTool: 10 % errors, 36 % expanded, 23 % high perplexity, 31 % new",
    "D3": "D3 of LoopTool: 19 % errors, 44 % expanded, 22 % high perplexity, 15 % new",
    "D4": "D4 of LoopTool: 20 % errors, 45 % expanded, 27 % high perplexity, 8 % new",
}
RULE_WORDS = {
    KeepBy.SHARE: "The least sure share, in %",
    KeepBy.COUNT: "At most so many",
    KeepBy.THRESHOLD: "From this perplexity on",
}
_DEFAULTS = {KeepBy.SHARE: 100.0, KeepBy.COUNT: 1_000.0, KeepBy.THRESHOLD: 1.5}
_BUDGET = 1_000


def part_rows(record: MixtureRecord) -> pd.DataFrame:
    """The sets of a mixture as a table."""
    return pd.DataFrame(
        {
            "set": [PARTS[one.part] for one in record.counts],
            "available": [one.available for one in record.counts],
            "wanted": [one.wanted for one in record.counts],
            "drawn": [one.chosen for one in record.counts],
            "short": [one.short for one in record.counts],
        }
    )


def draw_start() -> None:
    """The form that begins a round."""
    store = session.store()
    datasets = choices(store).datasets
    models = models_in_court(store)
    with st.form("rounds-start", border=False):
        model = st.selectbox(
            "Model",
            models,
            index=None,
            placeholder="none: seed data alone",
            help="Whose answers are looked at. A model is here when it was probed, or when its "
            "predictions were imported.",
            key="rounds-model",
        )
        asked = st.multiselect("What it was asked", datasets, key="rounds-datasets")
        seeds = st.multiselect(
            "New seed data from",
            datasets,
            help="Only what no round has used and this model was not asked. Empty: what it was "
            "asked.",
            key="rounds-seeds",
        )
        expanded = st.multiselect(
            "Expanded samples from",
            datasets,
            help="Datasets that were made from errors. Empty: all that were grown from what it was "
            "asked.",
            key="rounds-expanded",
        )
        note = st.text_input("Note", max_chars=flow.MAX_NOTE, key="rounds-note")
        if not st.form_submit_button("Start the round", type="primary"):
            return
    setup = RoundSetup(
        model or "",
        tuple(asked),
        tuple(seeds) if seeds else None,
        tuple(expanded) if expanded else None,
        load_settings().mastered_by,
    )
    try:
        who = annotator_named(store, session.current_annotator())
        begun = flow.start(store, who, setup, note=note)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    st.query_params["round"] = str(begun.number)
    session.notify(f"Round {begun.number} is open.")
    st.rerun()


def draw_closing(one: RoundNow) -> None:
    """The form of a mixture; what it would be; the button that closes the round with it."""
    number = one.round.number
    asked, shown = st.columns([3, 2], gap="medium")
    with asked:
        st.markdown("**Draw its mixture**")
        spec = _ask(number)
    with shown:
        st.markdown("**What would be drawn now**")
        try:
            record = flow.preview(session.store(), number, spec)
        except LoopwrightError as problem:
            draw_error(problem)
            return
        _draw_preview(record)
        if st.button(
            "Close the round with it",
            type="primary",
            icon=":material/lock:",
            disabled=not record.size,
            help="Counts and steps stay as they are then." if record.size else "It holds nothing.",
            key=f"rounds-close-{number}",
        ):
            _close(number, spec)


def _ask(number: int) -> MixtureSpec:
    preset = st.selectbox(
        "Preset",
        PRESETS,
        format_func=PRESET_WORDS.__getitem__,
        key=f"rounds-preset-{number}",
    )
    first = st.columns(3)
    budget = first[0].number_input(
        "Budget, in steps", 1, 10_000_000, _BUDGET, key=f"rounds-budget-{number}"
    )
    seed_new = first[1].number_input(
        "New seeds, at most",
        0,
        10_000_000,
        None,
        placeholder="half of before",
        disabled=preset != FILL,
        help="Empty: half as many as the round before drew; 31 % of the budget after none.",
        key=f"rounds-new-{number}",
    )
    seed = first[2].number_input(
        "Draw", 0, 1_000_000, 0, help="Another number draws others.", key=f"rounds-seed-{number}"
    )
    second = st.columns(3, vertical_alignment="bottom")
    by = second[0].selectbox(
        "High perplexity",
        list(RULE_WORDS),
        format_func=RULE_WORDS.__getitem__,
        help="Which mastered steps are considered, before the budget is.",
        key=f"rounds-by-{number}",
    )
    value = second[1].number_input(
        RULE_WORDS[by],
        min_value=1.0 if by is KeepBy.THRESHOLD else 0.0,
        max_value=100.0 if by is KeepBy.SHARE else 10_000_000.0,
        value=_DEFAULTS[by],
        step=0.1 if by is KeepBy.THRESHOLD else 1.0,
        label_visibility="collapsed",
        key=f"rounds-value-{number}-{by}",
    )
    keep = second[2].toggle(
        "Keep where both are right",
        value=True,
        help="Steps ruled BOTH_CORRECT count as mastered, and are drawn when their perplexity is "
        "high. Otherwise they are left out.",
        key=f"rounds-both-{number}",
    )
    value = value / 100 if by is KeepBy.SHARE else value
    new = None if seed_new is None or preset != FILL else int(seed_new)
    return MixtureSpec(
        int(budget), str(preset), new, HighPerplexity(by, float(value)), bool(keep), int(seed)
    )


def _draw_preview(record: MixtureRecord) -> None:
    st.dataframe(part_rows(record), hide_index=True)
    if record.short:
        st.caption(
            f":material/warning: {record.size:,} of {record.spec.budget:,} steps: "
            f"{record.short:,} short."
        )
    else:
        st.caption(f":material/check: {record.size:,} steps, the whole budget.")


def _close(number: int, spec: MixtureSpec) -> None:
    store = session.store()
    try:
        who = annotator_named(store, session.current_annotator())
        closed = flow.close(store, who, number, spec)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    assert closed.mixture is not None
    session.notify(f"Round {number} is closed with {closed.mixture.size:,} steps.")
    st.rerun()
