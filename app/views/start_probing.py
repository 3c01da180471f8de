"""Starting a probe: a model asked for its own answer to every step."""

from __future__ import annotations

import streamlit as st

from app import session
from app.flows.endpoints import Asker
from app.flows.forecast import Forecast, forecast_probe
from app.flows.probe import ProbeRequest
from app.views.start_fields import (
    Told,
    ask_budget,
    ask_dataset,
    close_dialog,
    draw_endpoint,
    finish,
    lacking,
    settings_here,
)
from app.views.start_judging import in_words
from components.words import counted


@st.dialog("Probe a model", width="large", on_dismiss=close_dialog)
def ask_probe(dataset: str | None) -> None:
    """Which model answers which steps, how, and what that comes to."""
    settings = settings_here()
    if settings is None:
        return
    st.caption(
        "The model is asked for its own answer to every step; what differs from the label comes "
        "into Verify."
    )
    draw_endpoint(settings, Asker.PROBE)
    model_at, dataset_at = st.columns([3, 2])
    model = model_at.text_input("Model", settings.probe_model, key="start-probe-model")
    chosen = ask_dataset(dataset_at, dataset, "start-probe-dataset")
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
    tokens, usd = ask_budget("probe")
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
    finish(
        "probe",
        request,
        lacking(request.base_url, request.model),
        lambda: _answers(forecast_probe(session.store(), request, settings)),
        who="The probe",
    )


def _answers(told: Forecast) -> Told:
    steps = counted(told.items, "step")
    return in_words(f"**{counted(told.left, 'answer')}** to ask for, to {steps}", told)
