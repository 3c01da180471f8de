"""Overview: where the data stands. Every mark of every chart leads to its trajectories."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import streamlit as st

from app import session
from app.flows import overview as flow
from app.flows.browse import choices
from app.flows.overview import Overview
from app.views.filters import ask_dataset, to_params
from app.views.navigation import go, link
from components import charts
from components.notices import draw_empty
from storage.browse import Filter


def show() -> None:
    """Draw the charts for one dataset or all."""
    store = session.store()
    datasets = choices(store).datasets
    title, choose = st.columns([3, 1], vertical_alignment="center")
    title.subheader("Overview")
    if not datasets:
        draw_empty("Nothing to measure yet", "Import a file; its numbers appear here.")
        link("ingest", "Ingest a file", ":material/upload_file:")
        return
    dataset = ask_dataset(choose, datasets)
    numbers = flow.overview(store, dataset)
    left, right = st.columns(2)
    with left:
        _draw_funnel(numbers, dataset)
        _draw_tools(numbers, dataset)
        _draw_outcomes(numbers, dataset)
    with right:
        _draw_checks(numbers, dataset)
        _draw_categories(numbers, dataset)
        _draw_throughput(numbers, dataset)


def _query(behind: Filter) -> str:
    return urlencode(to_params(behind))


def _draw(title: str, figure: object, key: str, empty: str, n: int) -> None:
    st.markdown(f"**{title}**")
    if n == 0:
        st.caption(empty)
        return
    event = st.plotly_chart(
        figure,
        key=key,
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
    )
    query = charts.clicked(event)
    if query is not None:
        go("browse", **dict(parse_qsl(query)))


def _draw_funnel(numbers: Overview, dataset: str | None) -> None:
    rows = numbers.funnel
    figure = charts.funnel(rows, [_query(flow.behind_stage(b, dataset)) for b in rows])
    _draw("The way of the data", figure, f"funnel-{dataset}", "", len(rows))


def _draw_checks(numbers: Overview, dataset: str | None) -> None:
    rows = numbers.findings_by_check
    figure = charts.bars(rows, [_query(flow.behind_check(b, dataset)) for b in rows], "findings")
    _draw(
        "Trajectories by finding",
        figure,
        f"checks-{dataset}",
        "No findings. Run the checks from Jobs, or the data is clean.",
        len(rows),
    )


def _draw_tools(numbers: Overview, dataset: str | None) -> None:
    rows = numbers.findings_by_tool
    figure = charts.bars(rows, [_query(flow.behind_tool(b, dataset)) for b in rows], "errors")
    _draw(
        "Trajectories with errors, by tool",
        figure,
        f"tools-{dataset}",
        "No call breaks its schema.",
        len(rows),
    )


def _draw_categories(numbers: Overview, dataset: str | None) -> None:
    rows = numbers.marks_by_category
    figure = charts.bars(rows, [_query(flow.behind_category(b, dataset)) for b in rows], "marks")
    _draw(
        "Trajectories by category",
        figure,
        f"categories-{dataset}",
        "No committed annotation has a mark yet.",
        len(rows),
    )


def _draw_outcomes(numbers: Overview, dataset: str | None) -> None:
    rows = numbers.outcomes_by_day
    query = {(r.day, r.part): _query(flow.behind_outcome(r, dataset)) for r in rows}
    _draw(
        "Annotated by day and outcome",
        charts.by_day(rows, query),
        f"outcomes-{dataset}",
        "No annotation in the last 30 days.",
        len(rows),
    )


def _draw_throughput(numbers: Overview, dataset: str | None) -> None:
    rows = numbers.annotations_by_annotator
    query = {(r.day, r.part): _query(flow.behind_annotator(r, dataset)) for r in rows}
    _draw(
        "Annotated by day and annotator",
        charts.by_day(rows, query),
        f"throughput-{dataset}",
        "No annotation in the last 30 days.",
        len(rows),
    )
