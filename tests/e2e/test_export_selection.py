"""Selecting in the browser: a field is counted at once, and what it says is saved as a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.flows.recipe_text import read_recipe
from tests.e2e.conftest import Studio, settled
from tests.pairs import pair_rows


def test_a_budget_is_counted_and_saved_as_a_recipe(studio: Studio, page: Any) -> None:
    studio.fill("selected", pair_rows("selected", 4))
    page.goto(f"{studio.url}/export?as=sela")
    settled(page)
    for field, wanted in (("include", "All that nobody"), ("dataset", "selected")):
        page.locator(f".st-key-export-{field} input").first.fill(wanted)  # of many, few are drawn
        page.get_by_role("option", name=wanted).first.click()
        settled(page)
    page.get_by_text("Selection", exact=True).click()
    page.get_by_role("tab", name="Places and order").click()
    budget = page.get_by_role("spinbutton", name="Budget")
    budget.fill("3")
    budget.press("Enter")
    page.get_by_text("3 of 4 trajectories are taken.").wait_for(timeout=20_000)
    page.locator(".st-key-export-composition .js-plotly-plot .bars").first.wait_for(
        state="attached", timeout=20_000
    )
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the recipe").click()
    asked = read_recipe(Path(download.value.path()).read_text(encoding="utf-8"))
    assert (asked.include, asked.dataset, asked.selection.budget) == ("all", "selected", 3)
