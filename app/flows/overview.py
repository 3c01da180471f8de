"""Overview: the numbers behind the charts, one call a chart set, and the trajectories behind each
mark: `behind_*` gives the filter of Browse that finds as many as the mark says."""

from __future__ import annotations

from msgspec import Struct

from storage import charts
from storage.browse import Filter
from storage.charts import Bar, DayCount
from storage.engine import Store


class Overview(Struct, frozen=True):
    """Everything the overview draws, for one dataset or all."""

    funnel: list[Bar]
    findings_by_check: list[Bar]
    findings_by_tool: list[Bar]
    marks_by_category: list[Bar]
    outcomes_by_day: list[DayCount]
    annotations_by_annotator: list[DayCount]


def overview(store: Store, dataset: str | None = None) -> Overview:
    """Read all chart data in one snapshot."""
    with store.read() as conn:
        return Overview(
            funnel=charts.funnel(conn, dataset),
            findings_by_check=charts.findings_by_check(conn, dataset),
            findings_by_tool=charts.findings_by_tool(conn, dataset),
            marks_by_category=charts.marks_by_category(conn, dataset),
            outcomes_by_day=charts.outcomes_by_day(conn, dataset),
            annotations_by_annotator=charts.annotations_by_annotator(conn, dataset),
        )


def behind_stage(bar: Bar, dataset: str | None = None) -> Filter:
    """Those that reached a stage of the funnel; every one that is listed was imported."""
    return Filter(dataset=dataset, reached=None if bar.label == "imported" else bar.label)


def behind_check(bar: Bar, dataset: str | None = None) -> Filter:
    """Those with a finding of a check."""
    return Filter(dataset=dataset, check=bar.label)


def behind_tool(bar: Bar, dataset: str | None = None) -> Filter:
    """Those with an error in a call of a tool."""
    return Filter(dataset=dataset, broken_tool=bar.label)


def behind_category(bar: Bar, dataset: str | None = None) -> Filter:
    """Those that an annotation marks with a category."""
    return Filter(dataset=dataset, category=f"{bar.part}/{bar.label}")


def behind_outcome(count: DayCount, dataset: str | None = None) -> Filter:
    """Those annotated on a day with an outcome."""
    return Filter(dataset=dataset, day=count.day, said=count.part)


def behind_annotator(count: DayCount, dataset: str | None = None) -> Filter:
    """Those annotated on a day by an annotator."""
    return Filter(dataset=dataset, day=count.day, annotator=count.part)
