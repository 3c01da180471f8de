"""Settings: who you are, where the data is, and what may be changed from the environment."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session
from app.settings import PREFIX, Settings, load_settings


def show() -> None:
    """Draw the annotator's name and the settings in force."""
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
    st.markdown("**In force**")
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


def _shown(name: str, value: object) -> str:
    """The value, without the password of a database address."""
    text = "" if value is None else str(value)
    if name == "database_url" and "@" in text:
        scheme, _, rest = text.partition("://")
        return f"{scheme}://…@{rest.rpartition('@')[2]}"
    return text
