"""Overview: the numbers behind the charts, one call a chart set."""

from __future__ import annotations

from msgspec import Struct

from storage import charts
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
