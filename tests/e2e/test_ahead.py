"""The next trajectory lies painted behind the present one: it is the one that was claimed, it hears
no key before it is on top, and a claim that was refused or taken by somebody else is not shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from app.flows.annotate import claim_next
from app.flows.identity import annotator_named
from storage.tables import TaskRow, table_of
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import meetings
from tests.e2e.test_keys import SESSION, press_all, wait_saved

PANES = "viewerRoot().querySelectorAll('.trace').length"
BEHIND = "viewerRoot().querySelector('.trace:not(.shown)')"
SHOWN = "[...viewerRoot().querySelectorAll('.trace.shown')]"
# Panes are made in four pieces; what is asked for later when nothing is to be done comes later.
ALL_MADE = """async () => {
  for (let piece = 0; piece < 4; piece += 1)
    await new Promise((done) => requestIdleCallback(done, { timeout: 1000 }));
}"""
FOCUSED = "(() => { let a = document.activeElement; while (a?.shadowRoot?.activeElement) "
FOCUSED += "a = a.shadowRoot.activeElement; return a; })()"


def on_deck(page: Any) -> list[str]:
    """Uids the page has fetched ahead."""
    return list(page.evaluate(f"(({SESSION}) => s.deck)()"))


def open_with_one_behind(studio: Studio, page: Any, dataset: str, count: int = 4) -> list[str]:
    """A queue at its first trajectory, the second one painted behind it; the uids in order."""
    studio.fill(dataset, meetings(dataset, count))
    studio.open(page, dataset, annotator=dataset)
    wait_until(page, f"{PANES} === 2")
    return studio.uids(dataset)


def holders(studio: Studio, dataset: str) -> dict[str, str | None]:
    """Who holds or did the task of each trajectory."""
    with studio.store.read() as conn:
        rows = conn.exec_driver_sql(
            "SELECT t.uid, a.name FROM task k JOIN trajectory t ON t.id = k.trajectory_id "
            "JOIN dataset d ON d.id = k.dataset_id "
            "LEFT JOIN annotator a ON a.id = k.annotator_id WHERE d.name = ?",
            (dataset,),
        ).all()
    return {row[0]: row[1] for row in rows}


def test_what_comes_up_is_what_was_claimed_and_painted(studio: Studio, page: Any) -> None:
    uids = open_with_one_behind(studio, page, "ahead")
    for number, uid in enumerate(uids[1:], start=2):
        wait_until(
            page, f"{PANES} === 2 && {BEHIND}.textContent.includes('ahead {number}: a room')"
        )
        assert on_deck(page) == [uid]
        assert holders(studio, "ahead")[uid] == "ahead", "it is claimed before it is shown"
        page.evaluate(ALL_MADE)
        behind = page.evaluate_handle(BEHIND)
        press_all(page, ["a", "Enter"], 0)
        wait_until(page, f"window.onScreen().uid === {json.dumps(uid)}")
        assert page.evaluate(f"(node) => {SHOWN}.length === 1 && {SHOWN}[0] === node", behind)
        assert "here" in page.evaluate(f"{SHOWN}[0].querySelector('.msg.step').className")
    wait_until(page, f"{PANES} === 1")  # nothing is left, and the old panes are gone
    assert page.evaluate(f"{SHOWN}[0].inert") is False
    wait_saved(page)
    assert [studio.said(uid, "ahead").committed for uid in uids] == [True, True, True, False]


def test_what_lies_behind_hears_no_key_and_gets_no_focus(studio: Studio, page: Any) -> None:
    first, second, *_ = open_with_one_behind(studio, page, "behind")
    assert page.evaluate(f"{BEHIND}.inert")
    press_all(page, ["2", "m", "p", "v", "j", "1", "x", "o"], 0)
    assert page.evaluate(f"{BEHIND}.querySelectorAll('.here, .mark, .verdict').length") == 0
    for _ in range(60):
        page.keyboard.press("Tab")
        assert not page.evaluate(f"Boolean({BEHIND}.contains({FOCUSED}))")
    wait_saved(page)
    assert studio.said(second, "behind").annotation.is_empty
    assert len(studio.said(first, "behind").annotation.step_verdicts) == 2


def test_a_claim_that_somebody_else_took_is_not_shown(studio: Studio, page: Any) -> None:
    uids = open_with_one_behind(studio, page, "stolen")
    task = table_of(TaskRow)
    with studio.store.write() as conn:
        ran_out = datetime.now(UTC) - timedelta(hours=1)
        conn.execute(update(task).where(task.c.status == "claimed").values(leased_until=ran_out))
    thief = annotator_named(studio.store, "thief")
    for number, uid in enumerate(uids[:2]):
        taken = claim_next(studio.store, thief, "stolen", exclude=uids[:number])
        assert taken is not None and taken.opened.uid == uid
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_until(page, f"(({SESSION}) => s.deck.includes({json.dumps(uids[2])}))()")
    assert "ran out" in page.locator(".toast").inner_text()
    wait_until(page, f"{PANES} === 2")
    press_all(page, ["a", "Enter"], 0)
    wait_until(page, f"window.onScreen().uid === {json.dumps(uids[2])}")
    wait_saved(page)
    assert holders(studio, "stolen")[uids[1]] == "thief"


def test_a_refused_claim_is_said_and_takes_no_key(studio: Studio, page: Any) -> None:
    refusal = {"error": {"message": "This queue was closed.", "hint": "Ask the lead.", "where": ""}}
    page.route(
        "**/api/annotate/next",
        lambda route: (
            route.continue_()
            if '"exclude":[]' in (route.request.post_data or "")
            else route.fulfill(status=400, json=refusal)
        ),
    )
    studio.fill("refused", meetings("refused", 2))
    studio.open(page, "refused", annotator="refused")
    first, second = studio.uids("refused")
    page.wait_for_timeout(400)
    assert page.evaluate(PANES) == 1
    press_all(page, ["a", "Enter"], 0)
    wait_until(page, "viewerRoot().querySelector('.instead').innerText.includes('was closed')")
    press_all(page, ["x", "1", "Enter"], 0)
    wait_until(page, f"(({SESSION}) => s.sender.state.ops.length === 0)()")
    assert studio.said(first, "refused").committed
    assert studio.said(second, "refused").annotation.is_empty


def test_while_the_studio_is_away_the_words_stay_the_same(studio: Studio, page: Any) -> None:
    first, second = open_with_one_behind(studio, page, "away", count=2)
    wait_until(page, f"(({SESSION}) => s.deck.length === 1)()")
    page.route("**/api/annotate/next", lambda route: route.abort())
    press_all(page, ["f", "f"], 100)
    words = "viewerRoot().querySelector('.instead').innerText"
    wait_until(page, f"{words}.includes('does not answer')")
    page.evaluate(
        "() => { window.said = new Set(); const instead = viewerRoot().querySelector('.instead');"
        "new MutationObserver(() => window.said.add(instead.innerText))"
        ".observe(instead, { childList: true, subtree: true }); }"
    )
    page.wait_for_timeout(3500)
    assert (
        page.evaluate("[...window.said].filter((text) => !text.includes('does not answer'))") == []
    )
    page.unroute_all(behavior="wait")
    wait_until(page, "window.onScreen().uid !== null")
    assert page.evaluate("window.onScreen().uid") in (first, second)
