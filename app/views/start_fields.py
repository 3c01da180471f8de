"""What the dialogs that start work share: where it goes, on what data, within which budget, what it
would come to, and the press that starts it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import streamlit as st
from msgspec import Struct

from app import session
from app.flows import jobs
from app.flows.browse import choices
from app.flows.endpoint_settings import settings_in_force
from app.flows.endpoints import Asker
from app.settings import Settings
from app.views.navigation import link
from components.notices import draw_error, escape
from curation.errors import LoopwrightError

OPEN = "start-open"
"""Which dialog is open, and on which page: it stays so when the page around it is drawn anew."""


class Told(Struct, frozen=True):
    """What a run would come to."""

    words: str
    is_something: bool
    """Whether anything is left to ask."""


def open_dialog(place: str, name: str) -> None:
    """Have this dialog opened on the page."""
    session.remember(OPEN, f"{place}:{name}")


def close_dialog() -> None:
    """None is open any more."""
    session.remember(OPEN, None)


def settings_here() -> Settings | None:
    """The settings in force; None when they cannot be read, which is said."""
    try:
        return settings_in_force(session.store())
    except LoopwrightError as problem:
        draw_error(problem)
        return None


def ask_dataset(column: Any, named: str | None, key: str) -> str | None:
    """Choose one dataset, or all."""
    datasets = choices(session.store()).datasets
    chosen: str | None = column.selectbox(
        "Dataset",
        datasets,
        index=datasets.index(named) if named in datasets else None,
        placeholder="all datasets",
        key=key,
    )
    return chosen


def draw_endpoint(settings: Settings, asker: Asker) -> None:
    """Where the questions go."""
    url = getattr(settings, f"{asker}_base_url")
    if not url:
        st.warning("No endpoint is set up for this yet.", icon=":material/link_off:")
        link("settings", "Enter one in Settings", ":material/settings:")
        return
    has_key = bool(getattr(settings, f"{asker}_api_key").get_secret_value())
    st.caption(f"Asks {escape(url)}, {'with its key' if has_key else 'without a key'}.")


def ask_budget(kind: str) -> tuple[int | None, float | None]:
    """Tokens and US dollars at which it stops."""
    tokens_at, usd_at = st.columns(2)
    tokens = tokens_at.number_input(
        "Stop at tokens", 1, None, None, 10_000, placeholder="no limit", key=f"start-tokens-{kind}"
    )
    usd = usd_at.number_input(
        "Stop at US dollars", 0.0, None, None, placeholder="no limit", key=f"start-usd-{kind}"
    )
    return tokens, usd


def lacking(base_url: str | None, model: str) -> str:
    """What must be named before a model can be asked, in words; "" for nothing."""
    if not base_url:
        return "an endpoint"
    return "" if model else "a model"


def finish(
    kind: str, request: Struct, missing: str, foresee: Callable[[], Told], *, who: str
) -> None:
    """What it would come to, and the press that starts it.

    Args:
        kind: of the job.
        missing: what must be named first, in words; "" for nothing.
        who: what then is in front of the worker, in words.
    """
    told: Told | None = None
    if missing:
        st.caption(f"Name {missing} to see what would be asked.")
    else:
        try:
            told = foresee()
        except LoopwrightError as problem:
            draw_error(problem)
        else:
            st.info(told.words, icon=":material/calculate:")
    if st.button(
        "Start",
        type="primary",
        icon=":material/play_arrow:",
        disabled=told is None or not told.is_something,
        key=f"start-{kind}-now",
    ):
        jobs.enqueue(session.store(), kind, msgspec.to_builtins(request))
        close_dialog()
        session.notify(f"{who} is in front of the worker; Jobs shows how far it is.")
        st.rerun()


def names_in(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(filter(None, (one.strip() for one in text.split(","))))


def spending_words(
    questions: str, tokens: tuple[int, int], usd: tuple[float, float] | None, basis: str
) -> str:
    """Questions, tokens and dollars, and how they were estimated, in two short lines."""
    cost = "no price on record"
    if usd is not None:
        low, high = (f"{one:,.2f}" if one >= 0.01 else "under 0.01" for one in usd)
        cost = f"about {low if low == high else f'{low} to {high}'} US dollars"
    return f"{questions}, about {span(*tokens)} tokens, {cost}.  \n{escape(basis)}"


def span(low: int, high: int) -> str:
    """`12`, or `12 to 18`."""
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
