"""Correcting a call in its card: checked while typing, drafted, saved with a reason, undone."""

from __future__ import annotations

import json
from typing import Any

from app.flows.annotate import open_trajectory
from app.flows.correct import propose_correction
from app.flows.identity import annotator_named
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import call, meetings
from tests.e2e.test_keys import press_all, wait_saved
from tests.revisions import arguments, revised

GOOD = '{"city": "Rome", "seats": 1}'
CORRECT = "**/api/annotate/correct"


def type_arguments(page: Any, text: str) -> None:
    """Replace what is in the open editor."""
    page.locator(".editor textarea").fill(text)


def edit_row(page: Any) -> str:
    """Everything the editor says."""
    return str(page.locator(".editor").inner_text())


def wait_text(page: Any, text: str, within: str = ".editor") -> None:
    """Wait until a part of the viewer shows this text."""
    expression = f"viewerRoot().querySelector({json.dumps(within)})?.innerText.includes("
    wait_until(page, f"{expression}{json.dumps(text)}) ?? false")


def corrected_call(studio: Studio, uid: str, annotator: str) -> str | None:
    """The raw arguments of the first call in this annotator's correction."""
    opened = open_trajectory(studio.store, uid, annotator_named(studio.store, annotator))
    if opened.correction is None:
        return None
    return opened.correction.trajectory.messages[2].tool_calls[0].raw_arguments


def test_an_edit_is_checked_saved_shown_and_undone(studio: Studio, page: Any) -> None:
    studio.fill("edit", meetings("edit", 2))
    studio.open(page, "edit", annotator="edit")
    uid = studio.uids("edit")[0]
    press_all(page, ["e"], 30)
    wait_text(page, "Nothing is changed yet")
    type_arguments(page, '{"city": "Rome"')
    wait_text(page, "Mend what is listed above first")
    type_arguments(page, '{"town": "Rome"}')
    wait_text(page, "/town")
    assert page.locator(".editor .main").is_disabled()
    type_arguments(page, GOOD)
    wait_text(page, "Say why")
    page.locator(".editor .reason").fill("the user meant Rome")
    assert page.get_by_test_id("commit-why").inner_text().startswith("An edit is open")
    page.keyboard.press("Control+Enter")
    wait_text(page, "corrected by edit — the user meant Rome", within=".msg.here")
    assert page.locator(".editor").count() == 0
    assert corrected_call(studio, uid, "edit") == GOOD
    shown = page.locator(".msg.here .correction").inner_text()
    assert "city" in shown and "Oslo" in shown and "Rome" in shown
    press_all(page, ["z"], 30)
    wait_saved(page)
    assert corrected_call(studio, uid, "edit") is None
    assert page.locator(".correction").count() == 0


def test_the_same_meaning_in_other_words_is_no_change(studio: Studio, page: Any) -> None:
    studio.fill("same", meetings("same", 2))
    studio.open(page, "same", annotator="same")
    uid = studio.uids("same")[0]
    press_all(page, ["e"], 30)
    type_arguments(page, '{ "seats": 1,  "city": "Oslo" }')
    page.locator(".editor .reason").fill("tidier")
    wait_text(page, "Nothing changed")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(200)
    assert corrected_call(studio, uid, "same") is None
    press_all(page, ["Escape"], 30)
    assert page.locator(".editor").count() == 0


def test_escape_closes_an_edit_and_keeps_what_was_typed(studio: Studio, page: Any) -> None:
    studio.fill("escape", meetings("escape", 2))
    studio.open(page, "escape", annotator="escape")
    press_all(page, ["e"], 30)
    type_arguments(page, GOOD)
    composing = "{key: 'Escape', isComposing: true, bubbles: true, composed: true}"
    page.locator(".editor textarea").evaluate(
        f"area => area.dispatchEvent(new KeyboardEvent('keydown', {composing}))"
    )
    assert page.locator(".editor").count() == 1, "that Escape ends the composing of a word"
    press_all(page, ["Escape"], 30)
    assert page.locator(".editor").count() == 0
    wait_text(page, "Your draft is kept", within=".toast")
    press_all(page, ["e"], 30)
    assert page.locator(".editor textarea").input_value() == GOOD
    page.get_by_text("Discard", exact=True).click()
    press_all(page, ["e"], 30)
    assert page.locator(".editor textarea").input_value() != GOOD


def test_a_long_message_can_be_edited_with_everything_in_sight(studio: Studio, page: Any) -> None:
    rows = meetings("long", 1)
    rows[0]["messages"][4]["content"] = "A sentence of a long answer. " * 4000
    studio.fill("long", rows)
    studio.open(page, "long", annotator="long")
    press_all(page, ["j", "e"], 30)
    page.keyboard.type("The end.")
    wait_text(page, "equal characters")
    page.locator(".editor .reason").fill("it needs an end")
    wait_until(page, "!viewerRoot().querySelector('.editor .main').disabled")
    assert page.locator(".editor").bounding_box()["height"] < 400
    page.keyboard.press("Control+Enter")
    wait_text(page, "corrected by long — it needs an end", within=".msg.here")
    assert len(page.locator(".msg.here .correction").inner_text()) < 600


def test_a_corrected_version_is_not_edited_but_leads_to_what_is(studio: Studio, page: Any) -> None:
    rows = meetings("version", 1)
    rows[0]["messages"][2]["tool_calls"] = [call("c0", {"city": "Oslo", "seats": "1"})]
    studio.fill("version", rows)
    studio.open(page, "version", annotator="version")
    uid = studio.uids("version")[0]
    press_all(page, ["e"], 30)
    type_arguments(page, '{"city": "Oslo", "seats": 1}')
    page.locator(".editor .reason").fill("seats are counted")
    wait_text(page, 'seats retyped "1"1')
    page.keyboard.press("Control+Enter")
    wait_text(page, "corrected by version", within=".msg.here")
    opened = open_trajectory(studio.store, uid, annotator_named(studio.store, "version"))
    assert opened.correction is not None
    page.goto(f"{studio.url}/annotate?dataset=version&as=version&t={opened.correction.uid}")
    wait_until(page, f"window.onScreen().uid === '{opened.correction.uid}'", timeout_s=30)
    press_all(page, ["e"], 30)
    assert page.locator(".editor").count() == 0
    page.locator(".toast").get_by_text("Open it").click()
    wait_until(page, f"window.onScreen().uid === '{uid}'")


def test_a_failed_save_keeps_the_text_also_over_a_reload(studio: Studio, page: Any) -> None:
    studio.fill("draft", meetings("draft", 2))
    studio.open(page, "draft", annotator="draft")
    uid = studio.uids("draft")[0]
    press_all(page, ["e"], 30)
    type_arguments(page, GOOD)
    page.locator(".editor .reason").fill("Rome")
    page.route(CORRECT, lambda route: route.abort())
    wait_until(page, "!viewerRoot().querySelector('.editor .main').disabled")
    page.keyboard.press("Control+Enter")
    wait_text(page, "Your text is kept")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    press_all(page, ["e"], 30)
    assert page.locator(".editor textarea").input_value() == GOOD
    assert "unsaved draft" in edit_row(page)
    page.unroute_all(behavior="wait")
    wait_until(page, "!viewerRoot().querySelector('.editor .main').disabled")
    page.locator(".editor .main").click()
    wait_text(page, "corrected by draft", within=".msg.here")
    assert corrected_call(studio, uid, "draft") == GOOD


def test_a_draft_over_what_has_changed_since_asks_before_it_replaces_it(
    studio: Studio, page: Any
) -> None:
    studio.fill("stale", meetings("stale", 2))
    studio.open(page, "stale", annotator="stale")
    uid = studio.uids("stale")[0]
    press_all(page, ["e"], 30)
    type_arguments(page, '{"city": "Bonn", "seats": 9}')
    page.locator(".editor .reason").fill("Bonn, earlier")
    who = annotator_named(studio.store, "stale")
    propose_correction(
        studio.store,
        who,
        "another-tab",
        1,
        uid,
        revised(len(meetings("stale", 2)[0]["messages"]), arguments(2, GOOD)),
        "Rome, later",
    )
    page.on("dialog", lambda dialog: dialog.accept())
    for choice, expected in (("Use my draft instead", "Bonn"), ("Keep what stands", "Rome")):
        page.reload()
        wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
        press_all(page, ["e"], 30)
        wait_text(page, "typed over another text")
        assert "Rome" in page.locator(".editor .stands").inner_text()
        assert "Bonn" in page.locator(".editor textarea").input_value()
        page.wait_for_timeout(400)
        assert page.locator(".editor .main").is_disabled()
        assert "Choose above first" in edit_row(page)
        if choice == "Use my draft instead":
            page.get_by_role("button", name=choice).click()
            wait_until(page, "!viewerRoot().querySelector('.editor .main').disabled")
            # Not saved: put the draft back to where it was stale, and choose the other way.
            page.evaluate(
                """() => {
                  const key = Object.keys(localStorage).find((k) => k.includes(":draft:stale:"));
                  const draft = JSON.parse(localStorage.getItem(key));
                  localStorage.setItem(key, JSON.stringify({ ...draft, over: undefined }));
                }"""
            )
        else:
            page.get_by_role("button", name=choice).click()
            wait_text(page, "Nothing is changed yet")
        assert expected in page.locator(".editor textarea").input_value()
    assert corrected_call(studio, uid, "stale") == GOOD


def test_an_answer_that_got_lost_does_not_save_twice(studio: Studio, page: Any) -> None:
    studio.fill("twice", meetings("twice", 2))
    studio.open(page, "twice", annotator="twice")
    uid = studio.uids("twice")[0]

    def lose_the_answer(route: Any) -> None:
        route.fetch()
        route.abort()

    press_all(page, ["e"], 30)
    type_arguments(page, GOOD)
    page.locator(".editor .reason").fill("Rome")
    wait_until(page, "!viewerRoot().querySelector('.editor .main').disabled")
    page.route(CORRECT, lose_the_answer)
    page.keyboard.press("Control+Enter")
    wait_text(page, "Not saved")
    page.unroute_all(behavior="wait")
    page.keyboard.press("Control+Enter")
    wait_text(page, "corrected by twice", within=".msg.here")
    assert corrected_call(studio, uid, "twice") == GOOD
    press_all(page, ["z"], 30)
    wait_saved(page)
    assert corrected_call(studio, uid, "twice") is None
