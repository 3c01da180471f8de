"""Checks: what each rule looks for, how severe it is, and an example that triggers it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from curation.checking import CHECKS, Severity
from curation.trajectory import encode_messages

SEVERITY_ICONS = {
    Severity.ERROR: "▲ error",
    Severity.WARNING: "◆ warning",
    Severity.INFO: "● info",
}


def show() -> None:
    """Draw the rule catalogue."""
    st.subheader("Checks")
    st.caption(
        "Rules that need no model. They run on import and after every correction; their findings "
        "stand at their anchor in Annotate and order the queue."
    )
    checks = list(CHECKS)
    frame = pd.DataFrame(
        {
            "check": [c.name for c in checks],
            "severity": [SEVERITY_ICONS[c.severity] for c in checks],
            "looks for": [c.doc.split("\n\n")[0] for c in checks],
            "version": [c.version for c in checks],
        }
    )
    event = st.dataframe(
        frame,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="checks-table",
        height=min(400, 38 + 35 * len(checks)),  # the text of the chosen row shows below it
        column_config={
            "severity": st.column_config.TextColumn("severity", width=90),
            "check": st.column_config.TextColumn("check", width=220),
            "looks for": st.column_config.TextColumn("looks for", width=720),
            "version": st.column_config.NumberColumn("version", width=70),
        },
    )
    rows = event["selection"]["rows"]
    if not rows:
        st.caption("Select a row for its full text and an example.")
        return
    check = checks[rows[0]]
    st.markdown(f"**{check.title}** `{check.name}`")
    st.text(check.doc)
    st.caption("A trajectory that triggers it")
    st.code(encode_messages(check.triggers.messages).decode(), language="json", wrap_lines=True)
