"""The fields of a selection. What a field cannot show, the recipe that was taken over keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from msgspec.structs import replace

from app.flows.browse import Choices
from app.views.export_selection_fields import Fields
from app.views.export_selection_repeats import ask_repeats
from curation.filters import Filter, Order
from curation.scoring import score_kinds
from curation.selection import (
    NOTHING,
    By,
    Cap,
    Difficulty,
    Gates,
    Measure,
    Prefer,
    Quota,
    RowOrder,
    ScoreGate,
    Selection,
    Sizes,
)
from storage.saved_views import SavedView

_BASE = "export-selection"

MEASURES = {
    Measure.STEPS: "Number of steps",
    Measure.CALLS: "Number of calls",
    Measure.PERPLEXITY: "Perplexity of a model",
    Measure.PASS_RATE: "Pass rate of a model",
}
PREFERS = {
    Prefer.RANDOM: "By the draw",
    Prefer.QUALITY: "The best judged first",
    Prefer.HARDEST: "The hardest first",
    Prefer.EASIEST: "The easiest first",
}
ORDERS = {
    RowOrder.STORED: "As imported",
    RowOrder.SHUFFLED: "Shuffled",
    RowOrder.EASY_TO_HARD: "Easy to hard",
}


def take_over(selection: Selection) -> None:
    """Show this selection in the form, from the next run on."""
    number, _ = _base()
    st.session_state[_BASE] = (number + 1, selection)


def _base() -> tuple[int, Selection]:
    found: tuple[int, Selection] = st.session_state.get(_BASE, (0, NOTHING))
    return found


def ask(
    choices: Choices, views: Sequence[SavedView], models: Sequence[str], vectors: Sequence[str]
) -> Selection:
    """Draw the fields; what they say now.

    Args:
        models: whose predictions there are.
        vectors: whose vectors there are.
    """
    number, base = _base()
    fields = Fields(number)
    which, quality, places = st.tabs(["Filters", "Quality", "Places and order"])
    with which:
        where, unless, domain = _ask_conditions(fields, base, choices, views)
        sizes = _ask_sizes(fields, base.sizes)
    with quality:
        gates = _ask_gates(fields, base.gates, choices)
        repeats = ask_repeats(fields, base, vectors)
    with places:
        shared = _ask_places(fields, base, models)
    return replace(
        shared,
        where=where,
        unless=unless,
        domain=domain,
        sizes=sizes,
        gates=gates,
        dedup=repeats.dedup,
        embedding_model=repeats.embedding_model,
        threshold=repeats.threshold,
        thinning=repeats.thinning,
    )


def _ask_places(fields: Fields, base: Selection, models: Sequence[str]) -> Selection:
    first = st.columns(6)
    budget = fields.number(first[0], "Budget", base.budget, least=1, help="In trajectories.")
    prefer = fields.word(first[1], "Who gets a place", PREFERS, base.prefer)
    order = fields.word(first[2], "Order of the rows", ORDERS, base.order)
    seed = fields.number(first[3], "Draw", base.seed, help="Another number draws others.")
    measure = fields.word(first[4], "Difficulty", MEASURES, base.difficulty.by)
    model = fields.choose(
        first[5],
        "Model",
        models,
        base.model,
        placeholder="the only one",
        help="Whose predictions say how difficult something is, and what scores are meant.",
    )
    caps, quotas = _ask_shares(fields, base)
    edges = base.difficulty.edges if measure is base.difficulty.by else ()
    return replace(
        base,
        seed=seed or 0,
        model=model,
        caps=caps,
        quotas=quotas,
        budget=budget,
        prefer=prefer,
        difficulty=Difficulty(measure, edges),
        order=order,
    )


def _ask_conditions(
    fields: Fields, base: Selection, choices: Choices, views: Sequence[SavedView]
) -> tuple[Filter | None, Filter | None, str]:
    saved = {view.name: replace(view.filter, order=Order.NEWEST) for view in views}
    columns = st.columns(5)
    only, name = _view(
        fields,
        columns[0],
        "Saved view",
        saved,
        base.where,
        help="A filter kept in Browse; the fields beside it change it.",
    )
    start, of_view = only or Filter(), fields.of_view(name)
    tool = of_view.choose(columns[1], "Tool", choices.tools, start.tool)
    category = of_view.choose(columns[2], "Category", choices.categories, start.category)
    check = of_view.choose(columns[3], "Finding", choices.checks, start.check)
    outcome = of_view.choose(
        columns[4], "Outcome", ("accept", "reject", "unsure", "none"), start.outcome
    )
    second = st.columns(5)
    unless, _ = _view(
        fields,
        second[0],
        "But not",
        saved,
        base.unless,
        help="Takes out what a saved view of Browse finds.",
    )
    low = of_view.number(second[1], "Messages from", start.min_messages)
    high = of_view.number(second[2], "Messages to", start.max_messages)
    domain = second[3].text_input(
        "A domain is",
        base.domain,
        key=fields.key("domain"),
        help="`dataset`, or `source.KEY` for a field that the source carried.",
    )
    where = replace(
        start,
        tool=tool,
        category=category,
        check=check,
        outcome=outcome,
        min_messages=low,
        max_messages=high,
    )
    return (None if where == Filter() else where), unless, domain.strip() or "dataset"


def _view(
    fields: Fields,
    place: Any,
    label: str,
    saved: dict[str, Filter],
    value: Filter | None,
    *,
    help: str,
) -> tuple[Filter | None, str]:
    """The filter that was chosen, and its name; "" for none."""
    options = dict(saved)
    if value is not None and value not in options.values():
        options["As in the recipe"] = value
    name = next((name for name, one in options.items() if one == value), None)
    chosen = fields.choose(place, label, list(options), name, placeholder="none", help=help)
    return (None, "") if chosen is None else (options[chosen], chosen)


def _ask_sizes(fields: Fields, base: Sizes) -> Sizes:
    columns = st.columns(6)
    found = {}
    for i, name in enumerate(Sizes.__struct_fields__):
        end, _, what = name.partition("_")
        label = f"{what.capitalize()} {'from' if end == 'min' else 'to'}"
        found[name] = fields.number(columns[i], label, getattr(base, name))
    return Sizes(**found)


def _ask_gates(fields: Fields, base: Gates, choices: Choices) -> Gates:
    columns = st.columns([1, 1, 1, 1, 2], vertical_alignment="bottom")
    no_errors = columns[0].toggle("No errors", base.no_errors, key=fields.key("no errors"))
    warnings = fields.number(columns[1], "Warnings, at most", base.max_warnings)
    people = fields.number(columns[2], "Annotators, at least", base.min_annotators)
    agreement = columns[3].number_input(
        "Agreement, at least %",
        0,
        100,
        round(base.min_agreement * 100),
        key=fields.key("agreement"),
        help="The share of its annotators who say the outcome that most of them say.",
    )
    clean = columns[4].multiselect(
        "Clean of what is found by",
        list(dict.fromkeys([*choices.checks, *base.clean])),
        list(base.clean),
        placeholder="no check is asked",
        key=fields.key("clean"),
    )
    scores = _ask_scores(fields, base)
    return replace(
        base,
        scores=scores,
        no_errors=no_errors,
        max_warnings=warnings,
        clean=tuple(clean),
        min_annotators=people or 0,
        min_agreement=base.min_agreement
        if agreement == round(base.min_agreement * 100)
        else agreement / 100,
    )


def _ask_shares(fields: Fields, base: Selection) -> tuple[tuple[Cap, ...], tuple[Quota, ...]]:
    columns = st.columns(2)
    by = st.column_config.SelectboxColumn("by", options=[one.value for one in By])
    with columns[0]:
        st.caption("Caps: at most so many of a value; of every value where none is named.")
        caps = _edited(
            fields.key("caps"),
            [[cap.by.value, cap.value, cap.most, _percent(cap.share)] for cap in base.caps],
            {"by": by, "value": "text", "at most": "whole", "% of budget": "number"},
        )
    with columns[1]:
        st.caption("Quotas: places for a value, in % of the budget.")
        quotas = _edited(
            fields.key("quotas"),
            [[quota.by.value, quota.value, _percent(quota.share)] for quota in base.quotas],
            {"by": by, "value": "text", "%": "number"},
        )
    return (
        tuple(
            Cap(By(kind), None if most is None else int(most), _share(share), value)
            for kind, value, most, share in caps
            if kind and (most is not None or share is not None)
        ),
        tuple(
            Quota(By(kind), value, share / 100)
            for kind, value, share in quotas
            if kind and value and share is not None
        ),
    )


def _ask_scores(fields: Fields, base: Gates) -> tuple[ScoreGate, ...]:
    st.caption("Scores: bounds of the mean over the model's answers.")
    scores = _edited(
        fields.key("scores"),
        [[gate.score, gate.least, gate.most] for gate in base.scores],
        {
            "score": st.column_config.SelectboxColumn("score", options=list(score_kinds())),
            "from": "number",
            "to": "number",
        },
    )
    return tuple(
        ScoreGate(score, low, high)
        for score, low, high in scores
        if score and (low is not None or high is not None)
    )


def _edited(key: str, rows: list[list[Any]], columns: dict[str, Any]) -> list[list[Any]]:
    """A table to write in; its rows, None where a cell is empty."""
    kinds = {"text": "object", "whole": "Int64", "number": "Float64"}
    frame = pd.DataFrame(rows, columns=list(columns)).astype(
        {name: kinds.get(kind, "object") for name, kind in columns.items() if _is_word(kind)}
    )
    edited = st.data_editor(
        frame,
        key=key,
        num_rows="dynamic",
        hide_index=True,
        height=120,
        width="stretch",
        column_config={name: kind for name, kind in columns.items() if not _is_word(kind)},
    )
    return [[_plain(cell) for cell in row] for row in edited.itertuples(index=False)]


def _plain(cell: Any) -> Any:
    """A cell without pandas; None for an empty one."""
    if pd.isna(cell) or cell == "":
        return None
    return cell.item() if isinstance(cell, np.generic) else cell


def _is_word(kind: Any) -> bool:
    return isinstance(kind, str)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 6)


def _share(percent: float | None) -> float | None:
    return None if percent is None else round(percent / 100, 8)
