"""Model endpoints, as a part of Settings: who is asked, with which key, and whether it answers.

A key is entered and never shown again; the field is empty again once it is kept.
"""

from __future__ import annotations

import streamlit as st

from app import session
from app.flows.endpoint_settings import (
    EndpointView,
    endpoint_view,
    forget_key,
    keep_endpoint,
    try_now,
)
from app.flows.endpoints import Asker
from components.notices import draw_error, escape
from curation.errors import LoopwrightError
from curation.generators.trial import Trial, VectorTrial

TITLES = {
    Asker.JUDGE: "Judge",
    Asker.PROBE: "Probed model",
    Asker.SIMULATOR: "Tool simulator",
    Asker.GENERATOR: "Sample generator",
    Asker.EMBED: "Embedding model",
}
PURPOSES = {
    Asker.JUDGE: "Says whether the label or the prediction is wrong.",
    Asker.PROBE: "The model you train: asked for its own answer to every step.",
    Asker.SIMULATOR: "Proposes what a tool would have answered to a call you changed.",
    Asker.GENERATOR: "Writes new samples from verified errors.",
    Asker.EMBED: "Gives vectors of what users ask, to find duplicates by (loopwright embed).",
}
ENTERED = "endpoint-entered"
"""How often a form was kept: its fields are new ones then, and nothing stays in them."""


def draw_endpoints() -> None:
    """One form for each kind of model."""
    st.markdown("**Model endpoints**")
    st.caption(
        "Any OpenAI-compatible API. Nothing leaves this machine before you start a job or press "
        "Try it. A key is kept in a file that only you can read: not in the database, its backups "
        "or exports."
    )
    for asker, tab in zip(TITLES, st.tabs(list(TITLES.values())), strict=True):
        with tab:
            st.caption(PURPOSES[asker])
            _draw(endpoint_view(session.store(), asker))


def _draw(shown: EndpointView) -> None:
    asker = shown.asker
    n = session.recall(f"{ENTERED}-{asker}") or 0
    with st.form(f"endpoint-{asker}-{n}", border=False):
        url_at, model_at, key_at = st.columns([4, 3, 3])
        url = url_at.text_input(
            "Base URL",
            shown.base_url,
            placeholder="http://127.0.0.1:8000/v1",
            disabled=bool(shown.url_from),
            key=f"endpoint-url-{asker}-{n}",
            help=_told_by(shown.url_from),
        )
        model = model_at.text_input(
            "Model",
            shown.model,
            placeholder="name, as the API has it",
            disabled=bool(shown.model_from),
            key=f"endpoint-model-{asker}-{n}",
            help=_told_by(shown.model_from),
        )
        key = key_at.text_input(
            f"Key ({'set' if shown.has_key else 'not set'})",
            type="password",
            placeholder="enter another to replace it"
            if shown.has_key
            else "many local servers need none",
            disabled=bool(shown.key_from),
            autocomplete="new-password",
            key=f"endpoint-key-{asker}-{n}",
            help=_told_by(shown.key_from) or "Belongs to this address; another address forgets it.",
        )
        save_at, _ = st.columns([1, 5])
        save = save_at.form_submit_button(
            "Save", icon=":material/save:", width="stretch", key=f"endpoint-save-{asker}-{n}"
        )
    for variable in filter(None, (shown.url_from, shown.model_from, shown.key_from)):
        st.caption(f":material/lock: `{variable}` of the environment says so; change it there.")
    if shown.note:
        st.warning(escape(shown.note), icon=":material/key_off:")
    if save:
        _save(asker, url, model, key)
    try_at, forget_at, _ = st.columns([1, 1, 4])
    tried = try_at.button(
        "Try it",
        icon=":material/network_ping:",
        disabled=not shown.is_ready,
        key=f"endpoint-try-{asker}",
        width="stretch",
        help="Asks three tiny questions. Save first: it tries what is kept.",
    )
    if (
        shown.has_key
        and not shown.key_from
        and forget_at.button(
            "Forget the key", icon=":material/key_off:", key=f"endpoint-forget-{asker}"
        )
    ):
        _forget(asker)
    if tried:
        _try(asker)


def _told_by(variable: str) -> str | None:
    return f"Set by {variable} of the environment." if variable else None


def _save(asker: Asker, url: str, model: str, key: str) -> None:
    try:
        is_gone = keep_endpoint(session.store(), asker, base_url=url, model=model, new_key=key)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    _renew(asker)
    session.notify(
        "Kept. The address is another one, so its key was removed: enter the new one."
        if is_gone
        else f"{TITLES[asker]}: kept."
    )
    st.rerun()


def _forget(asker: Asker) -> None:
    try:
        forget_key(session.store(), asker)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    _renew(asker)
    session.notify("The key is gone.", ":material/key_off:")
    st.rerun()


def _renew(asker: Asker) -> None:
    session.remember(f"{ENTERED}-{asker}", int(session.recall(f"{ENTERED}-{asker}") or 0) + 1)


def _try(asker: Asker) -> None:
    with st.spinner("Asking…"):
        try:
            trial = try_now(session.store(), asker)
        except LoopwrightError as problem:
            draw_error(problem)
            return
    if isinstance(trial, VectorTrial):
        told = (
            f"It answered in {trial.latency_s:.2f} s with a vector of {trial.dimension:,} numbers."
        )
        st.success(told, icon=":material/check:")
        return
    st.success(_in_words(trial), icon=":material/check:")


def _in_words(trial: Trial) -> str:
    said = f": “{escape(trial.said)}”" if trial.said else " with no text"
    facts = (
        ("log-probabilities", trial.logprobs),
        ("JSON by a schema", trial.structured),
        ("native tool calls", trial.native_calls),
    )
    listed = "  \n".join(f"{_mark(found)} {name}" for name, found in facts)
    return f"It answered in {trial.latency_s:.2f} s{said}.  \n{listed}"


def _mark(found: bool | None) -> str:
    if found is None:
        return "? did not say whether it gives"
    return "✓ gives" if found else "✗ does not give"
