"""Other answers for a step, side by side, by keyboard: ruled on, promoted, undone."""

from __future__ import annotations

from typing import Any

from curation.annotation import RuledTry, TryRuling
from curation.tries import try_id
from storage import trajectories
from storage.predictions import predictions_of
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import call, meetings
from tests.e2e.test_edit import wait_text
from tests.e2e.test_keys import press_all, wait_saved
from tests.e2e.test_stale import correction, left_stale

TRIES = ".trace.shown .tries"
IN_PANEL = "Boolean(viewerRoot().getRootNode().activeElement?.closest('.tries'))"
CALL_AT = 2

ROME = '{"city": "Rome", "seats": 1}'


def answered(model: str, *calls: dict[str, Any], text: str | None = None) -> dict[str, Any]:
    """A prediction for the first step with a call."""
    message = {"role": "assistant", "content": text, "tool_calls": list(calls)}
    return {"message_index": CALL_AT, "model": model, "message": message}


def start(studio: Studio, page: Any, name: str, count: int = 1) -> str:
    """A queue with tries of the first step: another city (twice), a question, and the same."""
    rows = meetings(name, count)
    for number, row in enumerate(rows, 1):
        row["predictions"] = [
            answered("ada", call("x", ROME)),
            answered("bo", call("y", {"city": "Oslo", "seats": number})),
            answered("cy", text="Which <b>day</b>?"),
            answered("di", call("z", '{"seats": 1, "city": "Rome"}')),
            answered("eve", call("w", {"city": "Oslo", "seats": "one"})),
        ]
    studio.fill(name, rows)
    studio.open(page, name, annotator=name)
    return studio.uids(name)[0]


def tries(studio: Studio, uid: str) -> list[str]:
    """Ids of the tries in the order they came, each once; the reference's too."""
    with studio.store.read() as conn:
        stored = predictions_of(conn, trajectories.id_of(conn, uid))
    return list(dict.fromkeys(try_id(one.message) for one in stored))


def open_panel(page: Any) -> None:
    press_all(page, ["'"], 30)
    wait_until(page, IN_PANEL)


def test_a_step_shows_its_tries_and_what_is_said_of_them_is_kept(studio: Studio, page: Any) -> None:
    uid = start(studio, page, "tries", count=2)
    line = page.locator(".trace.shown .triesline").first
    assert "3 other tries of this step" in line.inner_text()
    assert "bo said the same as the reference" in line.inner_text()
    assert "3 other tries" in page.locator(".shown .stepline").first.get_attribute("aria-label")
    open_panel(page)
    panel = page.locator(TRIES)
    assert panel.locator(".column").count() == 2, "the reference and one try fit at 1280"
    first = panel.locator(".column.chosen").inner_text()
    assert "ada, di" in first and "said 2 times" not in first
    row = panel.locator(".column.chosen tr.changed").inner_text()
    assert "Oslo" in row and "Rome" in row and "changed" in row
    press_all(page, ["x"], 60)
    wait_text(page, "✗ rejected", within=TRIES)
    press_all(page, ["ArrowRight", "k"], 60)
    wait_text(page, "≈ alternative", within=TRIES)
    assert "Which <b>day</b>?" in panel.inner_text(), "text of a model is text"
    press_all(page, ["ArrowRight"], 60)
    wait_text(page, "seats", within=f"{TRIES} .column.chosen .finding.error")
    press_all(page, ["k", "k"], 60)
    wait_saved(page)
    assert page.evaluate(IN_PANEL), "the focus stays where it was"
    other, _, asks, broken = tries(studio, uid)
    assert broken
    assert studio.said(uid, "tries").annotation.tries == (
        RuledTry(CALL_AT, other, TryRuling.REJECTED),
        RuledTry(CALL_AT, asks, TryRuling.ALTERNATIVE),
    )
    press_all(page, ["Escape"], 60)
    wait_until(page, f"!viewerRoot().querySelector({TRIES!r})")
    assert "1 alternative · 1 rejected" in line.inner_text()
    press_all(page, ["z", "z", "z"], 60)  # the two rulings that cancel out, and the alternative
    wait_saved(page)
    assert [t.ruling for t in studio.said(uid, "tries").annotation.tries] == [TryRuling.REJECTED]
    press_all(page, ["a", "Enter"], 60)
    wait_until(page, f"window.onScreen().uid !== {uid!r}")
    assert page.locator(TRIES).count() == 0, "the next one opens closed"
    assert "3 other tries" in page.locator(".trace.shown .triesline").first.inner_text()


def test_a_promoted_try_is_a_correction_that_opens_at_what_is_stale(
    studio: Studio, page: Any
) -> None:
    uid = start(studio, page, "promote")
    open_panel(page)
    press_all(page, ["p"], 60)
    wait_text(page, "stale")
    wait_until(page, "viewerRoot().querySelector('.correcting .reason').value.includes('ada')")
    assert page.locator(TRIES).count() == 0
    here = page.evaluate("window.onScreen().index")
    assert here == CALL_AT, "its result stands in the same card"
    page.keyboard.press("Control+Enter")
    wait_until(page, "!viewerRoot().querySelector('.correcting .reason')")
    wait_saved(page)
    made = correction(studio, uid, "promote")
    assert made is not None
    assert made.trajectory.messages[CALL_AT].tool_calls[0].raw_arguments == ROME
    assert made.trajectory.messages[CALL_AT].tool_calls[0].id == "c0"
    assert "ada" in made.reason
    assert left_stale(studio, uid, "promote") == [3, 4]
    press_all(page, ["z"], 60)
    wait_saved(page)
    wait_until(page, "!viewerRoot().querySelector('.trace.shown .correction')")
    assert correction(studio, uid, "promote") is None


def test_a_promoted_try_that_breaks_its_schema_opens_at_the_broken_call(
    studio: Studio, page: Any
) -> None:
    uid = start(studio, page, "broken")
    open_panel(page)
    press_all(page, ["ArrowRight", "ArrowRight", "p"], 60)
    wait_text(page, "problem")
    wait_until(page, "Boolean(viewerRoot().querySelector('.trace.shown .editor'))")
    wait_text(page, "breaks its schema", within=".toast")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(300)
    assert correction(studio, uid, "broken") is None, "it is not saved by itself"


def test_a_step_without_other_answers_says_so(studio: Studio, page: Any) -> None:
    start(studio, page, "silent")
    press_all(page, ["j", "'"], 60)
    wait_text(page, "No other answer for this step is on record.", within=".toast")
    assert page.locator(TRIES).count() == 0


def test_on_a_wide_screen_more_tries_stand_beside_the_reference(studio: Studio, page: Any) -> None:
    page.set_viewport_size({"width": 2560, "height": 1440})
    start(studio, page, "wide")
    open_panel(page)
    assert page.locator(f"{TRIES} .column").count() == 4
    page.locator(f"{TRIES} .column").nth(3).click()
    wait_until(
        page,
        f"viewerRoot().querySelectorAll({TRIES + ' .column'!r})[3].classList.contains('chosen')",
    )
    page.locator(f"{TRIES} .column.chosen footer button", has_text="Reject").click()
    wait_text(page, "✗ rejected", within=TRIES)
    press_all(page, ["Escape"], 60)
    wait_until(page, f"!viewerRoot().querySelector({TRIES!r})")
