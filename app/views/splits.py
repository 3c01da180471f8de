"""The split ledger, as a dialog on the Export page: who is on which side, and what is withheld."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import session
from app.flows.splits import LedgerState, look_at_ledger
from components.words import counted
from curation.split_ledger import LedgerSetup
from curation.splits import Split
from curation.stratified_splits import Stratum

SHOWN = 200
"""Families on several sides that are listed."""


STRATA = {
    Stratum.DATASET: "dataset",
    Stratum.TOOLS: "tools offered",
    Stratum.LENGTH: "number of steps",
    Stratum.CALLS: "number of calls",
}


def ask_splits(datasets: Sequence[str]) -> LedgerSetup:
    """Shares, what splits are to be alike in, and a fixed test set."""
    at = st.columns([1, 1, 2, 2, 1.2, 0.9], vertical_alignment="bottom")
    validation = at[0].number_input("Validation %", 0, 50, 10, key="export-validation")
    held_out = at[3].multiselect(
        "Test set",
        datasets,
        placeholder="by share",
        key="export-test-datasets",
        help="These datasets are the test set, and nothing else is.",
    )
    test = at[1].number_input("Test %", 0, 50, 10, key="export-test", disabled=bool(held_out))
    strata = at[2].multiselect(
        "Alike in",
        list(Stratum),
        format_func=lambda one: STRATA[one],
        placeholder="nothing: by hash alone",
        key="export-stratify",
        help="Deal groups so that splits hold the same share of each of these.",
    )
    tool_sets = at[4].toggle(
        "Tools apart",
        key="export-tool-sets",
        help="What offers the same set of tools stands in one split, so that test tools are new.",
    )
    shares = (1 - (validation + test) / 100, validation / 100, test / 100)
    setup = LedgerSetup(
        shares, stratify=tuple(strata), test_datasets=tuple(held_out), tool_sets=bool(tool_sets)
    )
    if at[5].button(
        "Splits",
        icon=":material/call_split:",
        width="stretch",
        help="Who is on which side, and what is withheld.",
    ):
        show_splits(setup)
    return setup


@st.dialog("Splits", width="large")
def show_splits(setup: LedgerSetup) -> None:
    """Draw the ledger of this setup."""
    found = look_at_ledger(session.store(), setup)
    st.caption(
        "A family (a task, its corrections, what grew from it, near-duplicates) is put on one side "
        "when it is first exported, and stays there however much data comes later."
    )
    _draw_sides(found, setup)
    if found.waiting:
        waiting = counted(found.waiting, "group")
        st.markdown(f"Without a side: **{waiting}**, which the next export deals.")
    if found.families:
        st.markdown(
            f"Of several groups: **{counted(found.families, 'family')}**, "
            f"the largest of {found.largest:,}."
        )
    _draw_conflicts(found)


def _draw_sides(found: LedgerState, setup: LedgerSetup) -> None:
    total = sum(found.groups.values())
    rows = [
        {
            "split": side.value,
            "groups": found.groups[side],
            "share": found.groups[side] / total if total else None,
            "asked": None if setup.test_datasets and side is Split.TEST else share,
        }
        for side, share in zip(Split, setup.dealt, strict=True)
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
        f"On several sides: {counted(len(found.conflicts), 'family')}, tied together by data that "
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
