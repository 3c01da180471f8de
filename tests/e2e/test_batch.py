"""The others like this in the browser: found, ticked, marked at once, taken back by one undo."""

from __future__ import annotations

import json
from typing import Any

from curation.annotation import Outcome, StepVerdict
from tests.e2e.axe import in_themes
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import call, meetings

SESSION = "s = [...window.__loopwright.values()][0]"
SAVED = f"(({SESSION}) => s.sender.state.ops.length + s.pending.length === 0)()"
OPEN = "!window.viewerRoot().querySelector('.alike').hidden"
TOAST = "window.viewerRoot().querySelector('.toast').textContent"
COUNT = "(window.viewerRoot().querySelector('.alike .count')?.textContent || '')"


def worded_seats(tag: str, count: int) -> list[dict[str, Any]]:
    """Meetings of one turn whose seats are a word: a check finds each of them."""
    rows = meetings(tag, count, n_turns=1)
    for row in rows:
        wrong = {"city": "Oslo", "seats": "two"}
        row["messages"][2]["tool_calls"] = [call("c0", json.dumps(wrong))]
    return rows


def open_panel(studio: Studio, page: Any, dataset: str) -> None:
    """Mark the wrong value (the finding is selected already), then ask for the others."""
    studio.open(page, dataset, annotator=dataset)
    for key in ("m", "p", "v", "Shift+M"):
        page.keyboard.press(key)
    wait_until(page, f"{COUNT} !== ''")


def marks(studio: Studio, uids: list[str], annotator: str) -> list[int]:
    return [len(studio.said(uid, annotator).annotation.marks) for uid in uids]


def test_the_others_are_marked_at_once_and_one_undo_takes_it_back(
    studio: Studio, page: Any
) -> None:
    studio.fill("alike", worded_seats("alike", 6))
    uids = studio.uids("alike")
    open_panel(studio, page, "alike")
    assert "5 more trajectories like this" in page.evaluate(COUNT)
    for key in ("j", " ", "2", "x", "Enter"):
        page.keyboard.press(key)
    wait_until(page, f"!({OPEN})")
    assert "Marked 4 places" in page.evaluate(TOAST)
    wait_until(page, SAVED)
    assert marks(studio, uids, "alike") == [1, 1, 0, 1, 1, 1]
    one = studio.said(uids[1], "alike")
    (mark,) = one.annotation.marks
    assert (mark.category, mark.anchor.pointer) == ("PARAM_VALUE", "/seats")
    assert one.annotation.outcome is Outcome.REJECT
    assert one.annotation.step_verdicts == {2: StepVerdict.INCORRECT}
    assert one.committed
    assert page.evaluate("window.onScreen()")["uid"] == uids[0], "nobody was moved"
    page.keyboard.press("z")
    wait_until(page, SAVED)
    assert "Undone: 4 marks" in page.evaluate(TOAST)
    assert marks(studio, uids, "alike") == [1, 0, 0, 0, 0, 0]
    assert studio.said(uids[1], "alike").annotation.is_empty


def test_a_finding_asks_for_its_category_and_is_marked_itself(studio: Studio, page: Any) -> None:
    studio.fill("finding", worded_seats("finding", 3))
    uids = studio.uids("finding")
    studio.open(page, "finding", annotator="finding")
    page.keyboard.press("Shift+M")
    wait_until(page, f"{COUNT} !== ''")
    page.keyboard.press("Enter")
    assert page.evaluate(OPEN), "nothing is done without a category"
    page.get_by_label("Category of the mark").select_option("PARAM_VALUE")
    wait_until(page, "window.viewerRoot().querySelector('.alike .main[aria-disabled=false]')")
    page.keyboard.press("Enter")
    wait_until(page, SAVED)
    assert marks(studio, uids, "finding") == [1, 1, 1]


def test_the_panel_keeps_the_keys_and_esc_leaves_everything_as_it_was(
    studio: Studio, page: Any
) -> None:
    studio.fill("kept", worded_seats("kept", 3))
    uids = studio.uids("kept")
    open_panel(studio, page, "kept")
    for key in ("n", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "u", "Escape"):
        page.keyboard.press(key)
        assert page.evaluate(OPEN) is (key != "Escape")
    wait_until(page, SAVED)
    assert marks(studio, uids, "kept") == [1, 0, 0]
    assert studio.said(uids[0], "kept").annotation.outcome is None
    page.keyboard.press("a")
    wait_until(page, SAVED)
    assert studio.said(uids[0], "kept").annotation.outcome is Outcome.ACCEPT


def test_the_panel_and_the_checklist_are_free_of_serious_faults(studio: Studio, page: Any) -> None:
    studio.fill("axe-batch", worded_seats("axe-batch", 4))
    open_panel(studio, page, "axe-batch")
    page.keyboard.press("x")
    found, exempt = in_themes(page, "the others like this")
    page.keyboard.press("Escape")
    page.keyboard.press("7")
    wait_until(page, "Boolean(window.viewerRoot().querySelector('.checklist .items'))")
    listed, more = in_themes(page, "checklist")
    page.keyboard.press("7")  # another theme mounts the viewer again, without the focus
    wait_until(page, "window.viewerRoot().getRootNode().activeElement?.className === 'items'")
    page.keyboard.press("Enter")
    wait_until(page, "Boolean(window.viewerRoot().querySelector('.item:not(.seed)'))")
    page.keyboard.press("Enter")
    wait_until(page, "Boolean(window.viewerRoot().querySelector('.writing'))")
    writing, rest = in_themes(page, "an item being written")
    assert found + listed + writing == []
    assert exempt | more | rest == set()
