"""Correcting a call in its card: checked while typing, drafted, saved with a reason, undone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.flows.annotate import open_trajectory
from app.flows.correct import propose_correction
from app.flows.identity import annotator_named
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import call, meetings
from tests.e2e.test_keys import press_all, wait_saved
from tests.revisions import arguments, revised

GOOD = '{"city": "Rome", "seats": 1}'
CORRECT = "**/api/annotate/correct"
SAVABLE = "viewerRoot().querySelector('.correcting .main')?.disabled === false"


def as_json(page: Any) -> Any:
    """The arguments of the open call as text: Alt+J shows them so."""
    wait_until(page, "Boolean(viewerRoot().querySelector('.editor'))")
    area = page.get_by_label("Arguments as JSON")
    if area.count() == 0:
        page.keyboard.press("Alt+j")
    return area


def type_arguments(page: Any, text: str) -> None:
    """Replace what is in the open editor."""
    as_json(page).fill(text)


def give_reason(page: Any, text: str) -> None:
    """Write the reason, and wait until the correction may be saved."""
    page.locator(".correcting .reason").fill(text)
    wait_until(page, SAVABLE)


def wait_text(page: Any, text: str, within: str = ".correcting") -> None:
    """Wait until a part of the viewer shows this text."""
    expression = f"viewerRoot().querySelector({json.dumps(within)})?.innerText.includes("
    wait_until(page, f"{expression}{json.dumps(text)}) ?? false")


def is_open(page: Any) -> bool:
    """Whether a correction is open (its bar has a reason then)."""
    return bool(page.locator(".correcting .reason").count())


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
    wait_text(page, "Mend what is listed first")
    type_arguments(page, '{"town": "Rome"}')
    wait_text(page, "/town", within=".editor")
    wait_text(page, "Mend what is listed first")
    assert page.locator(".correcting .main").is_disabled()
    type_arguments(page, GOOD)
    wait_text(page, "1 change")
    assert page.get_by_test_id("commit-why").inner_text().startswith("An edit is open")
    told = "viewerRoot().querySelector('.correcting .reason').placeholder"
    wait_until(page, f"{told}.startsWith('Why? Left empty, this is noted: find_room: ')")
    page.keyboard.press("Alt+w")
    page.keyboard.type("the user meant Rome")
    page.keyboard.press("Control+Enter")
    wait_text(page, "corrected by edit — the user meant Rome", within=".msg.here")
    assert page.locator(".editor").count() == 0
    assert corrected_call(studio, uid, "edit") == GOOD
    shown = page.locator(".msg.here .correction").first.inner_text()
    assert "city" in shown and "Oslo" in shown and "Rome" in shown
    press_all(page, ["z"], 30)
    wait_saved(page)
    assert corrected_call(studio, uid, "edit") is None
    assert page.locator(".correction").count() == 0


def test_the_form_changes_one_value_and_nothing_else(studio: Studio, page: Any) -> None:
    rows = meetings("form", 1)
    raw = '{"seats":1e0,   "city": "Oslo"}'
    rows[0]["messages"][2]["tool_calls"] = [call("c0", raw)]
    studio.fill("form", rows)
    studio.open(page, "form", annotator="form")
    uid = studio.uids("form")[0]
    press_all(page, ["e"], 30)
    wait_until(page, "Boolean(viewerRoot().querySelector('.editor .toolform'))")
    page.locator(".editor .toolform").get_by_label("city").first.fill("Rome")
    give_reason(page, "Rome, she said")
    page.keyboard.press("Control+Enter")
    wait_text(page, "corrected by form", within=".msg.here")
    assert corrected_call(studio, uid, "form") == raw.replace("Oslo", "Rome")


def test_the_same_meaning_in_other_words_is_no_change(studio: Studio, page: Any) -> None:
    studio.fill("same", meetings("same", 2))
    studio.open(page, "same", annotator="same")
    uid = studio.uids("same")[0]
    press_all(page, ["e"], 30)
    type_arguments(page, '{ "seats": 1,  "city": "Oslo" }')
    page.locator(".correcting .reason").fill("tidier")
    wait_text(page, "Nothing changed")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(200)
    assert corrected_call(studio, uid, "same") is None
    press_all(page, ["Escape", "Escape"], 30)
    assert page.locator(".editor").count() == 0
    assert not is_open(page)


def test_escape_closes_an_edit_and_keeps_what_was_typed(studio: Studio, page: Any) -> None:
    studio.fill("escape", meetings("escape", 2))
    studio.open(page, "escape", annotator="escape")
    press_all(page, ["e"], 30)
    type_arguments(page, GOOD)
    composing = "{key: 'Escape', isComposing: true, bubbles: true, composed: true}"
    as_json(page).evaluate(f"area => area.dispatchEvent(new KeyboardEvent('keydown', {composing}))")
    assert page.locator(".editor").count() == 1, "that Escape ends the composing of a word"
    press_all(page, ["Escape"], 30)
    assert page.locator(".editor").count() == 0
    assert is_open(page), "the correction is open until it is saved or left"
    press_all(page, ["Escape"], 30)
    assert not is_open(page)
    wait_text(page, "Your draft is kept", within=".toast")
    wait_text(page, "An unsaved correction of this trajectory is kept here")
    press_all(page, ["e"], 30)
    assert json.loads(as_json(page).input_value()) == json.loads(GOOD)
    page.get_by_text("Discard", exact=True).click()
    press_all(page, ["e"], 30)
    assert "Oslo" in as_json(page).input_value()


def test_a_long_message_can_be_edited_with_everything_in_sight(studio: Studio, page: Any) -> None:
    rows = meetings("long", 1)
    rows[0]["messages"][4]["content"] = "A sentence of a long answer. " * 4000
    studio.fill("long", rows)
    studio.open(page, "long", annotator="long")
    press_all(page, ["j", "e"], 30)
    wait_until(page, "viewerRoot().getRootNode().activeElement?.tagName === 'TEXTAREA'")
    page.keyboard.press("Control+End")
    page.keyboard.type("The end.")
    wait_text(page, "equal characters", within=".editor")
    give_reason(page, "it needs an end")
    assert page.locator(".editor").bounding_box()["height"] < 400
    assert page.locator(".correcting").bounding_box()["height"] < 200
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
    wait_text(page, 'seats retyped "1"1', within=".editor")
    give_reason(page, "seats are counted")
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


@pytest.mark.own_page
def test_a_failed_save_keeps_the_text_also_over_a_reload(studio: Studio, page: Any) -> None:
    studio.fill("draft", meetings("draft", 2))
    studio.open(page, "draft", annotator="draft")
    uid = studio.uids("draft")[0]
    press_all(page, ["e"], 30)
    type_arguments(page, GOOD)
    give_reason(page, "Rome")
    page.route(CORRECT, lambda route: route.abort())
    page.keyboard.press("Control+Enter")
    wait_text(page, "Your text is kept")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    press_all(page, ["e"], 30)
    assert json.loads(as_json(page).input_value()) == json.loads(GOOD)
    wait_text(page, "unsaved draft")
    page.unroute_all(behavior="wait")
    wait_until(page, SAVABLE)
    page.locator(".correcting .main").click()
    wait_text(page, "corrected by draft", within=".msg.here")
    assert corrected_call(studio, uid, "draft") == GOOD


def corrected_elsewhere(studio: Studio, page: Any, name: str) -> str:
    """A draft that says Bonn, and meanwhile a correction of another tab that says Rome."""
    studio.fill(name, meetings(name, 2))
    studio.open(page, name, annotator=name)
    uid = studio.uids(name)[0]
    press_all(page, ["e"], 30)
    type_arguments(page, '{"city": "Bonn", "seats": 9}')
    page.locator(".correcting .reason").fill("Bonn, earlier")
    propose_correction(
        studio.store,
        annotator_named(studio.store, name),
        f"another-tab-{name}",
        1,
        uid,
        revised(len(meetings(name, 2)[0]["messages"]), arguments(2, GOOD)),
        "Rome, later",
    )
    page.on("dialog", lambda dialog: dialog.accept())
    return uid


MERGING = "(viewerRoot()?.querySelector('.merge')?.hidden === false)"


def choose(page: Any, *keys: str) -> None:
    """Answer the view of two versions by key, once it takes keys."""
    wait_until(page, MERGING)
    page.wait_for_timeout(500)
    press_all(page, [*keys], 60)
    wait_until(page, f"!{MERGING}")


def test_a_draft_over_what_has_changed_since_asks_before_it_replaces_it(
    studio: Studio, page: Any
) -> None:
    uid = corrected_elsewhere(studio, page, "stale")
    page.wait_for_timeout(900)
    for _ in range(2):  # not choosing is no choice
        page.reload()
        wait_until(page, MERGING, timeout_s=30)
        told = page.locator(".merge").inner_text()
        assert "Bonn" in told and "What stands now" in told
        choose(page, "Escape")
        wait_text(page, "two versions of this correction")
        assert page.locator(".correcting .main").is_disabled()
        wait_text(page, "Compare the two versions")
    page.get_by_role("button", name="Compare and choose").click()
    choose(page, "ArrowLeft", "Enter")
    wait_until(page, SAVABLE)
    page.keyboard.press("Control+Enter")
    wait_text(page, "Bonn, earlier", within=".msg.here")
    assert json.loads(corrected_call(studio, uid, "stale") or "") == {"city": "Bonn", "seats": 9}


def test_what_stands_may_be_kept_instead_of_an_older_draft(studio: Studio, page: Any) -> None:
    uid = corrected_elsewhere(studio, page, "stands")
    page.wait_for_timeout(900)
    page.reload()
    choose(page, "ArrowRight", "Enter")
    wait_text(page, "Nothing is changed yet")
    press_all(page, ["e"], 30)
    assert "Rome" in as_json(page).input_value()
    assert corrected_call(studio, uid, "stands") == GOOD


def test_a_correction_of_another_tab_is_met_when_saving(studio: Studio, page: Any) -> None:
    uid = corrected_elsewhere(studio, page, "meet")
    wait_until(page, SAVABLE)
    page.keyboard.press("Control+Enter")
    wait_until(page, MERGING)
    told = page.locator(".merge").inner_text()
    assert "Bonn" in told and "saved meanwhile" in told and "both changed it" in told
    assert corrected_call(studio, uid, "meet") == GOOD
    choose(page, "ArrowLeft", "Enter")
    wait_until(page, SAVABLE)
    page.keyboard.press("Control+Enter")
    wait_text(page, "Bonn, earlier", within=".msg.here")
    assert json.loads(corrected_call(studio, uid, "meet") or "")["city"] == "Bonn"


def test_an_answer_that_got_lost_does_not_save_twice(studio: Studio, page: Any) -> None:
    studio.fill("twice", meetings("twice", 2))
    studio.open(page, "twice", annotator="twice")
    uid = studio.uids("twice")[0]

    def lose_the_answer(route: Any) -> None:
        route.fetch()
        route.abort()

    press_all(page, ["e"], 30)
    type_arguments(page, GOOD)
    give_reason(page, "Rome")
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
