"""Plotly figures of a judge's scorecard: its confusion with people, its precision and bounds.

A cell of the confusion carries "people|judge" as its customdata. Heatmaps report no clicks, so an
invisible marker lies on every cell. Cells have colours of their own, so their text has too, the
same in light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from components.charts import PALETTE
from curation.confusion import JUDGED, VERDICTS, Confusion
from curation.judge_scores import VerdictScore
from curation.verdicts import Verdict

UNSCORED = "unscored"
RIGHT, WRONG, EMPTY, BOUNDS = "#3c8f5a", "#c2413b", "#7a7f8a", "#c98a1b"
_PALE = {RIGHT: "#d5ebdc", WRONG: "#f3d6d4"}


def confusion(table: Confusion) -> go.Figure:
    """What people ruled (rows) against what the judge said (columns), counted."""
    most = max((n for row in table.counts for n in row), default=0) or 1
    columns = [verdict or UNSCORED for verdict in JUDGED]
    figure = go.Figure()
    for same, dark in ((True, RIGHT), (False, WRONG)):
        figure.add_heatmap(
            z=[
                [_shade(table, human, said, same=same, most=most) for said in JUDGED]
                for human in VERDICTS
            ],
            x=columns,
            y=list(VERDICTS),
            colorscale=[[0, _PALE[dark]], [1, dark]],
            zmin=0,
            zmax=1,
            showscale=False,
            hoverinfo="skip",
            xgap=2,
            ygap=2,
        )
    cells = [(human, said) for human in VERDICTS for said in JUDGED]
    figure.add_scatter(
        x=[said or UNSCORED for _, said in cells],
        y=[human.value for human, _ in cells],
        mode="markers",
        marker={"size": 44, "symbol": "square", "color": "rgba(0,0,0,0)"},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        text=[f"{table.count(*cell):,}" for cell in cells],
        customdata=[[f"{human}|{said or UNSCORED}"] for human, said in cells],
        hovertemplate="people %{y}, judge %{x}: %{text}<br>click for the cases<extra></extra>",
    )
    # Not as text of the markers: a selection would dim that of all the others.
    for human, said in cells:
        n = table.count(human, said)
        figure.add_annotation(
            x=said or UNSCORED,
            y=human.value,
            text=f"{n:,}",
            showarrow=False,
            font={"size": 15, "color": _text_colour(n, most)},
        )
    figure.update_xaxes(
        side="top", title="judge", type="category", showgrid=False, zeroline=False, fixedrange=True
    )
    figure.update_yaxes(
        autorange="reversed",
        title="people",
        automargin=True,
        type="category",
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    return _calm(figure, 300)


def _shade(
    table: Confusion, human: Verdict, said: Verdict | None, *, same: bool, most: int
) -> float | None:
    n = table.count(human, said)
    return n / most if n and (human is said) is same else None


def _text_colour(n: int, most: int) -> str:
    if n == 0:
        return EMPTY
    return "#ffffff" if n > 0.6 * most else "#16191f"


def precisions(scores: Sequence[VerdictScore], targets: dict[Verdict, float | None]) -> go.Figure:
    """Precision of every verdict with Wilson's bounds, against the target of its policy."""
    known = [score for score in scores if score.precision.value is not None]
    figure = go.Figure()
    figure.add_bar(
        x=[score.verdict.value for score in known],
        y=[score.precision.value for score in known],
        marker_color=PALETTE[0],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [_above(score) for score in known],
            "arrayminus": [_below(score) for score in known],
            "color": BOUNDS,
            "thickness": 3,
            "width": 8,
        },
        customdata=[[score.precision.n] for score in known],
        hovertemplate="%{x}: %{y:.1%} of %{customdata[0]:,}<extra></extra>",
        name="precision",
    )
    aimed = [(verdict, target) for verdict, target in targets.items() if target is not None]
    if aimed:
        figure.add_scatter(
            x=[verdict.value for verdict, _ in aimed],
            y=[target for _, target in aimed],
            mode="markers",
            marker={"symbol": "line-ew", "size": 64, "line": {"width": 3, "color": WRONG}},
            hovertemplate="%{x}: the lower bound has to reach %{y:.1%}<extra></extra>",
            name="target of the lower bound",
        )
    figure.update_xaxes(
        type="category", categoryorder="array", categoryarray=list(VERDICTS), fixedrange=True
    )
    figure.update_xaxes(range=[-0.5, len(VERDICTS) - 0.5])
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%", fixedrange=True)
    return _calm(figure, 300)


def _above(score: VerdictScore) -> float:
    value, interval = score.precision.value, score.precision.interval
    return 0.0 if value is None or interval is None else interval.high - value


def _below(score: VerdictScore) -> float:
    value, interval = score.precision.value, score.precision.interval
    return 0.0 if value is None or interval is None else value - interval.low


def _calm(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        clickmode="event+select",
        showlegend=sum(trace.name is not None for trace in figure.data) > 1,
        legend={"orientation": "h", "y": 1.14},
        bargap=0.45,
    )
    return figure
