"""Figures show names from data letter by letter: Plotly draws tags it finds in any text."""

from __future__ import annotations

import html
import json
from typing import NamedTuple

import pytest

from components import charts


class Row(NamedTuple):
    label: str
    part: str
    n: int
    day: str = "2030-01-02"


HOSTILE = '<a href="https://elsewhere.invalid/">free</a><b>&amp;</b> $x$ %{x}'


@pytest.mark.parametrize("name", [HOSTILE, "<i>", "&lt;b&gt;"])
def test_no_text_of_a_figure_has_a_tag_of_the_data(name: str) -> None:
    rows = [Row(name, name, 2)]
    for figure in (
        charts.bars(rows, ["q"], "findings"),
        charts.funnel(rows, ["q"]),
        charts.by_day(rows, {(rows[0].day, name): "q"}),
    ):
        (trace,) = json.loads(figure.to_json())["data"]
        texts = [trace.get("name", ""), *(v for v in trace["y"] if isinstance(v, str))]
        assert not any(mark in text for text in texts for mark in "<>$")
        assert name in [html.unescape(text) for text in texts]
        assert name not in trace["hovertemplate"]


def test_names_that_look_like_numbers_stay_names() -> None:
    figure = charts.bars([Row("7", "error", 2), Row("2030-01-01", "error", 1)], ["a", "b"], "x")
    assert figure.layout.yaxis.type == "category"
