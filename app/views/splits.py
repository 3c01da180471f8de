"""The split ledger, as a dialog on the Export page: who is on which side, and what is withheld."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session
from app.flows.splits import LedgerState, look_at_ledger
from curation.splits import Split

SHOWN = 200
"""Families on several sides that are listed."""


@st.dialog("Splits", width="large")
def show_splits(shares: tuple[float, float, float]) -> None:
    """Draw the ledger of these shares."""
    found = look_at_ledger(session.store(), shares)
    st.caption(
        "A family (a task, its corrections, what grew from it, near-duplicates) is put on one side "
        "when it is first exported, and stays there however much data comes later."
    )
    _draw_sides(found, shares)
    if found.waiting:
        st.markdown(f"**{found.waiting:,}** groups have no side yet: the next export deals them.")
    if found.families:
        st.markdown(
            f"**{found.families:,}** families hold several groups; "
            f"the largest holds {found.largest:,}."
        )
    _draw_conflicts(found)


def _draw_sides(found: LedgerState, shares: tuple[float, float, float]) -> None:
    total = sum(found.groups.values())
    rows = [
        {
            "split": side.value,
            "groups": found.groups[side],
            "share": found.groups[side] / total if total else None,
            "asked": share,
        }
        for side, share in zip(Split, shares, strict=True)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "share": st.column_config.ProgressColumn(
                "share", format="percent", min_value=0.0, max_value=1.0
            ),
            "asked": st.column_config.NumberColumn("asked for", format="percent"),
        },
    )


def _draw_conflicts(found: LedgerState) -> None:
    if not found.conflicts:
        return
    st.warning(
        f"{len(found.conflicts):,} families stand on several sides, tied together by data that "
        "came later. Nothing moved: the more protected side is used, the rest is withheld as "
        "split-conflict.",
        icon=":material/call_split:",
    )
    rows = [
        {
            "family": one.family,
            **{side.value: one.sides.get(side, 0) for side in Split},
            "used": one.used.value,
        }
        for one in found.conflicts[:SHOWN]
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    if len(found.conflicts) > SHOWN:
        st.caption(f"The first {SHOWN}; `loopwright splits --json` has all.")
