"""What is seen is also said, without a pointer, and at 200 % nothing is out of reach."""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import meetings
from tests.e2e.test_keys import press_all, wait_saved


def spoken(page: Any, role: str = "status") -> str:
    """What a screen reader was told last."""
    found = f"viewerRoot().querySelector('[data-testid=spoken] [role={role}]').textContent"
    return str(page.evaluate(found))


def test_every_key_is_answered_in_words(studio: Studio, page: Any) -> None:
    studio.fill("spoken", meetings("spoken", 2))
    studio.open(page, "spoken", annotator="spoken")
    assert "6 steps" in spoken(page)
    page.keyboard.press("j")
    assert spoken(page).startswith("Step 2 of 6, Room R0 seats")
    assert spoken(page).endswith("not judged")
    press_all(page, ["k", "]", "l"], 0)
    assert spoken(page) == "Argument city, Oslo"
    page.keyboard.press("2")
    assert spoken(page) == "Step 1 incorrect"
    page.keyboard.press("m")
    assert spoken(page) == "Mark: two keys of a category"
    press_all(page, ["p", "v"], 0)
    assert spoken(page).startswith("Marked Wrong value on step 1")
    page.keyboard.press("Enter")
    assert spoken(page, "alert") == "Choose an outcome first"
    page.keyboard.press("z")
    assert spoken(page) == "Undone: mark"
    page.keyboard.press("z")
    page.keyboard.press("z")
    wait_saved(page)
    assert "nothing to undo" in spoken(page)


def test_acts_that_cannot_be_saved_interrupt(studio: Studio, page: Any) -> None:
    studio.fill("unsaved", meetings("unsaved", 1))
    studio.open(page, "unsaved", annotator="unsaved")
    page.route("**/api/annotate/acts", lambda route: route.abort())
    page.keyboard.press("1")
    alert = "viewerRoot().querySelector('[data-testid=spoken] [role=alert]').textContent"
    wait_until(page, f"{alert}.includes('retrying')")
    page.unroute_all(behavior="wait")
    wait_saved(page)
    assert spoken(page) == "Saving works again"


def test_the_trace_is_one_tab_away_and_keys_work_from_anywhere(studio: Studio, page: Any) -> None:
    studio.fill("skip", meetings("skip", 1))
    studio.open(page, "skip", annotator="skip")
    page.evaluate("viewerRoot().querySelector('.skip').focus()")
    assert page.get_by_role("button", name="Go to the trace").bounding_box()["width"] > 50
    page.keyboard.press("Enter")
    focused = "viewerRoot().getRootNode().activeElement.className"
    assert "trace" in page.evaluate(focused)
    for part in (".bar button", ".rail .category", ".trace.shown summary, .trace.shown button"):
        page.evaluate(f"viewerRoot().querySelector('{part}').focus()")
        before = page.evaluate("onScreen().index")
        page.keyboard.press("j")
        assert page.evaluate("onScreen().index") > before


def test_the_list_of_keys_holds_the_focus_until_it_is_closed(studio: Studio, page: Any) -> None:
    studio.fill("modal", meetings("modal", 1))
    studio.open(page, "modal", annotator="modal")
    page.evaluate("viewerRoot().querySelector('.trace.shown').focus()")
    page.keyboard.press("?")
    inside = "Boolean(viewerRoot().getRootNode().activeElement?.closest('.help'))"
    wait_until(page, inside)
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate(inside) or page.evaluate("document.activeElement === document.body")
    page.keyboard.press("Escape")
    wait_until(page, "!viewerRoot().querySelector('.help').open")
    assert "trace" in page.evaluate("viewerRoot().getRootNode().activeElement.className")


def test_at_twice_the_size_nothing_is_out_of_reach(studio: Studio, page: Any) -> None:
    studio.fill("zoom", meetings("zoom", 1))
    page.set_viewport_size({"width": 640, "height": 400})  # 1280×800 at 200 %
    studio.open(page, "zoom", annotator="zoom")
    for name in ("Commit, next", "accept", "incorrect", "Keys"):
        box = page.get_by_role("button", name=name).first.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 640
        assert box["y"] + box["height"] <= 400
    trace = page.locator(".trace.shown").bounding_box()
    assert trace["width"] > 250
