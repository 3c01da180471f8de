"""Starting an expansion: new samples grown from verified errors."""

from __future__ import annotations

import streamlit as st

from app import session
from app.flows.endpoints import Asker
from app.flows.expand_forecast import ExpandForecast, forecast_expand
from app.flows.expand_setup import ExpandRequest
from app.views.start_fields import (
    Told,
    ask_budget,
    ask_dataset,
    close_dialog,
    draw_endpoint,
    finish,
    lacking,
    names_in,
    settings_here,
    span,
    spending_words,
)
from components.notices import escape
from components.words import counted
from curation.directive import builtin_directives

SKIPPED = {
    "no-committed-correction": "wait for a committed correction",
    "no-call": "call nothing",
    "step-gone": "were taken out by a correction",
    "no-difference": "say the same by now",
    "disputed": "are disputed",
}
"""Why verified errors grow nothing, in words that follow their number."""


@st.dialog("Expand errors", width="large", on_dismiss=close_dialog)
def ask_expand(dataset: str | None) -> None:
    """Which errors new samples grow from, who writes and who checks them, and what that costs."""
    settings = settings_here()
    if settings is None:
        return
    st.caption(
        "A model writes new samples like the errors that people ruled on. What the rules and a "
        "judge let pass, and what is no near copy, becomes a dataset of its own and is queued."
    )
    draw_endpoint(settings, Asker.GENERATOR)
    model_at, dataset_at = st.columns([3, 2])
    model = model_at.text_input("Model that writes", settings.generator_model, key="start-writer")
    chosen = ask_dataset(dataset_at, dataset, "start-expand-dataset")
    judges_at, votes_at, equal_at = st.columns([4, 2, 2], vertical_alignment="bottom")
    judges = judges_at.text_input(
        "Models that judge the samples",
        settings.judge_model,
        placeholder="the one that writes",
        key="start-expand-judges",
        help="Names as the API has them, separated by commas. Another model than the writer is "
        "the better judge.",
    )
    votes = votes_at.number_input("Votes, at most", 1, 15, 3, key="start-expand-votes")
    least = equal_at.number_input("Of them must agree", 1, 15, 2, key="start-expand-equal")
    children_at, ways_at = st.columns([2, 6])
    children = children_at.number_input("Samples an error", 1, 100, 4, key="start-children")
    known = {one.name: one.title for one in builtin_directives()}
    ways = ways_at.multiselect(
        "What they vary",
        list(known),
        format_func=known.__getitem__,
        placeholder="everything alike",
        key="start-directives",
    )
    into_at, said_at = st.columns(2, vertical_alignment="bottom")
    into = into_at.text_input(
        "Dataset they join", placeholder="a new one, named after theirs", key="start-into"
    )
    judged = said_at.toggle(
        "Also errors that only a judge says are some", value=False, key="start-judged"
    )
    tokens, usd = ask_budget("expand")
    request = ExpandRequest(
        model=model.strip(),
        base_url=settings.generator_base_url or None,
        dataset=chosen,
        into=into.strip() or None,
        judge_models=names_in(judges),
        # Without a judge of its own, the writer is asked where it is.
        judge_base_url=(settings.judge_base_url or None) if names_in(judges) else None,
        votes=votes,
        least_equal=least,
        children=children,
        directives=dict.fromkeys(ways, 1.0),
        with_judge_verdicts=judged,
        max_tokens_total=tokens,
        budget_usd=usd,
    )
    finish(
        "expand",
        request,
        lacking(request.base_url, request.model),
        lambda: _samples(forecast_expand(session.store(), request, settings)),
        who="The expansion",
    )


def _samples(told: ExpandForecast) -> Told:
    parts = [f"**{counted(told.to_ask, 'sample')}** from {counted(told.seeds, 'error')}"]
    parts += [f"{n:,} {escape(SKIPPED.get(reason, reason))}" for reason, n in told.skipped.items()]
    first = "; ".join(parts)
    if not told.to_ask and not told.to_settle:
        remedy = "" if told.seeds else " Rule on predictions in Verify first."
        return Told(f"{first}. Nothing is left to ask.{remedy}", False)
    questions = (
        f"{counted(told.to_ask, 'sample')} and {span(told.least_votes, told.most_votes)} votes"
    )
    return Told(f"{first}.  \n{spending_words(questions, told.tokens, told.usd, told.basis)}", True)
