"""Settings: who you are, which models are asked, your keys, and what the environment says."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session
from app.flows.signing_in import sign_in
from app.settings import PREFIX, Settings, load_settings
from app.views.endpoints import draw_endpoints
from components.notices import escape
from components.viewer import draw_keys


def show() -> None:
    """Draw the annotator's name, the model endpoints, their keys and the environment's settings."""
    st.subheader("Settings")
    name = st.text_input(
        "Your name as annotator",
        value=session.current_annotator(),
        key="settings-name",
        help="Annotations are signed with it. `?as=NAME` in the address does the same.",
    )
    if st.button("Use this name", icon=":material/person:", disabled=not name.strip()):
        session.become(name)
        session.notify(f"You annotate as {name.strip()}.")
        st.rerun()
    draw_endpoints()
    _keys()
    st.markdown("**Of the environment**")
    values = load_settings()
    fields = Settings.model_fields
    st.dataframe(
        pd.DataFrame(
            {
                "setting": [PREFIX + n.upper() for n in fields],
                "value": [_shown(n, getattr(values, n)) for n in fields],
                "meaning": [(f.description or "").replace("\n", " ") for f in fields.values()],
            }
        ),
        hide_index=True,
        column_config={"meaning": st.column_config.TextColumn("meaning", width="large")},
    )
    st.caption("Set these as environment variables before the studio starts.")


def _keys() -> None:
    """The keys of Annotate, as this annotator moved them."""
    annotator = session.current_annotator()
    st.markdown("**Keys of Annotate**")
    st.caption(f"Kept for {escape(annotator)} in the studio: they are the same in any browser.")
    known = sign_in(session.store(), annotator)
    draw_keys(token=known.token, keys=known.keys, key=f"keys-{annotator}")


def _shown(name: str, value: object) -> str:
    """The value, without the password of a database address."""
    text = "" if value is None else str(value)
    if name == "database_url" and "@" in text:
        scheme, _, rest = text.partition("://")
        return f"{scheme}://…@{rest.rpartition('@')[2]}"
    return text
