"""Corrections of several places, and what a changed call leaves behind, by keyboard."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.flows.annotate import open_trajectory
from app.flows.identity import annotator_named
from components.viewer.payload import ShownCorrection
from curation.stale import unresolved
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import call, meetings
from tests.e2e.test_edit import SAVABLE, as_json, is_open, type_arguments, wait_text
from tests.e2e.test_keys import press_all, wait_saved

ROME = '{"city": "Rome", "seats": 1}'

ANSWER = ".trace.shown .msg[data-index='4']"
"""Not the one of the next trajectory, which lies painted behind."""


def start(studio: Studio, page: Any, name: str, **kinds: Any) -> str:
    """A queue of one trajectory, open in Annotate; its uid."""
    studio.fill(name, meetings(name, 1, **kinds))
    studio.open(page, name, annotator=name)
    return studio.uids(name)[0]


def correction(studio: Studio, uid: str, annotator: str) -> ShownCorrection | None:
    """What the database holds."""
    return open_trajectory(studio.store, uid, annotator_named(studio.store, annotator)).correction


def left_stale(studio: Studio, uid: str, annotator: str) -> list[int]:
    """Messages of the correction that exports would refuse."""
    opened = open_trajectory(studio.store, uid, annotator_named(studio.store, annotator))
    assert opened.correction is not None
    corrected = opened.correction
    found = unresolved(opened.trajectory, corrected.trajectory, corrected.attested)
    return [one.message_index for one in found]


def change_call(page: Any, text: str = ROME) -> None:
    """Correct the selected call."""
    press_all(page, ["e"], 30)
    type_arguments(page, text)


def save(page: Any, reason: str) -> None:
    """Alt+W goes to the reason, Ctrl+Enter saves."""
    page.keyboard.press("Alt+w")
    wait_until(page, "Boolean(viewerRoot().getRootNode().activeElement?.closest('.reason'))")
    page.keyboard.type(reason)
    wait_until(page, SAVABLE)
    page.keyboard.press("Control+Enter")
    wait_until(page, "!viewerRoot().querySelector('.correcting .reason')")
    wait_saved(page)


def in_field(page: Any, label: str) -> None:
    """Wait until the focus is in a field of this name."""
    focused = "viewerRoot().getRootNode().activeElement?.getAttribute('aria-label')"
    wait_until(page, f"{focused} === {json.dumps(label)}")


def test_a_changed_call_leaves_stale_messages_that_are_rewritten_or_attested(
    studio: Studio, page: Any
) -> None:
    rows = meetings("guard", 1)
    rows[0]["messages"][3]["content"] = '{"room": "OSL-4711", "seats": 1}'
    rows[0]["messages"][4]["content"] = "Take OSL-4711, it is free."
    studio.fill("guard", rows)
    studio.open(page, "guard", annotator="guard")
    uid = studio.uids("guard")[0]
    change_call(page)
    wait_text(page, "2 stale")
    here = page.locator(".msg.here")
    assert "result of a changed call" in here.inner_text()
    wait_text(page, "stale", within=ANSWER)
    answer = page.locator(ANSWER).inner_text()
    assert "stale: uses OSL-4711 of a result that changed" in answer
    press_all(page, ["Escape", ".", "e"], 60)
    in_field(page, "Result")
    page.keyboard.press("Control+a")
    page.keyboard.type('{"room": "ROM-12", "seats": 1}')
    wait_text(page, "1 stale")
    press_all(page, ["Escape", ".", "y"], 60)
    wait_text(page, "nothing stale is left")
    wait_text(page, "still true", within=ANSWER)
    save(page, "the user meant Rome")
    made = correction(studio, uid, "guard")
    assert made is not None
    assert made.trajectory.messages[2].tool_calls[0].raw_arguments == ROME
    assert json.loads(made.trajectory.messages[3].text)["room"] == "ROM-12"
    assert made.attested == (4,)
    assert left_stale(studio, uid, "guard") == []
    assert page.locator(".correcting").is_hidden()


def test_a_suffix_is_cut_at_the_stale_message(studio: Studio, page: Any) -> None:
    uid = start(studio, page, "cut")
    change_call(page)
    wait_text(page, "stale")
    press_all(page, ["Escape", ".", "q"], 60)
    wait_text(page, "2 changes")
    wait_until(page, "!viewerRoot().querySelector('.correcting').innerText.includes('stale')")
    later = page.locator(ANSWER)
    wait_text(page, "taken out", within=ANSWER)
    assert "gone" in later.get_attribute("class")
    save(page, "the rest answers another question")
    made = correction(studio, uid, "cut")
    assert made is not None
    assert len(made.trajectory.messages) == 3
    assert left_stale(studio, uid, "cut") == []
    wait_text(page, "taken out", within=ANSWER)


def test_an_invalid_call_is_kept_only_on_purpose_and_with_a_reason(
    studio: Studio, page: Any
) -> None:
    uid = start(studio, page, "invalid")
    change_call(page, '{"town": "Rome"}')
    wait_text(page, "Keep invalid", within=".editor")
    page.locator(".correcting .reason").fill("it teaches to notice errors")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(300)
    assert correction(studio, uid, "invalid") is None, "a reason alone keeps nothing invalid"
    page.keyboard.press("Alt+k")
    wait_text(page, "kept invalid", within=".editor")
    wait_until(page, SAVABLE)
    type_arguments(page, '{"town": "Bonn"}')
    wait_text(page, "Mend what is listed first")
    page.keyboard.press("Alt+k")
    wait_until(page, SAVABLE)
    page.locator(".correcting .reason").fill("")
    wait_text(page, "Say why an invalid call is kept")
    save(page, "it teaches to notice errors")
    made = correction(studio, uid, "invalid")
    assert made is not None
    assert made.trajectory.messages[2].tool_calls[0].raw_arguments == '{"town": "Bonn"}'


def test_what_stays_stale_is_shown_after_saving_and_gone_on_with(studio: Studio, page: Any) -> None:
    uid = start(studio, page, "later")
    change_call(page)
    wait_text(page, "2 stale")
    save(page, "Rome")
    assert left_stale(studio, uid, "later") == [3, 4]
    wait_text(page, "Exports refuse this trajectory")
    wait_text(page, "stale", within=ANSWER)
    press_all(page, [".", "y"], 60)
    wait_text(page, "1 stale")
    press_all(page, [".", "y"], 60)
    wait_until(page, SAVABLE)  # the reason is the one given before
    page.keyboard.press("Control+Enter")
    wait_until(page, "viewerRoot().querySelector('.correcting').hidden")
    made = correction(studio, uid, "later")
    assert made is not None
    assert made.attested == (3, 4)
    assert left_stale(studio, uid, "later") == []


def test_undo_and_redo_go_through_the_operations_of_a_correction(studio: Studio, page: Any) -> None:
    start(studio, page, "redo")
    change_call(page)
    wait_text(page, "1 change")
    press_all(page, ["Escape", "Delete"], 60)
    wait_text(page, "taken out", within=".msg.here")
    page.keyboard.press("Control+z")
    wait_until(page, "!viewerRoot().querySelector('.msg.here.gone')")
    press_all(page, ["e"], 60)
    assert "Rome" in as_json(page).input_value()
    page.keyboard.press("Control+z")
    wait_text(page, "0 changes")
    assert "Oslo" in as_json(page).input_value()
    page.keyboard.press("Control+Shift+z")
    wait_text(page, "1 change")
    assert "Rome" in as_json(page).input_value()


@pytest.mark.own_page
def test_several_places_belong_to_one_correction_that_survives_a_reload(
    studio: Studio, page: Any
) -> None:
    uid = start(studio, page, "many")
    change_call(page)
    press_all(page, ["Escape", "j", "e"], 60)
    in_field(page, "Text")
    page.keyboard.press("Control+a")
    page.keyboard.type("Room R7 in Rome is free.")
    press_all(page, ["Escape", "j", "i"], 60)
    in_field(page, "Text")
    page.keyboard.type("One moment, please.")
    wait_text(page, "3 changes")
    page.locator(".correcting .reason").fill("all of it was wrong")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    wait_text(page, "This is your unsaved draft, as you left it")
    wait_text(page, "3 changes")
    assert page.locator(".correcting .reason").input_value() == "all of it was wrong"
    wait_until(page, SAVABLE)
    page.keyboard.press("Control+Enter")
    wait_until(page, "!viewerRoot().querySelector('.correcting .reason')")
    made = correction(studio, uid, "many")
    assert made is not None
    texts = [message.text for message in made.trajectory.messages]
    assert "Room R7 in Rome is free." in texts
    assert texts.index("One moment, please.") == 8
    assert "One moment, please." in page.locator(".addedmessage").inner_text()


def test_what_is_discarded_comes_back_with_one_key(studio: Studio, page: Any) -> None:
    start(studio, page, "discard")
    change_call(page)
    wait_text(page, "1 change")
    page.get_by_role("button", name="Discard").click()
    wait_text(page, "Discarded", within=".toast")
    assert not is_open(page)
    page.keyboard.press("Control+z")
    wait_text(page, "1 change")
    press_all(page, ["e"], 60)
    assert "Rome" in as_json(page).input_value()


def test_undo_goes_back_to_the_correction_before_and_shows_it(studio: Studio, page: Any) -> None:
    uid = start(studio, page, "before")
    for number, text in enumerate((ROME, '{"city": "Bonn", "seats": 1}')):
        press_all(page, ["e"], 60)
        type_arguments(page, text)
        wait_text(page, "1 change")
        page.locator(".correcting .reason").fill(f"reason {number}")
        wait_until(page, SAVABLE)
        page.keyboard.press("Control+Enter")
        wait_text(page, f"reason {number}", within=".msg.here")
    press_all(page, ["z"], 60)
    wait_saved(page)
    wait_text(page, "reason 0", within=".msg.here .correction")
    made = correction(studio, uid, "before")
    assert made is not None
    assert made.trajectory.messages[2].tool_calls[0].raw_arguments == ROME
    press_all(page, ["Shift+z"], 60)
    wait_saved(page)
    wait_text(page, "reason 1", within=".msg.here .correction")


def test_undo_and_redo_of_attesting_show_what_is_attested(studio: Studio, page: Any) -> None:
    start(studio, page, "attesting")
    press_all(page, ["e"], 60)
    type_arguments(page, ROME)
    save_because(page, "Rome was meant")
    wait_text(page, "messages are stale", within=".leftover")
    left = page.locator(".leftover b").inner_text()
    press_all(page, [".", "y"], 60)
    save_because(page, "true anyway")
    now = "(viewerRoot().querySelector('.leftover b')?.innerText ?? '')"
    wait_until(page, f"{now} !== {json.dumps(left)} && !viewerRoot().querySelector('.reason')")
    fewer = page.locator(".leftover b").inner_text()
    press_all(page, ["z"], 60)
    wait_until(page, f"{now} === {json.dumps(left)}")
    press_all(page, ["Shift+z"], 60)
    wait_until(page, f"{now} === {json.dumps(fewer)}")


def save_because(page: Any, reason: str) -> None:
    """Give the reason and save, when the correction may be saved."""
    page.locator(".correcting .reason").fill(reason)
    wait_until(page, SAVABLE)
    page.keyboard.press("Control+Enter")
    wait_until(page, "!viewerRoot().querySelector('.reason')")


def test_a_result_on_record_elsewhere_is_offered_for_a_changed_call(
    studio: Studio, page: Any
) -> None:
    rows = meetings("record", 2)
    rows[1]["messages"][2]["tool_calls"] = [call("c0", {"seats": 1, "city": "Rome"})]
    rows[1]["messages"][3]["content"] = '{"room": "ROM-12"}'
    studio.fill("record", rows)
    studio.open(page, "record", annotator="record")
    uid = studio.uids("record")[0]
    change_call(page)
    wait_text(page, "Use the result of")
    page.locator(".correcting").get_by_text("Use the result of").first.click()
    wait_text(page, "1 stale")
    save(page, "the user meant Rome")
    made = correction(studio, uid, "record")
    assert made is not None
    assert made.trajectory.messages[3].text == '{"room": "ROM-12"}'


def test_calls_are_added_copied_moved_and_removed_by_key(studio: Studio, page: Any) -> None:
    uid = start(studio, page, "calls")
    press_all(page, ["e"], 30)
    as_json(page)
    page.keyboard.press("Alt+c")
    wait_text(page, "added call", within=".msg.here")
    type_arguments(page, '{"city": "Bonn"}')
    page.keyboard.press("Alt+u")
    wait_text(page, "added call, 1 of 2", within=".msg.here")
    press_all(page, ["Escape", "i"], 60)
    in_field(page, "Result")
    page.keyboard.type("R9")
    save(page, "both cities")
    made = correction(studio, uid, "calls")
    assert made is not None
    step, *results = made.trajectory.messages[2:5]
    assert [c.parsed().value for c in step.tool_calls] == [
        {"city": "Bonn"},
        {"city": "Oslo", "seats": 1},
    ]
    assert {r.tool_call_id for r in results} == {c.id for c in step.tool_calls}
    press_all(page, ["e"], 60)
    as_json(page)
    page.keyboard.press("Alt+x")
    wait_text(page, "takes this call out", within=".msg.here")
    wait_until(page, SAVABLE)
    page.keyboard.press("Control+Enter")
    wait_until(page, "!viewerRoot().querySelector('.correcting .reason')")
    made = correction(studio, uid, "calls")
    assert made is not None
    assert len(made.trajectory.messages[2].tool_calls) == 1


def test_another_tool_takes_over_the_arguments_that_fit(studio: Studio, page: Any) -> None:
    rows = meetings("tool", 1)
    weather = json.loads(json.dumps(rows[0]["tools"][0]))
    weather["function"]["name"] = "forecast"
    weather["function"]["parameters"] = {
        "type": "object",
        "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["place"],
    }
    rows[0]["tools"] = [*rows[0]["tools"], weather]
    rows[0]["messages"][2]["tool_calls"] = [call("c0", {"city": "Oslo"})]
    studio.fill("tool", rows)
    studio.open(page, "tool", annotator="tool")
    uid = studio.uids("tool")[0]
    press_all(page, ["e"], 30)
    wait_until(page, "Boolean(viewerRoot().querySelector('.editor'))")
    page.get_by_label("Tool of the call").select_option("forecast")
    wait_text(page, "city became place", within=".editor")
    save(page, "she asked for the weather")
    made = correction(studio, uid, "tool")
    assert made is not None
    changed = made.trajectory.messages[2].tool_calls[0]
    assert (changed.name, changed.raw_arguments) == ("forecast", '{"place": "Oslo"}')


def test_a_correction_is_usable_without_a_pointer_and_named(studio: Studio, page: Any) -> None:
    start(studio, page, "named")
    change_call(page)
    wait_text(page, "2 stale")
    nameless = page.evaluate(
        """() => [...viewerRoot().querySelectorAll(".correcting, .editor, .cardtools")]
          .flatMap((part) => [...part.querySelectorAll("button, input, select, textarea")])
          .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim()
            || node.labels?.length || node.title))
          .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    bar = page.locator(".correcting").bounding_box()
    trace = page.locator(".trace.shown").bounding_box()
    assert trace["y"] + trace["height"] <= bar["y"] + 1, "the bar covers nothing"
    assert is_open(page)
