"""How much of benchmarks was found in the data: a histogram of the scores of hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from components.charts import PALETTE
from curation.decontamination import HitKind

COLOURS = dict(zip(HitKind, PALETTE, strict=False))


def score_histogram(scores: Mapping[HitKind, Sequence[int]]) -> go.Figure:
    """Stacked bars, one colour a kind: hits by score, in equal bins from 0 to 1."""
    figure = go.Figure()
    for kind, counts in scores.items():
        width = 1 / len(counts)
        figure.add_bar(
            x=[(i + 0.5) * width for i in range(len(counts))],
            y=list(counts),
            width=width,
            name=kind.value,
            marker_color=COLOURS[kind],
            hovertemplate=f"{kind.value}, score about %{{x:.2f}}: %{{y:,}}<extra></extra>",
        )
    figure.update_layout(
        barmode="stack",
        height=190,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        showlegend=True,
        legend={"orientation": "h", "y": 1.2, "traceorder": "normal"},
    )
    figure.update_xaxes(range=[0, 1], title_text="score")
    figure.update_yaxes(title_text="hits", rangemode="tozero")
    return figure
