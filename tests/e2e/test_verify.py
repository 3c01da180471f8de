"""The court in the browser: rulings by keys, one taken back, what an export makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.flows.adjudicate import decide
from app.flows.annotate import Op, perform
from app.flows.court import CourtCase, case_for_court
from app.flows.export import ExportRequest, export
from app.flows.identity import annotator_named
from curation.verdicts import Verdict
from tests.e2e.conftest import Studio, settled, wait_until
from tests.e2e.test_story import until
from tests.pairs import judged, pair_rows, prediction_ids


def open_court(studio: Studio, page: Any, dataset: str, n: int, who: str) -> list[int]:
    """Pairs of which a judge says that the label is wrong, opened in Verify."""
    studio.fill(dataset, pair_rows(dataset, n))
    ids = prediction_ids(studio.store, studio.uids(dataset))
    for key in ids:
        judged(studio.store, key, Verdict.LABEL_WRONG)
    page.goto(f"{studio.url}/verify?dataset={dataset}&as={who}")
    shown(page, f"{dataset} 0")
    return ids


def shown(page: Any, name: str) -> None:
    """Wait until the case of this restaurant is on screen, and the page is at rest."""
    wait_until(page, f"({COURT})()?.textContent.includes({json.dumps(f'A table at {name}, ')})")
    settled(page)


COURT = """() => {
  for (const host of document.querySelectorAll('*')) {
    const found = host.shadowRoot?.querySelector('[data-testid=court]');
    if (found) return found;
  }
  return document.querySelector('[data-testid=court]');
}"""


def case(studio: Studio, key: int, who: str) -> CourtCase:
    return case_for_court(studio.store, key, annotator_named(studio.store, who), blind=False)


def verdict(studio: Studio, key: int, who: str) -> Verdict | None:
    own = case(studio, key, who).own
    return None if own is None else own.verdict


def test_three_rulings_by_keys_one_taken_back_and_the_export(
    studio: Studio, page: Any, tmp_path: Path
) -> None:
    ids = open_court(studio, page, "court", 5, "cora")
    for number, (key, said) in enumerate(
        (
            ("1", Verdict.LABEL_WRONG),
            ("2", Verdict.PRED_WRONG),
            ("3", Verdict.BOTH_CORRECT),
            ("2", Verdict.PRED_WRONG),
        )
    ):
        page.keyboard.press(key)
        until(lambda n=number, s=said: verdict(studio, ids[n], "cora") is s, f"ruling {number}")
        shown(page, f"court {number + 1}")
    page.keyboard.press("z")
    until(lambda: verdict(studio, ids[3], "cora") is None, "the undo")
    shown(page, "court 3")
    accept_all(studio, "court", "cora")
    pairs = {asked(row["prompt"]): row for row in exported(studio, "dpo", "court", tmp_path / "d")}
    assert {name: guests(row["chosen"], row["rejected"]) for name, row in pairs.items()} == {
        "A table at court 0, please.": (5, 4),  # the label was wrong
        "A table at court 1, please.": (4, 5),  # the prediction was
    }
    rows = exported(studio, "sft", "court", tmp_path / "s")
    assert {asked(row["messages"]): guests(row["messages"][1:])[0] for row in rows} == {
        f"A table at court {i}, please.": 5 if i == 0 else 4 for i in range(5)
    }
    labels = exported(studio, "labels", "court", tmp_path / "l")
    said_of_tries = [row for row in labels if row["kind"] == "try"]
    assert [row["value"] for row in said_of_tries] == ["rejected", "alternative"]


def accept_all(studio: Studio, dataset: str, name: str) -> None:
    """The same person accepts every trajectory as it stands now, and a lead decides so."""
    who = annotator_named(studio.store, name)
    for number, uid in enumerate(studio.uids(dataset)):
        says = Op(2 * number + 1, uid, "outcome", {"outcome": "accept"})
        commits = Op(2 * number + 2, uid, "commit")
        done = perform(studio.store, who, f"{dataset}-accepts", [says, commits])
        assert [result.status for result in done.results] == ["ok", "ok"]
        decide(studio.store, uid, decided_by=who, outcome="accept", adopt_annotator=name)


def exported(studio: Studio, kind: str, dataset: str, out: Path) -> list[dict[str, Any]]:
    """The rows of an export of what was decided."""
    layout = "jsonl" if kind == "labels" else "trl"
    export(studio.store, ExportRequest(kind, layout, str(out), dataset=dataset), processes=1)
    lines = [
        line
        for path in sorted(out.glob("*.jsonl"))
        if not path.name.startswith(("dropped", "index", "lineage"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [json.loads(line) for line in lines]


def asked(messages: list[dict[str, Any]]) -> str:
    return str(messages[0]["content"])


def guests(*answers: list[dict[str, Any]]) -> tuple[int, ...]:
    """For how many each answer books."""
    calls = [answer[0]["tool_calls"][0]["function"]["arguments"] for answer in answers]
    return tuple((json.loads(c) if isinstance(c, str) else c)["people"] for c in calls)


def test_keys_typed_into_the_note_rule_nothing(studio: Studio, page: Any) -> None:
    ids = open_court(studio, page, "noting", 2, "nora")
    page.get_by_label("Note").click()
    page.keyboard.type("1 2 3 z n")
    page.keyboard.press("Tab")
    settled(page)
    assert verdict(studio, ids[0], "nora") is None
    page.get_by_text("Label wrong", exact=True).first.click()
    until(lambda: verdict(studio, ids[0], "nora") is Verdict.LABEL_WRONG, "the ruling")
    own = case(studio, ids[0], "nora").own
    assert own is not None
    assert own.note == "1 2 3 z n"


def test_both_wrong_leads_to_the_editor_at_that_step_and_back_to_the_next_case(
    studio: Studio, page: Any
) -> None:
    ids = open_court(studio, page, "bothwrong", 3, "bea")
    page.keyboard.press("n")
    shown(page, "bothwrong 1")
    page.keyboard.press("4")
    wait_until(page, "window.onScreen().index === 1", timeout_s=30)
    assert "/annotate" in page.url
    assert verdict(studio, ids[1], "bea") is Verdict.BOTH_WRONG
    wait_until(page, "Boolean(viewerRoot().querySelector('.editor'))")
    page.keyboard.press("Escape")
    wait_until(page, "!viewerRoot().querySelector('.editor')")
    page.keyboard.press("Shift+V")
    shown(page, "bothwrong 2")
    assert "/verify" in page.url
    assert "dataset=bothwrong" in page.url
    page.keyboard.press("4")
    wait_until(page, "window.onScreen().index === 1", timeout_s=30)
    wait_until(page, "Boolean(viewerRoot().querySelector('.editor'))")
    assert verdict(studio, ids[2], "bea") is Verdict.BOTH_WRONG
    page.get_by_role("link", name="Verify").click()
    shown(page, "bothwrong 0")


def test_blind_sides_have_letters_and_the_votes_come_after_the_ruling(
    studio: Studio, page: Any
) -> None:
    ids = open_court(studio, page, "blind", 3, "bly")
    assert page.evaluate(f"({COURT})().textContent").count("label wrong") == 1
    page.get_by_text("Blind", exact=True).click()
    settled(page)
    text = page.evaluate(f"({COURT})().textContent")
    assert "label" not in text.lower().replace("blind", "")
    assert "Votes" not in text
    exchanged = case(studio, ids[0], "bly").exchanged
    page.keyboard.press("2" if exchanged else "1")
    until(lambda: verdict(studio, ids[0], "bly") is Verdict.LABEL_WRONG, "the ruling")
    page.goto(f"{studio.url}/verify?dataset=blind&class=ruled&as=bly")
    shown(page, "blind 0")
    text = page.evaluate(f"({COURT})().textContent")
    assert "Reference (label)" in text
    assert "The analysis says LABEL_WRONG." in text
