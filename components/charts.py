"""Plotly figures of the overview. Each returns a figure whose marks carry what to filter by.

`customdata` of a mark is the query of the trajectories behind it, as "name=value" pairs; the view
turns a click into an address. Colours follow the severity or outcome, never the order. Plotly draws
tags it finds in any text, so names that come from data pass `plain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import plotly.graph_objects as go

COLOURS = {
    "error": "#c2413b",
    "warning": "#c98a1b",
    "info": "#5b7fa6",
    "accept": "#3c8f5a",
    "reject": "#c2413b",
    "unsure": "#c98a1b",
}
PALETTE = ("#4a63c4", "#3c8f5a", "#c98a1b", "#8a5bb5", "#3d96a6", "#b5577f", "#7a7f8a")

_BAR_PX = 26


class Counted(Protocol):
    """A bar: label, part and count."""

    @property
    def label(self) -> str: ...
    @property
    def part(self) -> str: ...
    @property
    def n(self) -> int: ...


class CountedOnDay(Protocol):
    """A count of one part on one UTC day, "YYYY-MM-DD"."""

    @property
    def day(self) -> str: ...
    @property
    def part(self) -> str: ...
    @property
    def n(self) -> int: ...


def bars(rows: Sequence[Counted], query: Sequence[str], name: str) -> go.Figure:
    """Horizontal bars, longest on top. `query[i]` is what a click on row i filters by."""
    figure = go.Figure(
        go.Bar(
            x=[r.n for r in rows],
            y=[plain(r.label) for r in rows],
            orientation="h",
            customdata=[[q] for q in query],
            text=[f"{r.n:,}" for r in rows],
            textposition="auto",
            marker_color=[COLOURS.get(r.part, PALETTE[0]) for r in rows],
            hovertemplate="%{y}: %{x:,}<br>%{meta}<extra></extra>",
            meta="click for the trajectories",
            name=name,
        )
    )
    # A category even where every name looks like a number or a day.
    figure.update_yaxes(autorange="reversed", automargin=True, type="category")
    figure.update_xaxes(showticklabels=False)
    return _calm(figure, height=90 + _BAR_PX * max(len(rows), 1))


def funnel(rows: Sequence[Counted], query: Sequence[str]) -> go.Figure:
    """The way of the data: how many trajectories reached each stage."""
    figure = go.Figure(
        go.Funnel(
            y=[plain(r.label) for r in rows],
            x=[r.n for r in rows],
            customdata=[[q] for q in query],
            textinfo="value+percent initial",
            marker_color=PALETTE[0],
            hovertemplate="%{y}: %{x:,}<extra></extra>",
        )
    )
    return _calm(figure, height=300)


def by_day(rows: Sequence[CountedOnDay], query: dict[tuple[str, str], str]) -> go.Figure:
    """Stacked bars per UTC day, one colour a part; `query[(day, part)]` filters on a click."""
    figure = go.Figure()
    parts = sorted({r.part for r in rows})
    for position, part in enumerate(parts):
        own = [r for r in rows if r.part == part]
        figure.add_bar(
            x=[r.day for r in own],
            y=[r.n for r in own],
            name=plain(part),
            customdata=[[query[r.day, part]] for r in own],
            marker_color=COLOURS.get(part, PALETTE[position % len(PALETTE)]),
            hovertemplate="%{fullData.name}, %{x}: %{y:,}<extra></extra>",
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(type="category")
    return _calm(figure, height=280)


def clicked(event: Any) -> str | None:
    """The query behind the mark that was clicked, or None."""
    points = event["selection"]["points"] if event else []
    if not points or not points[0].get("customdata"):
        return None
    data = points[0]["customdata"]
    # Streamlit hands a list back as a mapping from position to value.
    first = data["0"] if isinstance(data, dict) else data[0]
    return str(first)


def plain(text: str) -> str:
    """Text that Plotly shows letter by letter: no link, no markup, no formula."""
    for character, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(character, written)
    return text


def _calm(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        clickmode="event+select",
        showlegend=len(figure.data) > 1,
        legend={"orientation": "h", "y": 1.12},
        bargap=0.25,
    )
    return figure
