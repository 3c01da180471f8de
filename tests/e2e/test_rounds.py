"""Rounds in the browser: from a bar to the steps behind it and on to a case; closing by hand."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.flows import rounds as flow
from app.flows.identity import annotator_named
from app.flows.match import match
from app.flows.rule import rule
from curation.mixture import MixtureSpec
from curation.rounds import RoundSetup
from curation.verdicts import Verdict
from tests.e2e.conftest import Studio, settled
from tests.e2e.test_story import until
from tests.pairs import MODEL, pair_rows, prediction_ids


def open_rounds(studio: Studio, page: Any, dataset: str, who: str) -> tuple[list[int], int]:
    """Three answers ruled wrong, a round closed with one of them and one that is open; the page on
    the closed one. Returns the predictions and the number of the closed round."""
    studio.fill(dataset, pair_rows(dataset, 3))
    match(studio.store, dataset)
    ids = prediction_ids(studio.store, studio.uids(dataset))
    person = annotator_named(studio.store, who)
    for n, key in enumerate(ids, 1):
        rule(studio.store, person, key, Verdict.PRED_WRONG, session_id=f"{dataset}-{who}", n=n)
    setup = RoundSetup(MODEL, (dataset,), ())
    closed = flow.start(studio.store, person, setup).number
    flow.close(studio.store, person, closed, MixtureSpec(1))
    flow.start(studio.store, person, setup)
    page.goto(f"{studio.url}/rounds?as={who}&round={closed}")
    settled(page)
    return ids, closed


def test_a_bar_leads_to_its_steps_and_a_step_to_its_case(studio: Studio, page: Any) -> None:
    ids, closed = open_rounds(studio, page, "rounds", "rosa")
    chart = page.locator(".st-key-rounds-mixtures .js-plotly-plot").first
    chart.wait_for(timeout=30_000)
    bars = chart.locator(".trace.bars").first.locator(".point path")
    page.wait_for_timeout(1_500)  # plotly lays the chart out twice
    drawn = [box for box in (bar.bounding_box() for bar in bars.all()) if box and box["height"] > 3]
    box = drawn[-1]
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**part=error-seeds**", timeout=20_000)
    assert parse_qs(urlsplit(page.url).query)["round"] == [str(closed)]
    settled(page)
    page.get_by_text("Select a row to open its case.").wait_for()
    table = page.locator(f".st-key-rounds-steps-{closed}-error-seeds [data-testid=stDataFrame]")
    table.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    place = table.bounding_box()
    # The first row's box, below the head; the table is a canvas.
    page.mouse.click(place["x"] + 16, place["y"] + 52)
    page.wait_for_url("**/verify?**", timeout=20_000)
    assert int(parse_qs(urlsplit(page.url).query)["p"][0]) in ids


def test_a_round_is_closed_with_what_the_form_says(studio: Studio, page: Any) -> None:
    _, closed = open_rounds(studio, page, "rounds-close", "rosa")
    number = closed + 1
    page.goto(f"{studio.url}/rounds?as=rosa&round={number}")
    settled(page)
    budget = page.locator(f".st-key-rounds-budget-{number} input")
    budget.fill("2")
    budget.press("Enter")
    page.get_by_text("2 steps, the whole budget.").wait_for(timeout=20_000)
    page.get_by_role("button", name="Close the round with it").click()

    def size() -> int | None:
        mixture = flow.round_now(studio.store, number).round.mixture
        return mixture.size if mixture else None

    until(lambda: size() == 2, "the round is closed")
    page.get_by_text("Mixture: 2 of 2 steps").wait_for(timeout=20_000)
