"""From a chart to the trajectories behind it, and one act on all of them, in a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.flows.annotate import perform
from app.flows.browse import find
from storage.browse import Filter
from tests.e2e.conftest import Studio
from tests.e2e.conversations import meetings
from tests.e2e.test_story import click, until
from tests.episodes import Person


@pytest.fixture
def worker(studio: Studio) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"],
        cwd=studio.folder,
        env={**os.environ, **studio.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield
    process.terminate()
    process.wait(timeout=30)


def fill(studio: Studio, dataset: str) -> None:
    """Four conversations, two of them with a call that lacks its city."""
    rows = meetings(dataset, 4, n_turns=1)
    for row in rows[:2]:
        row["messages"][2]["tool_calls"][0]["function"]["arguments"] = '{"seats": 2}'
    studio.fill(dataset, rows)


def click_bar(studio: Studio, page: Any, dataset: str, name: str) -> dict[str, list[str]]:
    """Click the first mark of the chart called `name`; the query of the page it leads to."""
    page.goto(f"{studio.url}/overview?dataset={dataset}")
    chart = page.locator(f".st-key-{name}-{dataset} .js-plotly-plot").first
    chart.wait_for(timeout=30_000)
    page.wait_for_timeout(1_500)  # plotly lays the chart out twice
    mark = chart.locator(".point").first
    mark.scroll_into_view_if_needed()
    page.wait_for_timeout(800)
    box = mark.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/browse?**", timeout=20_000)
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("checks", {"check": ["calls/missing-required"]}),
        ("tools", {"broken_tool": ["find_room"]}),
        ("funnel", {}),
    ],
)
def test_a_click_on_a_bar_leads_to_its_trajectories(
    studio: Studio, page: Any, name: str, expected: dict[str, list[str]]
) -> None:
    dataset = f"chart-{name}"
    fill(studio, dataset)
    assert click_bar(studio, page, dataset, name) == {"dataset": [dataset], **expected}
    n = 4 if name == "funnel" else 2  # its first stage is everything that was imported
    page.get_by_text(f"{n} trajectories").wait_for(timeout=20_000)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("outcomes", {"said": ["reject"]}),
        ("throughput", {"annotator": ["<b>throughput</b>"]}),
    ],
)
def test_a_click_on_a_day_leads_to_what_was_annotated(
    studio: Studio, page: Any, name: str, expected: dict[str, list[str]]
) -> None:
    dataset = f"chart-{name}"
    fill(studio, dataset)
    person = Person(studio.store, f"<b>{name}</b>")
    for uid in studio.uids(dataset)[:3]:
        ops = [person.op("outcome", uid, outcome="reject"), person.op("commit", uid)]
        done = perform(studio.store, person.info, person.session, ops)
        assert [r.status for r in done.results] == ["ok", "ok"]
    found = click_bar(studio, page, dataset, name)
    (day,) = found.pop("day")
    assert day == datetime.now(UTC).date().isoformat()
    assert found == {"dataset": [dataset], **expected}
    page.get_by_text("3 trajectories").wait_for(timeout=20_000)


def test_all_that_a_filter_finds_is_rejected_after_a_preview(
    studio: Studio, worker: None, page: Any
) -> None:
    fill(studio, "bulk")
    page.goto(f"{studio.url}/browse?dataset=bulk&with_errors=yes&as=lead")
    action = page.get_by_role("combobox", name="With all that were found")
    action.click()
    action.fill("Reject")
    action.press("Enter")
    page.wait_for_timeout(500)
    click(page, "Preview")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Reject: 2 trajectories").wait_for()
    dialog.locator("button", has=page.get_by_text("Reject 2", exact=True)).click()
    until(
        lambda: find(studio.store, Filter(dataset="bulk", outcome="reject")).count.n == 2,
        "two decisions",
    )
    assert find(studio.store, Filter(dataset="bulk", outcome="none")).count.n == 2
