"""Problems of an import as a table: where, what, what to do."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from curation.importing import Problem
from storage.problems import StoredProblem


def draw_problem_table(problems: Sequence[Problem | StoredProblem]) -> None:
    """One row a problem."""
    st.dataframe(
        pd.DataFrame(
            {
                "where": [p.where for p in problems],
                "what": [p.message for p in problems],
                "what to do": [p.hint for p in problems],
            }
        ),
        hide_index=True,
    )
