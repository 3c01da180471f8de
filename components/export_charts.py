"""Plotly figures of exports: how the composition of two differs."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from components.charts import COLOURS, PALETTE, plain
from curation.export_difference import Shift

_SHOWN = 15
_ROW_PX = 34


def composition_shift(shifts: Sequence[Shift]) -> go.Figure:
    """Rows before and after, side by side, of the values that differ most."""
    most = sorted(shifts, key=lambda one: -abs(one.after - one.before))[:_SHOWN]
    names = [plain(f"{one.dimension}: {one.value}"[:60]) for one in most]
    figure = go.Figure(
        [
            go.Bar(
                name=name,
                x=values,
                y=names,
                orientation="h",
                text=[f"{n:,}" for n in values],
                textposition="auto",
                marker_color=colour,
            )
            for name, values, colour in (
                ("after", [one.after for one in most], PALETTE[0]),
                ("before", [one.before for one in most], COLOURS["info"]),
            )
        ]
    )
    figure.update_layout(
        barmode="group",
        height=90 + _ROW_PX * len(most),
        margin={"l": 0, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "traceorder": "reversed"},
        xaxis_title="rows",
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure
