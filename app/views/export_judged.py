"""The part of Export about rewards and judgements: which steps are rewarded, and how many examples
are wanted before anything is written."""

from __future__ import annotations

import msgspec
import streamlit as st

from app import session
from app.flows.export import ExportRequest
from app.flows.export_forecast import forecast
from components.notices import draw_error, escape
from curation.errors import LoopwrightError
from storage.engine import Store

JUDGING = ("kto",)
"""Types whose rows are wanted or unwanted."""


def ask_rl(kind: str) -> dict[str, float]:
    """What is asked of a type for reinforcement learning; its defaults for all others."""
    if kind != "rl":
        return {}
    place, _ = st.columns([1, 4])
    share = place.number_input(
        "Steps without a call %",
        0,
        100,
        0,
        key="export-no-calls",
        help="Where the right answer makes no call, any words earn the reward. A few such steps "
        "keep a model from calling tools always; many of them teach nothing.",
    )
    return {"no_call": share / 100}


def draw_balance(request: ExportRequest) -> None:
    """How many of the rows will be wanted, and how many not."""
    if request.type not in JUDGING:
        return
    store = session.store()
    # The folder makes no difference to what is in it, and changes with every letter typed.
    asked = msgspec.json.encode(msgspec.structs.replace(request, out=""))
    try:
        text = _counted(store, store.url, asked)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    st.caption(f":material/balance: {escape(text)}")


@st.cache_data(ttl=10, max_entries=16, show_spinner=False)
def _counted(_store: Store, url: str, request: bytes) -> str:
    return forecast(_store, msgspec.json.decode(request, type=ExportRequest)).text
