"""Plotly figures of the loop: what every round's mixture is made of, and how its model did.

A bar carries "round|set" as its customdata, a point of the line "round|"; the view turns a click
into the steps behind it. The table of rounds beside them says the same in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from msgspec import Struct

from components.charts import PALETTE
from curation.mixture import Part

PARTS = {
    Part.ERROR_SEEDS: "Error seeds",
    Part.EXPANDED: "Expanded",
    Part.HIGH_PERPLEXITY: "High perplexity",
    Part.SEED_NEW: "New seed data",
}
"""What people read for every set."""

_COLOURS = dict(zip(Part, (PALETTE[5], PALETTE[2], PALETTE[0], PALETTE[1]), strict=True))
_PATTERNS = dict(zip(Part, ("/", "", "x", "."), strict=True))
"""Told apart without colour, too."""
LINE = PALETTE[3]


class RoundMark(Struct, frozen=True):
    """A round, as the charts show it."""

    number: int
    mixture: Mapping[Part, int]
    """Empty while it is open."""
    match_rate: float | None

    @property
    def label(self) -> str:
        """On the axis."""
        return f"Round {self.number}"


def mixtures(rounds: Sequence[RoundMark]) -> go.Figure:
    """Stacked bars: steps of every round's mixture by set."""
    figure = go.Figure()
    for part, name in PARTS.items():
        sizes = [one.mixture.get(part, 0) for one in rounds]
        figure.add_bar(
            x=[one.label for one in rounds],
            y=sizes,
            name=name,
            marker={
                "color": _COLOURS[part],
                "pattern": {
                    "shape": _PATTERNS[part],
                    "fillmode": "overlay",
                    "fgcolor": "rgba(255, 255, 255, 0.55)",
                    "size": 6,
                },
            },
            customdata=[[f"{one.number}|{part.value}"] for one in rounds],
            hovertemplate=f"%{{x}}, {name.lower()}: %{{y:,}}<br>click for the steps<extra></extra>",
        )
    for one in rounds:
        if not one.mixture:
            figure.add_annotation(x=one.label, y=0, text="open", showarrow=False, yshift=10)
    figure.update_layout(barmode="stack")
    figure.update_yaxes(title="steps", rangemode="tozero", fixedrange=True)
    return _calm(figure, rounds)


def match_rates(rounds: Sequence[RoundMark]) -> go.Figure:
    """A line: the share of every round's answers that match."""
    known = [(one, one.match_rate) for one in rounds if one.match_rate is not None]
    figure = go.Figure()
    figure.add_scatter(
        x=[one.label for one, _ in known],
        y=[rate for _, rate in known],
        mode="lines+markers+text",
        text=[f"{rate:.1%}" for _, rate in known],
        textposition="top center",
        cliponaxis=False,
        line={"color": LINE, "width": 2},
        marker={"size": 11, "color": LINE},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        customdata=[[f"{one.number}|"] for one, _ in known],
        hovertemplate="%{x}: %{y:.1%} match<br>click for the round<extra></extra>",
        name="match rate",
    )
    figure.update_yaxes(range=[0, 1.12], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(fixedrange=True)
    return _calm(figure, rounds)


def read_mark(text: str | None) -> tuple[int, Part | None] | None:
    """Round and set of a mark that was clicked; None for none."""
    if text is None:
        return None
    number, _, part = text.partition("|")
    return int(number), Part(part) if part else None


def _calm(figure: go.Figure, rounds: Sequence[RoundMark]) -> go.Figure:
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=[one.label for one in rounds],
        range=[-0.5, max(len(rounds), 4) - 0.5],
        fixedrange=True,
    )
    figure.update_layout(
        height=270,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        clickmode="event+select",
        showlegend=len(figure.data) > 1,
        legend={"orientation": "h", "y": 1.16, "traceorder": "normal"},
        bargap=0.45,
    )
    return figure
