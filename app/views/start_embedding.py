"""Starting to make vectors: an embedding model asked about what users say."""

from __future__ import annotations

import streamlit as st

from app import session
from app.flows.embed import EmbedRequest
from app.flows.endpoints import Asker
from app.flows.forecast import Forecast, forecast_embed
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


@st.dialog("Make vectors", width="large", on_dismiss=close_dialog)
def ask_embed() -> None:
    """Which model gives vectors of which trajectories, and what that comes to."""
    settings = settings_here()
    if settings is None:
        return
    st.caption(
        "The model is asked for a vector of what the users of each trajectory say. Duplicates are "
        "found by them."
    )
    draw_endpoint(settings, Asker.EMBED)
    model_at, dataset_at = st.columns([3, 2])
    model = model_at.text_input("Model", settings.embed_model, key="start-embed-model")
    chosen = ask_dataset(dataset_at, None, "start-embed-dataset")
    tokens, usd = ask_budget("embed")
    request = EmbedRequest(
        model=model.strip(),
        base_url=settings.embed_base_url or None,
        dataset=chosen,
        max_tokens_total=tokens,
        budget_usd=usd,
    )
    finish(
        "embed",
        request,
        lacking(request.base_url, request.model),
        lambda: _missing(forecast_embed(session.store(), request, settings)),
        who="The embedding",
    )


def _missing(told: Forecast) -> Told:
    return in_words(f"**{counted(told.left, 'trajectory')}** of {told.items:,} to ask about", told)
