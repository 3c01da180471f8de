"""Starting a judge of two answers, or a pass that looks at trajectories by a rubric."""

from __future__ import annotations

from pathlib import Path

import msgspec
import streamlit as st

from app import session
from app.flows.endpoints import Asker
from app.flows.forecast import Forecast, forecast_judge, forecast_pass
from app.flows.judge_setup import DEFAULT_RUBRIC, JudgeRequest
from app.flows.pass_setup import PassRequest, pass_names
from app.flows.uploads import keep_upload
from app.settings import Settings
from app.views.start_fields import (
    Told,
    ask_budget,
    ask_dataset,
    close_dialog,
    draw_endpoint,
    finish,
    names_in,
    settings_here,
    span,
    spending_words,
)
from components.words import counted
from curation.judging import JUDGES, JudgeBackend
from curation.rubric import About, builtin_rubrics


def _needs(backend: JudgeBackend) -> tuple[bool, bool, str]:
    return backend.needs_recording, backend.needs_endpoint, backend.name


@st.dialog("Ask a judge", width="large", on_dismiss=close_dialog)
def ask_judge(dataset: str | None) -> None:
    """Who judges what, how often, and what that comes to."""
    settings = settings_here()
    if settings is None:
        return
    backend_at, dataset_at = st.columns([3, 2])
    # What needs least comes first.
    known = {one.name: one for one in sorted(JUDGES, key=_needs)}
    backend = known[
        backend_at.selectbox(
            "Judge", list(known), format_func=lambda name: known[name].title, key="start-backend"
        )
    ]
    chosen = ask_dataset(dataset_at, dataset, "start-judge-dataset")
    st.caption(backend.doc)
    request = JudgeRequest(backend=backend.name, dataset=chosen)
    if backend.needs_endpoint:
        draw_endpoint(settings, Asker.JUDGE)
        url = settings.judge_base_url or None
        request = msgspec.structs.replace(request, base_url=url)
    if backend.needs_endpoint or backend.needs_recording:
        request = _ask_votes(request, settings)
    if backend.needs_recording:
        file = _ask_file(settings, "File of recorded replies", "start-recording")
        request = msgspec.structs.replace(request, recording=file)
    if backend.needs_endpoint:
        tokens, usd = ask_budget("judge")
        request = msgspec.structs.replace(request, max_tokens_total=tokens, budget_usd=usd)
    undecided_at, samples_at = st.columns(2)
    undecided = undecided_at.toggle(
        "Only what has no verdict from anybody yet", value=False, key="start-undecided"
    )
    samples = samples_at.toggle("Also what was only sampled", value=False, key="start-samples")
    request = msgspec.structs.replace(request, only_undecided=undecided, with_samples=samples)
    missing = ""
    if backend.needs_endpoint and not _have_addresses(request):
        missing = "an endpoint"
    elif backend.needs_recording and not request.recording:
        missing = "a recording"
    elif (backend.needs_endpoint or backend.needs_recording) and not request.models:
        missing = "a model"
    finish(
        "judge",
        request,
        missing,
        lambda: _cases(forecast_judge(session.store(), request, settings)),
        who="The judge",
    )


@st.dialog("Look by a rubric", width="large", on_dismiss=close_dialog)
def ask_pass(dataset: str | None) -> None:
    """Which model looks at what of every step or turn, and what that comes to."""
    settings = settings_here()
    if settings is None:
        return
    st.caption(
        "A model looks at the trajectories themselves, without any prediction. What it finds "
        "wanting stands among the findings in Annotate and Browse; it labels nothing."
    )
    draw_endpoint(settings, Asker.JUDGE)
    rubrics = {one.name: one for one in builtin_rubrics() if one.name in pass_names()}
    rubric_at, dataset_at = st.columns([3, 2])
    rubric = rubric_at.selectbox(
        "Looks at", list(rubrics), format_func=lambda name: rubrics[name].title, key="start-pass"
    )
    chosen = ask_dataset(dataset_at, dataset, "start-pass-dataset")
    models_at, votes_at, equal_at = st.columns([4, 2, 2], vertical_alignment="bottom")
    models = models_at.text_input("Models", settings.judge_model, key="start-pass-models")
    votes = votes_at.number_input("Votes, at most", 1, 15, 3, key="start-pass-votes")
    least = equal_at.number_input("Of them must agree", 1, 15, 2, key="start-pass-equal")
    tool_items, own = False, None
    if rubrics[rubric].about is About.TURN:
        own = _ask_file(settings, "Lists of your own, one turn a JSON line", "start-pass-own")
        tool_items = own is None and st.toggle(
            "Also what annotators ask of the tools that are called", True, key="start-pass-tools"
        )
    tokens, usd = ask_budget("pass")
    request = PassRequest(
        rubric=rubric,
        dataset=chosen,
        models=names_in(models),
        base_url=settings.judge_base_url or None,
        tool_items=tool_items,
        checklists=own,
        votes=votes,
        least_equal=least,
        max_tokens_total=tokens,
        budget_usd=usd,
    )
    missing = "" if _have_addresses(request) else "an endpoint"
    if not missing and not request.models:
        missing = "a model"
    finish(
        "judge-pass",
        request,
        missing,
        lambda: _places(forecast_pass(session.store(), request, settings)),
        who="The judge",
    )


def _ask_votes(request: JudgeRequest, settings: Settings) -> JudgeRequest:
    models_at, rubric_at = st.columns([3, 2])
    named = models_at.text_input(
        "Models",
        settings.judge_model,
        key=f"start-models-{request.backend}",
        help="Names as the API has them, separated by commas: votes go round them. A model with an "
        "address of its own is name@http://…",
    )
    rubrics = [one.name for one in builtin_rubrics() if one.about is About.PAIR]
    rubric = rubric_at.selectbox(
        "Rubric", rubrics, index=rubrics.index(DEFAULT_RUBRIC), key="start-rubric"
    )
    votes_at, equal_at, orders_at = st.columns([2, 2, 4], vertical_alignment="bottom")
    votes = votes_at.number_input("Votes, at most", 1, 15, request.votes, key="start-votes")
    least = equal_at.number_input(
        "Of them must agree", 1, 15, request.least_equal, key="start-equal"
    )
    orders = orders_at.toggle(
        "Each vote in both orders",
        value=True,
        key="start-orders",
        help="A vote counts only if the judge says the same with the answers exchanged.",
    )
    return msgspec.structs.replace(
        request,
        models=names_in(named),
        rubric=rubric,
        votes=votes,
        least_equal=least,
        both_orders=orders,
    )


def _ask_file(settings: Settings, label: str, key: str) -> str | None:
    uploaded = st.file_uploader(label, type=["jsonl", "json"], key=key)
    if uploaded is None:
        return None
    kept: Path = keep_upload(settings.uploads, uploaded.name, uploaded.getvalue())
    return str(kept.resolve())


def _have_addresses(request: JudgeRequest | PassRequest) -> bool:
    """Whether all models can be found: at the common address, or each at its own."""
    named = request.models
    return bool(request.base_url) or (bool(named) and all("@http" in one for one in named))


def _cases(told: Forecast) -> Told:
    parts = [f"**{counted(told.left, 'case')}** to judge"]
    if told.matched:
        parts.append(f"{told.matched:,} match and go to no judge")
    if told.items > told.left:
        parts.append(f"{told.items - told.left:,} are judged already")
    return in_words("; ".join(parts), told)


def _places(told: Forecast) -> Told:
    return in_words(f"About **{counted(told.left, 'place')}** to look at", told)


def in_words(first: str, told: Forecast) -> Told:
    """What there is to do, and what asking for it comes to."""
    if not told.left:
        return Told(f"{first}. Nothing is left to ask.", False)
    if told.tokens is None:
        return Told(f"{first}. Costs nothing.", True)
    questions = f"{span(told.least, told.most)} question{'' if told.most == 1 else 's'}"
    return Told(f"{first}.  \n{spending_words(questions, told.tokens, told.usd, told.basis)}", True)
