"""An open correction is never lost: crash, other device, two tabs, a studio that is away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.flows.annotate import open_trajectory
from app.flows.identity import annotator_named
from app.flows.open_corrections import Kept
from tests.e2e.conftest import ON_SCREEN, Studio, wait_until
from tests.e2e.conversations import meetings
from tests.e2e.test_edit import (
    GOOD,
    MERGING,
    SAVABLE,
    as_json,
    corrected_call,
    give_reason,
    is_open,
    type_arguments,
    wait_text,
)
from tests.e2e.test_keys import press_all, wait_saved

pytestmark = pytest.mark.own_page

KEPT = "(viewerRoot()?.querySelector('.kept')?.dataset.state ?? '')"


def kept(studio: Studio, uid: str, annotator: str) -> Kept:
    """The draft that the database holds."""
    return open_trajectory(studio.store, uid, annotator_named(studio.store, annotator)).kept


def wait_kept(page: Any) -> None:
    """Wait until the bar says that the studio has the draft."""
    wait_until(page, f"{KEPT} === 'saved'", timeout_s=10)


@contextmanager
def another_device(browser: Any) -> Iterator[Any]:
    """A browser that shares nothing with the first one; its errors fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(ON_SCREEN)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def another_tab(page: Any) -> Any:
    tab = page.context.new_page()
    tab.add_init_script(ON_SCREEN)
    return tab


def start(studio: Studio, page: Any, name: str) -> str:
    """A queue, opened, with the call of the first trajectory open for editing."""
    studio.fill(name, meetings(name, 2))
    studio.open(page, name, annotator=name)
    press_all(page, ["e"], 30)
    return studio.uids(name)[0]


def test_what_is_typed_is_with_the_studio_within_a_second_and_opens_on_another_device(
    studio: Studio, page: Any, browser: Any
) -> None:
    uid = start(studio, page, "device")
    type_arguments(page, GOOD)
    page.locator(".correcting .reason").fill("Rome was")
    typed = time.monotonic()
    while (kept(studio, uid, "device").content or {}).get("reason") != "Rome was":
        assert time.monotonic() - typed < 5, "the studio did not get the draft"
        page.wait_for_timeout(20)
    wait_kept(page)
    assert "draft saved" in page.get_by_test_id("kept").inner_text()
    page.locator(".correcting .reason").press_sequentially(" meant")
    wait_kept(page)
    with another_device(browser) as other:
        studio.open(other, "device", annotator="device")
        wait_text(other, "1 change")
        assert json.loads(as_json(other).input_value()) == json.loads(GOOD)
        assert other.locator(".correcting .reason").input_value() == "Rome was meant"
        wait_until(other, SAVABLE)
        other.locator(".correcting .main").click()
        wait_text(other, "corrected by device", within=".msg.here")
    assert corrected_call(studio, uid, "device") == GOOD
    assert kept(studio, uid, "device").content is None


def test_a_draft_outlives_the_page_and_this_machines_storage(
    studio: Studio, page: Any, browser: Any
) -> None:
    with another_device(browser) as first:
        uid = start(studio, first, "crashed")
        type_arguments(first, GOOD)
        wait_kept(first)
    # The context is gone with its storage, and nothing was sent on leaving that was not there.
    studio.open(page, "crashed", annotator="crashed")
    wait_text(page, "as you left it")
    assert json.loads(as_json(page).input_value()) == json.loads(GOOD)
    page.get_by_text("Discard", exact=True).click()
    wait_until(page, "!viewerRoot().querySelector('.correcting .reason')")
    deadline = time.monotonic() + 5
    while kept(studio, uid, "crashed").content is not None:
        assert time.monotonic() < deadline, "a discarded draft is kept"
        page.wait_for_timeout(20)
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    assert not is_open(page)


def test_closing_a_correction_keeps_it_closed(studio: Studio, page: Any) -> None:
    start(studio, page, "closed")
    type_arguments(page, GOOD)
    press_all(page, ["Escape", "Escape"], 60)
    page.wait_for_timeout(300)
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    wait_text(page, "An unsaved correction of this trajectory is kept here")
    assert not is_open(page)


def test_two_tabs_of_one_person_meet_and_neither_overwrites_the_other(
    studio: Studio, page: Any
) -> None:
    uid = start(studio, page, "meeting")
    tab = another_tab(page)
    studio.open(tab, "meeting", annotator="meeting")
    press_all(tab, ["e"], 30)
    type_arguments(page, GOOD)
    give_reason(page, "Rome, in the first")
    wait_kept(page)
    first = kept(studio, uid, "meeting")
    type_arguments(tab, '{"city": "Bonn", "seats": 9}')
    wait_until(tab, MERGING)
    assert kept(studio, uid, "meeting") == first, "the second tab wrote over the first"
    text = tab.locator(".merge").inner_text()
    assert "Bonn" in text and "Rome" in text and "both changed it" in text
    tab.wait_for_timeout(500)
    press_all(tab, ["Enter"], 60)
    wait_until(tab, MERGING)
    press_all(tab, ["ArrowRight", "Enter"], 60)
    wait_until(tab, f"!{MERGING}")
    wait_kept(tab)
    assert json.loads(as_json(tab).input_value()) == json.loads(GOOD)
    press_all(tab, ["Control+z"], 60)
    wait_kept(tab)
    assert json.loads(as_json(tab).input_value())["city"] == "Bonn", "mine is one undo away"
    type_arguments(page, '{"city": "Paris", "seats": 2}')
    wait_until(page, MERGING)
    page.wait_for_timeout(500)
    press_all(page, ["Shift+ArrowLeft", "Enter"], 60)
    wait_until(page, f"!{MERGING}")
    wait_kept(page)
    assert "Paris" in json.dumps(kept(studio, uid, "meeting").content)


def test_discarding_in_one_tab_leaves_the_other_tabs_draft(studio: Studio, page: Any) -> None:
    uid = start(studio, page, "leaves")
    tab = another_tab(page)
    studio.open(tab, "leaves", annotator="leaves")
    press_all(tab, ["e"], 30)
    type_arguments(page, GOOD)
    wait_kept(page)
    first = kept(studio, uid, "leaves")
    type_arguments(tab, '{"city": "Bonn", "seats": 9}')
    wait_until(tab, MERGING)
    tab.wait_for_timeout(500)
    press_all(tab, ["Escape"], 60)
    tab.get_by_text("Discard", exact=True).click()
    tab.wait_for_timeout(500)
    assert kept(studio, uid, "leaves") == first


def test_what_two_tabs_changed_apart_goes_together(studio: Studio, page: Any) -> None:
    uid = start(studio, page, "apart")
    tab = another_tab(page)
    studio.open(tab, "apart", annotator="apart")
    press_all(tab, ["j", "e"], 60)
    wait_until(tab, "viewerRoot().getRootNode().activeElement?.tagName === 'TEXTAREA'")
    type_arguments(page, GOOD)
    wait_kept(page)
    tab.keyboard.press("Control+a")
    tab.keyboard.type("Nothing is free in Oslo.", delay=100)  # refused before it is finished
    wait_until(tab, MERGING)
    assert "✓ chosen" in tab.locator(".merge footer").inner_text()
    tab.wait_for_timeout(500)
    press_all(tab, ["Enter"], 60)
    wait_until(tab, f"!{MERGING}")
    give_reason(tab, "both")
    tab.keyboard.press("Control+Enter")
    wait_until(tab, "!viewerRoot().querySelector('.correcting .reason')")
    opened = open_trajectory(studio.store, uid, annotator_named(studio.store, "apart"))
    assert opened.correction is not None
    messages = opened.correction.trajectory.messages
    assert messages[2].tool_calls[0].raw_arguments == GOOD
    assert messages[4].content == "Nothing is free in Oslo."


def test_a_draft_waits_for_a_studio_that_is_away_and_leaving_warns(
    start_studio: Callable[[], Studio], page: Any
) -> None:
    studio = start_studio()
    uid = start(studio, page, "away")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    type_arguments(page, '{"city": "Rome"')
    wait_kept(page)
    studio.kill()
    type_arguments(page, GOOD)
    wait_until(page, f"{KEPT} === 'failing'")
    assert "not saved yet" in page.get_by_test_id("kept").inner_text()
    page.evaluate("window.location.reload()")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    studio.start()
    page.goto(f"{studio.url}/annotate?dataset=away&as=away&t={uid}")
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    wait_kept(page)
    assert json.loads(as_json(page).input_value()) == json.loads(GOOD)
    assert "Rome" in json.dumps(kept(studio, uid, "away").content)
    asked.clear()
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    assert asked == [], "the studio has everything"


def test_a_note_is_safe_when_the_page_is_closed_while_it_is_typed(
    studio: Studio, page: Any, browser: Any
) -> None:
    studio.fill("note", meetings("note", 1))
    uid = studio.uids("note")[0]
    with another_device(browser) as other:
        studio.open(other, "note", annotator="note")
        press_all(other, ["t"], 60)
        other.keyboard.type("half a sentence")
        other.close()
    deadline = time.monotonic() + 5
    while studio.said(uid, "note").annotation.note != "half a sentence":
        assert time.monotonic() < deadline, "the note did not arrive"
        page.wait_for_timeout(20)


def test_people_and_tabs_at_one_trajectory_see_each_other(
    studio: Studio, page: Any, browser: Any
) -> None:
    studio.fill("company", meetings("company", 2))
    uid = studio.uids("company")[0]
    line = "(viewerRoot()?.querySelector('[data-testid=company]')?.innerText ?? '')"
    where = f"{studio.url}/annotate?dataset=company&t={uid}"
    page.goto(f"{where}&as=Ana")
    wait_until(page, f"window.onScreen().uid === '{uid}'", timeout_s=30)
    page.wait_for_timeout(1200)
    assert page.evaluate(line) == ""
    with another_device(browser) as other:
        other.goto(f"{where}&as=Bo")
        wait_until(other, f"{line}.includes('Ana is here too')", timeout_s=30)
        wait_until(page, f"{line}.includes('Bo is here too')", timeout_s=20)
    tab = another_tab(page)
    tab.goto(f"{where}&as=Ana")
    wait_until(tab, f"{line}.includes('another tab of yours')", timeout_s=30)
    wait_until(page, f"{line}.includes('another tab of yours')")
    tab.close()
    wait_until(page, f"!{line}.includes('another tab')")
    wait_saved(page)
