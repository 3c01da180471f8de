"""Starting a judge or a probe from a page: what, of whom, within which budget, and what it means.

Each dialog says what would be asked and what that may cost, as it is filled in; one press queues
the job. The worker carries it out; `jobs.draw_running` shows how far it is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import streamlit as st

from app import session
from app.flows import jobs
from app.flows.browse import choices
from app.flows.endpoint_settings import settings_in_force
from app.flows.endpoints import Asker
from app.flows.forecast import Forecast, forecast_judge, forecast_pass, forecast_probe
from app.flows.judge_setup import DEFAULT_RUBRIC, JudgeRequest
from app.flows.pass_setup import PassRequest, pass_names
from app.flows.probe import ProbeRequest
from app.flows.uploads import keep_upload
from app.settings import Settings
from app.views.navigation import link
from components.notices import draw_error, escape
from components.words import counted
from curation.errors import LoopwrightError
from curation.judging import JUDGES
from curation.rubric import About, builtin_rubrics

KINDS = ("judge", "judge-pass", "probe", "match", "ingest-predictions")
"""Kinds of job that change what Verify and Judges show."""
TITLES = {
    "rules": "Rules: decide what can be proven, no model",
    "openai": "A model behind an endpoint",
    "replay": "Replies from a recording",
}


OPEN = "start-open"
"""Which dialog is open, and on which page: it stays so when the page around it is drawn anew."""


def draw_starters(column: Any, place: str, dataset: str | None) -> None:
    """A menu of what can be started here, and the dialog that is open."""
    chosen = column.menu_button(
        "Start",
        list(DIALOGS),
        format_func=lambda name: DIALOGS[name][0],
        icon=":material/play_arrow:",
        key=f"start-{place}",
        width="stretch",
    )
    if chosen is not None:
        _open(place, chosen)
    opened_at, _, name = str(session.recall(OPEN) or "").partition(":")
    if opened_at == place:
        DIALOGS[name][1](dataset)


def draw_start_buttons(place: str, *names: str) -> None:
    """The same as buttons, for a page that has nothing else to show yet."""
    with st.container(horizontal=True):
        for i, name in enumerate(names):
            st.button(
                DIALOGS[name][0],
                type="secondary" if i else "primary",
                icon=":material/play_arrow:",
                key=f"start-{name}-{place}",
                on_click=_open,
                args=(place, name),
            )


def _open(place: str, name: str) -> None:
    session.remember(OPEN, f"{place}:{name}")


def _close() -> None:
    session.remember(OPEN, None)


@st.dialog("Ask a judge", width="large", on_dismiss=_close)
def ask_judge(dataset: str | None) -> None:
    """Who judges what, how often, and what that comes to."""
    settings = _settings()
    if settings is None:
        return
    backend_at, dataset_at = st.columns([3, 2])
    names = sorted(JUDGES.names(), key=list(TITLES).index)
    backend = JUDGES.get(
        backend_at.selectbox(
            "Judge", names, format_func=lambda name: TITLES.get(name, name), key="start-backend"
        )
    )
    chosen = _dataset(dataset_at, dataset, "start-judge-dataset")
    st.caption(backend.doc)
    request = JudgeRequest(backend=backend.name, dataset=chosen)
    if backend.needs_endpoint:
        _draw_endpoint(settings, Asker.JUDGE)
        url = settings.judge_base_url or None
        request = msgspec.structs.replace(request, base_url=url)
    if backend.needs_endpoint or backend.needs_recording:
        request = _ask_votes(request, settings)
    if backend.needs_recording:
        request = msgspec.structs.replace(request, recording=_ask_recording(settings))
    if backend.needs_endpoint:
        tokens, usd = _ask_budget("judge")
        request = msgspec.structs.replace(request, max_tokens_total=tokens, budget_usd=usd)
    undecided_at, samples_at = st.columns(2)
    undecided = undecided_at.toggle(
        "Only what has no verdict from anybody yet", value=False, key="start-undecided"
    )
    samples = samples_at.toggle("Also what was only sampled", value=False, key="start-samples")
    request = msgspec.structs.replace(request, only_undecided=undecided, with_samples=samples)
    missing = ""
    if backend.needs_endpoint and not request.base_url:
        missing = "an endpoint"
    elif backend.needs_recording and not request.recording:
        missing = "a recording"
    elif (backend.needs_endpoint or backend.needs_recording) and not request.models:
        missing = "a model"
    _finish("judge", request, missing, lambda: forecast_judge(session.store(), request, settings))


@st.dialog("Probe a model", width="large", on_dismiss=_close)
def ask_probe(dataset: str | None) -> None:
    """Which model answers which steps, how, and what that comes to."""
    settings = _settings()
    if settings is None:
        return
    st.caption(
        "The model is asked for its own answer to every step; what differs from the label comes "
        "into Verify."
    )
    _draw_endpoint(settings, Asker.PROBE)
    model_at, dataset_at = st.columns([3, 2])
    model = model_at.text_input("Model", settings.probe_model, key="start-probe-model")
    chosen = _dataset(dataset_at, dataset, "start-probe-dataset")
    greedy_at, rollouts_at, warm_at = st.columns([3, 2, 2], vertical_alignment="bottom")
    greedy = greedy_at.toggle(
        "The likeliest answer to each step", value=True, key="start-greedy", help="Temperature 0."
    )
    rollouts = rollouts_at.number_input(
        "Sampled answers a step", 0, 1000, 0, key="start-rollouts", help="For a pass rate."
    )
    temperature = warm_at.number_input(
        "Their temperature", 0.0, 2.0, 1.0, 0.1, disabled=not rollouts, key="start-temperature"
    )
    logprobs_at, text_at = st.columns(2)
    logprobs = logprobs_at.toggle("Log-probabilities, for the perplexity", True, key="start-probs")
    text_calls = text_at.toggle(
        "Calls as <tool_call> text",
        value=False,
        key="start-text-calls",
        help="For models without native tool calls: the tools stand in the prompt.",
    )
    tokens, usd = _ask_budget("probe")
    request = ProbeRequest(
        model=model.strip(),
        base_url=settings.probe_base_url or None,
        dataset=chosen,
        greedy=greedy,
        rollouts=rollouts,
        temperature=temperature,
        logprobs=logprobs,
        text_calls=text_calls,
        max_tokens_total=tokens,
        budget_usd=usd,
    )
    missing = ""
    if not request.base_url:
        missing = "an endpoint"
    elif not request.model:
        missing = "a model"
    _finish("probe", request, missing, lambda: forecast_probe(session.store(), request, settings))


@st.dialog("Look by a rubric", width="large", on_dismiss=_close)
def ask_pass(dataset: str | None) -> None:
    """Which model looks at what of every step or turn, and what that comes to."""
    settings = _settings()
    if settings is None:
        return
    st.caption(
        "A model looks at the trajectories themselves, without any prediction. What it finds "
        "wanting stands among the findings in Annotate and Browse; it labels nothing."
    )
    _draw_endpoint(settings, Asker.JUDGE)
    rubrics = {one.name: one for one in builtin_rubrics() if one.name in pass_names()}
    rubric_at, dataset_at = st.columns([3, 2])
    rubric = rubric_at.selectbox(
        "Looks at", list(rubrics), format_func=lambda name: rubrics[name].title, key="start-pass"
    )
    chosen = _dataset(dataset_at, dataset, "start-pass-dataset")
    models_at, votes_at, equal_at = st.columns([4, 2, 2], vertical_alignment="bottom")
    models = models_at.text_input("Models", settings.judge_model, key="start-pass-models")
    votes = votes_at.number_input("Votes, at most", 1, 15, 3, key="start-pass-votes")
    least = equal_at.number_input("Of them must agree", 1, 15, 2, key="start-pass-equal")
    tool_items = rubrics[rubric].about is About.TURN and st.toggle(
        "Also what annotators ask of the tools that are called", value=True, key="start-pass-tools"
    )
    tokens, usd = _ask_budget("pass")
    request = PassRequest(
        rubric=rubric,
        dataset=chosen,
        models=tuple(filter(None, (one.strip() for one in models.split(",")))),
        base_url=settings.judge_base_url or None,
        tool_items=tool_items,
        votes=votes,
        least_equal=least,
        max_tokens_total=tokens,
        budget_usd=usd,
    )
    missing = "" if request.base_url else "an endpoint"
    if request.base_url and not request.models:
        missing = "a model"
    _finish(
        "judge-pass", request, missing, lambda: forecast_pass(session.store(), request, settings)
    )


DIALOGS = {
    "judge": ("Ask a judge…", ask_judge),
    "probe": ("Probe a model…", ask_probe),
    "pass": ("Look by a rubric…", ask_pass),
}
"""What can be started: its name on a button, and what asks for the rest."""


def _settings() -> Settings | None:
    try:
        return settings_in_force(session.store())
    except LoopwrightError as problem:
        draw_error(problem)
        return None


def _dataset(column: Any, named: str | None, key: str) -> str | None:
    datasets = choices(session.store()).datasets
    chosen: str | None = column.selectbox(
        "Dataset",
        datasets,
        index=datasets.index(named) if named in datasets else None,
        placeholder="all datasets",
        key=key,
    )
    return chosen


def _draw_endpoint(settings: Settings, asker: Asker) -> None:
    """Where the questions go."""
    url = getattr(settings, f"{asker}_base_url")
    if not url:
        st.warning("No endpoint is set up for this yet.", icon=":material/link_off:")
        link("settings", "Enter one in Settings", ":material/settings:")
        return
    has_key = bool(getattr(settings, f"{asker}_api_key").get_secret_value())
    st.caption(f"Asks {escape(url)}, {'with its key' if has_key else 'without a key'}.")


def _ask_votes(request: JudgeRequest, settings: Settings) -> JudgeRequest:
    models_at, rubric_at = st.columns([3, 2])
    named = models_at.text_input(
        "Models",
        settings.judge_model,
        key=f"start-models-{request.backend}",
        help="Names as the API has them, separated by commas: votes go round them.",
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
        models=tuple(filter(None, (one.strip() for one in named.split(",")))),
        rubric=rubric,
        votes=votes,
        least_equal=least,
        both_orders=orders,
    )


def _ask_recording(settings: Settings) -> str | None:
    uploaded = st.file_uploader(
        "File of recorded replies", type=["jsonl", "json"], key="start-recording"
    )
    if uploaded is None:
        return None
    kept: Path = keep_upload(settings.uploads, uploaded.name, uploaded.getvalue())
    return str(kept.resolve())


def _ask_budget(kind: str) -> tuple[int | None, float | None]:
    tokens_at, usd_at = st.columns(2)
    tokens = tokens_at.number_input(
        "Stop at tokens", 1, None, None, 10_000, placeholder="no limit", key=f"start-tokens-{kind}"
    )
    usd = usd_at.number_input(
        "Stop at US dollars", 0.0, None, None, placeholder="no limit", key=f"start-usd-{kind}"
    )
    return tokens, usd


def _finish(
    kind: str,
    request: JudgeRequest | ProbeRequest | PassRequest,
    missing: str,
    foresee: Callable[[], Forecast],
) -> None:
    """What it would come to, and the press that starts it.

    Args:
        missing: what must be named first, in words; "" for nothing.
    """
    told: Forecast | None = None
    if missing:
        st.caption(f"Name {missing} to see what would be asked.")
    else:
        try:
            told = foresee()
        except LoopwrightError as problem:
            draw_error(problem)
        else:
            st.info(in_words(kind, told), icon=":material/calculate:")
    if st.button(
        "Start",
        type="primary",
        icon=":material/play_arrow:",
        disabled=told is None or not told.left,
        key=f"start-{kind}-now",
    ):
        jobs.enqueue(session.store(), kind, msgspec.to_builtins(request))
        what = "The probe" if kind == "probe" else "The judge"
        _close()
        session.notify(f"{what} is in front of the worker; Jobs shows how far it is.")
        st.rerun()


def in_words(kind: str, told: Forecast) -> str:
    """What a run would ask, in two short lines."""
    if kind == "judge":
        what = f"**{counted(told.left, 'case')}** to judge"
        done = told.items - told.left
        aside = [f"{told.matched:,} match and go to no judge" if told.matched else ""]
    elif kind == "judge-pass":
        what, done, aside = f"About **{counted(told.left, 'place')}** to look at", 0, []
    else:
        what = f"**{counted(told.left, 'answer')}** to ask for, to {counted(told.items, 'step')}"
        done = 0
        aside = []
    aside.append(f"{done:,} are judged already" if done else "")
    first = "; ".join([what, *filter(None, aside)])
    if not told.left:
        return f"{first}. Nothing is left to ask."
    if told.tokens is None:
        return f"{first}. Costs nothing."
    asked = _span(told.least, told.most)
    cost = "no price on record"
    if told.usd is not None:
        low, high = (f"{one:,.2f}" if one >= 0.01 else "under 0.01" for one in told.usd)
        cost = f"about {low if low == high else f'{low} to {high}'} US dollars"
    return (
        f"{first}.  \n{asked} questions, about {_span(*told.tokens)} tokens, {cost}.  \n"
        f"{escape(told.basis)}"
    )


def _span(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
