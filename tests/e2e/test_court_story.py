"""Label verification once, all of it in the browser: predictions in, judges asked, cases ruled by
keys, and the judges measured by those rulings.

The trajectories, the predictions and what is true of them are the sample data of this repository. A
real worker runs what the pages start; the model judge is a server on loopback.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.flows.court import CourtFilter, case_for_court, queue_of
from app.flows.identity import annotator_named
from app.flows.jobs import list_jobs
from app.flows.scorecard import Scorecard, scorecards
from curation.court import CourtClass
from curation.figure_words import as_percent
from curation.verdicts import Verdict
from tests.disputed import reply
from tests.e2e.axe import in_themes
from tests.e2e.conftest import Studio, settled, wait_until
from tests.e2e.test_story import click, tell, until
from tests.e2e.test_verify import COURT
from tests.model_server import ModelServer, model_server

pytestmark = pytest.mark.own_page

SAMPLES = Path(__file__).parents[2] / "sample_data"
MODEL = "granite-fc-3b"
WHO = "judith"
KEY = "sk-only-for-loopback"
CHOSEN = ("retail-7-000132", "banking-7-000143", "airline-7-000148", "home-7-000194",
          "airline-7-000002", "devops-7-000141")  # fmt: skip
"""Rows of which the rules decide some cases and leave others to people."""


@pytest.fixture
def own_studio(start_studio: Callable[..., Studio], browser: Any) -> Iterator[Studio]:
    """A fresh studio with its worker."""
    studio = start_studio()
    worker = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"],
        cwd=studio.folder,
        env={**os.environ, **studio.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield studio
    worker.terminate()
    worker.wait(timeout=30)


@pytest.fixture
def truth() -> dict[tuple[str, int], Verdict]:
    """What is right about the predictions of the model."""
    lines = (SAMPLES / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return {
        (row["id"], said["message_index"]): Verdict(said["verdict"])
        for row in map(json.loads, lines)
        for said in row.get("verdicts", ())
        if row["id"] in CHOSEN and said["model"] == MODEL
    }


def sample_rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The chosen trajectories without their predictions, and the predictions by themselves."""
    lines = (SAMPLES / "trajectories.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["id"] in CHOSEN]
    answers = [
        {"source_id": row["id"], **answer}
        for row in rows
        for answer in row.pop("predictions")
        if answer["model"] == MODEL
    ]
    return rows, answers


def test_from_predictions_to_measured_judges(
    own_studio: Studio, page: Any, tmp_path: Path, truth: dict[tuple[str, int], Verdict]
) -> None:
    studio = own_studio
    rows, answers = sample_rows()
    studio.fill("shop", rows)
    n_open = predictions_come_in(studio, page, tmp_path, answers)
    assert 0 < n_open < len(truth), "what matches is in nobody's way"
    rules_judge(studio, page)
    ruled_by_keys(studio, page, truth)
    (card,) = scorecards(studio.store)
    assert (card.n_judged, card.gold) == (n_open, n_open)
    page_shows(studio, page, card)
    with model_server(reply("BOTH_CORRECT")) as server:
        model_judges(studio, page, server)
        assert set(server.keys) == {f"Bearer {KEY}"}
        assert len(server.asked) == n_open * 2, "one vote in both orders"
    asked = next(c for c in scorecards(studio.store) if c.judge.identity.backend == "openai")
    assert asked.judged[Verdict.BOTH_CORRECT] == n_open
    assert asked.measured.agreement.value == 0
    page_shows(studio, page, asked)
    assert KEY not in page.content()
    assert KEY not in str(list_jobs(studio.store))


def predictions_come_in(
    studio: Studio, page: Any, folder: Path, answers: list[dict[str, Any]]
) -> int:
    """By the page Ingest; how many differ from their label."""
    file = folder / "answers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in answers), encoding="utf-8")
    page.goto(f"{studio.url}/ingest?what=predictions&as={WHO}")
    settled(page)
    assert in_themes(page, "ingest")[0] == []
    panel = page.get_by_role("tabpanel").filter(has=page.get_by_label("Model", exact=True))
    panel.get_by_role("textbox", name="File or folder on this machine").fill(str(file))
    page.keyboard.press("Tab")
    tell(page, "Model", MODEL)
    click(page, "Import and compare")
    job = until(lambda: [j for j in list_jobs(studio.store) if j.state == "done"], "the import")[0]
    assert (job.kind, job.result["added"]) == ("ingest-predictions", len(answers))
    counts = job.result["matched"]["counts"]
    n_open = int(counts["predictions"] - counts["mastered"])
    page.get_by_role("link", name=f"Rule on {n_open} predictions in Verify").click()
    wait_until(page, f"Boolean(({COURT})())")
    assert "dataset=shop" in page.url
    return n_open


def rules_judge(studio: Studio, page: Any) -> None:
    """Three presses on Judges, and the page shows what it said."""
    page.goto(f"{studio.url}/judges?as={WHO}")
    settled(page)
    click(page, "Ask a judge…")
    page.get_by_role("dialog").get_by_text("Costs nothing").wait_for()
    assert in_themes(page, "ask a judge")[0] == []
    page.get_by_role("dialog").get_by_role("button", name="Start").click()
    until(lambda: ended(studio, "judge") == ["done"], "the judge")
    page.get_by_text("No ruling of people on any of its cases").wait_for(timeout=30_000)


def ended(studio: Studio, kind: str) -> list[str]:
    """How the jobs of a kind ended, or that they did not."""
    return [job.state.value for job in list_jobs(studio.store) if job.kind == kind]


def ruled_by_keys(studio: Studio, page: Any, truth: dict[tuple[str, int], Verdict]) -> None:
    """Every case, blind, one key each; what is A and what is B is another matter each time."""
    page.goto(f"{studio.url}/verify?dataset=shop&as={WHO}")
    settled(page)
    page.get_by_text("Blind", exact=True).click()
    settled(page)
    who = annotator_named(studio.store, WHO)
    while (number := next_open(studio)) is not None:
        case = case_for_court(studio.store, number, who, blind=True)
        due = truth[case.source_id, case.prediction.message_index]
        keys = {Verdict.LABEL_WRONG: "1", Verdict.PRED_WRONG: "2", Verdict.BOTH_CORRECT: "3"}
        if case.exchanged:
            keys |= {Verdict.LABEL_WRONG: "2", Verdict.PRED_WRONG: "1"}
        place = f"{case.source_id} · step {case.step}"
        page.get_by_text(place).first.wait_for(timeout=30_000)
        settled(page)
        page.keyboard.press(keys[due])
        until(lambda n=number, d=due: own(studio, n) is d, f"the ruling on {number}")
    page.get_by_text("Nothing is left to rule on").wait_for(timeout=30_000)


def next_open(studio: Studio) -> int | None:
    """The first case nobody has ruled on, where the page stands as well."""
    return queue_of(studio.store, CourtFilter(), CourtClass.OPEN).prediction_id


def own(studio: Studio, number: int) -> Verdict | None:
    """What the person of this story ruled."""
    who = annotator_named(studio.store, WHO)
    ruling = case_for_court(studio.store, number, who, blind=False).own
    return None if ruling is None else ruling.verdict


def page_shows(studio: Studio, page: Any, card: Scorecard) -> None:
    """Judges shows the figures of this scorecard, and the gate's state in words."""
    page.goto(f"{studio.url}/judges?as={WHO}")
    settled(page)
    page.get_by_text("People against the judge").wait_for(timeout=30_000)
    text = page.locator("[data-testid=stMainBlockContainer]").inner_text()
    assert f"{card.gold:,} of {card.n_judged:,} ruled on by people" in text
    assert f"agreement {as_percent(card.measured.agreement)}" in text
    assert text.count("closed, no policy") == len(Verdict)
    assert "Nothing to apply: every class is closed." in text


def model_judges(studio: Studio, page: Any, server: ModelServer) -> None:
    """The endpoint is entered in Settings, the judge started from Verify."""
    page.goto(f"{studio.url}/settings?as={WHO}")
    settled(page)
    for label, text in (("Base URL", server.url), ("Model", "grand-judge"), ("Key (not set)", KEY)):
        page.get_by_role("tabpanel").first.get_by_label(label, exact=True).fill(text)
    page.keyboard.press("Tab")
    settled(page)
    click(page, "Save")
    page.get_by_label("Key (set)", exact=True).wait_for(timeout=30_000)
    page.goto(f"{studio.url}/verify?dataset=shop&as={WHO}")
    settled(page)
    click(page, "Start")
    page.get_by_role("option", name="Ask a judge…").or_(
        page.get_by_role("menuitem", name="Ask a judge…")
    ).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").first.click()
    page.get_by_role("option", name="Model endpoint").click()
    for label in ("Votes, at most", "Of them must agree"):
        field = dialog.get_by_label(label, exact=True)
        field.fill("1")
        field.press("Enter")
        settled(page)
    dialog.get_by_text("no price on record").wait_for(timeout=30_000)
    dialog.get_by_role("button", name="Start").click()
    until(lambda: ended(studio, "judge") == ["done", "done"], "the model's verdicts")
