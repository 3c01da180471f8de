"""Plotly figure of a selection: what is taken and what is left out, side by side by kind."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from components.charts import COLOURS, PALETTE, plain
from curation.composition import Part
from curation.selection import By

SHOWN = 8
"""Values of a kind; the rest is one bar."""

_TITLES = {
    By.TOOL: "By tool",
    By.CATEGORY: "By category",
    By.DOMAIN: "By domain",
    By.LENGTH: "By steps",
    By.DIFFICULTY: "By difficulty",
}
_LETTERS = 22
_BAR_PX, _GAP_PX = 24, 70


def composed(parts: Sequence[Part], kinds: Sequence[By]) -> go.Figure:
    """Stacked bars of every kind, one chart each, two in a row.

    Where values have no order of their own the largest are shown and the rest is summed up.
    """
    rows = -(-len(kinds) // 2)
    shown_of = {by: _shown([part for part in parts if part.by is by]) for by in kinds}
    most = max(3, *(len(shown) for shown in shown_of.values()))
    height = 80 + rows * (_GAP_PX + _BAR_PX * most)
    figure = make_subplots(
        rows=rows,
        cols=2,
        subplot_titles=[_TITLES[by] for by in kinds],
        horizontal_spacing=0.2,
        vertical_spacing=_GAP_PX / height if rows > 1 else 0,
    )
    for place, shown in enumerate(shown_of.values()):
        at = {"row": place // 2 + 1, "col": place % 2 + 1}
        for name, colour, shape, counts in (
            ("taken", COLOURS["accept"], "", [part.taken for part in shown]),
            ("left out", PALETTE[6], "/", [part.left_out for part in shown]),
        ):
            figure.add_bar(
                x=counts,
                y=[_short(part.value) for part in shown],
                orientation="h",
                name=name,
                legendgroup=name,
                showlegend=place == 0,
                marker={
                    "color": colour,
                    # Told apart without colour, too.
                    "pattern": {
                        "shape": shape,
                        "fillmode": "overlay",
                        "fgcolor": "rgba(255, 255, 255, 0.55)",
                        "size": 6,
                    },
                },
                customdata=[[plain(part.value)] for part in shown],
                hovertemplate=f"%{{customdata[0]}}, {name}: %{{x:,}}<extra></extra>",
                **at,
            )
    figure.update_yaxes(autorange="reversed", type="category", automargin=True)
    figure.update_xaxes(tickformat="~s", nticks=4)
    figure.update_layout(
        barmode="stack",
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        dragmode=False,
        bargap=0.25,
        legend={"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0.5, "xanchor": "center"},
    )
    figure.update_annotations(font_size=13)
    return figure


def _shown(parts: Sequence[Part]) -> list[Part]:
    if len(parts) <= SHOWN:
        return list(parts)
    rest = parts[SHOWN - 1 :]
    name = f"{len(rest):,} others"
    taken, left_out = sum(part.taken for part in rest), sum(part.left_out for part in rest)
    return [*parts[: SHOWN - 1], Part(parts[0].by, name, taken, left_out)]


def _short(name: str) -> str:
    return plain(name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…")
