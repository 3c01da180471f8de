"""The checklist of a tool in the browser: written, taken over from the schema, answered."""

from __future__ import annotations

import json
from typing import Any

from curation.checklists import Answer
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import meetings

SESSION = "s = [...window.__loopwright.values()][0]"
SAVED = f"(({SESSION}) => s.sender.state.ops.length + s.pending.length === 0)()"
_ITEM = ".checklist .item:not(.seed) .text"
ITEMS = f"[...window.viewerRoot().querySelectorAll('{_ITEM}')].map(e => e.textContent)"
FOCUS = "window.viewerRoot().getRootNode().activeElement?.className"


def meetings_with(tool: str, name: str, count: int) -> list[dict[str, Any]]:
    """Conversations with a tool that no other test writes a checklist for."""
    rows: list[dict[str, Any]] = json.loads(
        json.dumps(meetings(name, count, n_turns=1)).replace("find_room", tool)
    )
    return rows


def test_items_are_written_taken_over_answered_and_retired(studio: Studio, page: Any) -> None:
    studio.fill("listed", meetings_with("find_hall", "listed", 2))
    first, second = studio.uids("listed")
    studio.open(page, "listed", annotator="listed")
    page.keyboard.press("7")
    wait_until(page, f"{FOCUS} === 'items'")
    page.keyboard.press("Enter")
    wait_until(page, f"{ITEMS}.length === 1")
    assert page.evaluate(ITEMS) == ["city is given"], "what the schema says is taken over"
    page.keyboard.press("Enter")
    page.keyboard.type("The city is the one that was named")
    page.keyboard.press("Enter")
    wait_until(page, f"{ITEMS}.length === 2")
    page.keyboard.press(" ")
    page.keyboard.press("j")
    page.keyboard.press(" ")
    page.keyboard.press(" ")
    wait_until(page, SAVED)
    answers = studio.said(first, "listed").annotation.checklist
    assert [(a.message_index, a.call_index, a.answer) for a in answers] == [
        (2, 0, Answer.YES),
        (2, 0, Answer.NO),
    ]
    page.keyboard.press("z")
    wait_until(page, SAVED)
    answers = studio.said(first, "listed").annotation.checklist
    assert [a.answer for a in answers] == [Answer.YES, Answer.YES]
    page.keyboard.press("Escape")
    for key in ("a", "Enter"):
        page.keyboard.press(key)
    wait_until(page, f"window.onScreen().uid === '{second}'")
    page.keyboard.press("7")
    wait_until(page, f"{ITEMS}.length === 2")
    page.keyboard.press("Delete")
    wait_until(page, f"{ITEMS}.length === 1")
    wait_until(page, SAVED)
    assert len(studio.said(first, "listed").annotation.checklist) == 2, "answers stay"
    assert studio.said(second, "listed").annotation.is_empty


def test_an_item_that_could_not_be_stored_is_kept_and_stored_once(
    studio: Studio, page: Any
) -> None:
    studio.fill("kept-item", meetings_with("find_desk", "kept-item", 1))
    studio.open(page, "kept-item", annotator="kept")
    page.keyboard.press("7")
    wait_until(page, f"{FOCUS} === 'items'")
    page.keyboard.press("e")  # nothing but what the schema says is there: nothing to edit
    page.keyboard.press("Enter")
    wait_until(page, f"{ITEMS}.length === 1")
    before = page.evaluate(ITEMS)
    page.keyboard.press("Enter")
    page.keyboard.type("Seats are")
    page.route("**/checklist-item", lambda route: route.abort())
    page.keyboard.press("j")  # a letter of the text, although j moves in the list
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    wait_until(page, "window.viewerRoot().querySelector('.toast').innerText.includes('Not saved')")
    assert page.locator(".checklist .write").input_value() == "Seats are"
    page.unroute("**/checklist-item")
    page.keyboard.type(" named")
    page.keyboard.press("Enter")
    wait_until(page, f"{ITEMS}.length === 2")
    assert page.evaluate(ITEMS) == [*before, "Seats are named"]
