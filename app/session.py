"""What one browser session knows: the store, who is annotating, and small notices.

The only place that touches `session_state` for the application (widget keys aside). It holds ids
and strings; objects are fetched anew on each run. The annotator travels in the URL as `as`, so a
reload or a shared link keeps it.
"""

from __future__ import annotations

import streamlit as st

from app.flows.opening import the_store
from app.settings import load_settings
from components.notices import escape
from storage.engine import Store

_NOTICE = "notice"
_ANNOTATOR = "annotator"


def store() -> Store:
    """The process-wide store."""
    return the_store()


def current_annotator() -> str:
    """Name of the person at this browser: from the URL, else the session, else the setting."""
    named = st.query_params.get("as") or st.session_state.get(_ANNOTATOR)
    name = (named or load_settings().annotator).strip()
    st.session_state[_ANNOTATOR] = name
    return name


def become(name: str) -> None:
    """Annotate as `name` from now on."""
    st.session_state[_ANNOTATOR] = name.strip()
    if "as" in st.query_params:
        del st.query_params["as"]


def notify(text: str, icon: str = ":material/check:") -> None:
    """Show a notice, as plain text, after the next rerun (one that survives a callback)."""
    st.session_state[_NOTICE] = (text, icon)


def show_notice() -> None:
    """Show the pending notice once."""
    pending = st.session_state.pop(_NOTICE, None)
    if pending is not None:
        text, icon = pending
        st.toast(escape(text), icon=icon)


def remember(key: str, value: str | int | None) -> None:
    """Keep a small value for a page (a cursor, a chosen id)."""
    st.session_state[f"page:{key}"] = value


def recall(key: str) -> str | int | None:
    """The value `remember` kept, or None."""
    value: str | int | None = st.session_state.get(f"page:{key}")
    return value
