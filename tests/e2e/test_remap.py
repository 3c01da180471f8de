"""Keys are moved in the viewer or in Settings, hold at once, and follow to another browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import ON_SCREEN, Studio, wait_until
from tests.e2e.conversations import meetings

pytestmark = pytest.mark.own_page

SESSION = "[...window.__loopwright.values()][0]"
LINE = "viewerRoot().querySelector('.keyline[data-focus=\"key:{}\"]')"
COMMIT = "viewerRoot().querySelector('[data-testid=commit]')"
SAID = "viewerRoot().querySelector('.help .said')"


def move(page: Any, command: str, key: str) -> None:
    """Press the line of a command in the open list, then the new key."""
    page.evaluate(f"{LINE.format(command)}.click()")
    wait_until(page, f"{LINE.format(command)}.classList.contains('asked')")
    page.keyboard.press(key)


def said(page: Any, root: str = SAID) -> str:
    return page.evaluate(f"{root}.textContent")


def index(page: Any) -> int:
    return page.evaluate("onScreen().index")


def test_a_moved_key_holds_at_once_is_printed_and_follows_to_another_browser(
    studio: Studio, browser: Any, page: Any
) -> None:
    studio.fill("remap", meetings("remap", 2))
    studio.open(page, "remap", annotator="remap")
    page.keyboard.press("?")
    wait_until(page, "viewerRoot().querySelector('.help').open")
    move(page, "step-next", "k")
    assert "“previous step” already" in said(page)
    page.keyboard.press("r")
    assert "Streamlit" in said(page)
    page.keyboard.press("Control+b")
    assert "belong to the browser" in said(page)
    page.keyboard.press("!")
    wait_until(page, f"{SAID}.textContent.includes('“next step” is ! now')")
    move(page, "commit", "F2")
    wait_until(
        page, "viewerRoot().querySelector('[data-testid=commit]').textContent.includes('F2')"
    )
    move(page, "leader", "Shift+L")
    wait_until(page, f"{SAID}.textContent.includes('is L now')")
    page.keyboard.press("?")
    wait_until(page, "!viewerRoot().querySelector('.help').open")

    before = index(page)
    page.keyboard.press("j")
    assert index(page) == before
    page.keyboard.press("!")
    assert index(page) > before
    page.keyboard.press("k")
    assert index(page) == before

    context = browser.new_context(viewport={"width": 1280, "height": 800})
    other = context.new_page()
    other.add_init_script(ON_SCREEN)
    studio.open(other, "remap", annotator="remap")
    uid = other.evaluate("onScreen().uid")
    for key in ("!", "2", "Shift+L", "p", "v", "x", "Enter"):
        other.keyboard.press(key)
    assert other.evaluate("onScreen().uid") == uid, "Enter commits no more"
    other.keyboard.press("F2")
    wait_until(other, f"onScreen().uid !== '{uid}'")
    wait_until(other, f"{SESSION}.sender.state.ops.length === 0")
    context.close()
    draft = studio.said(uid, "remap")
    assert draft.committed
    assert [m.category for m in draft.annotation.marks] == ["PARAM_VALUE"]


def test_settings_show_the_same_list_and_put_keys_back(studio: Studio, page: Any) -> None:
    page.goto(f"{studio.url}/settings?as=remap-settings")
    line = page.locator('.keyline[data-focus="key:fold"]')
    line.click(timeout=30_000)
    page.keyboard.press("c")
    page.get_by_role("alert").get_by_text("belongs to Streamlit").wait_for()
    page.keyboard.press("#")
    page.get_by_text("is # now").wait_for()
    page.reload()
    page.get_by_role("button", name="key #, moved").wait_for()
    page.get_by_role("button", name="open or close long text of the step: back to o").click()
    page.get_by_text("is o now").wait_for()
    line.click()
    page.keyboard.press("Shift+O")
    page.get_by_text("is O now").wait_for()
    page.get_by_role("button", name="All keys back to the defaults").click()
    page.get_by_text("All keys are back").wait_for()
    page.reload()
    page.get_by_role("button", name="open or close long text of the step: key o. ").wait_for()
    assert not page.get_by_role("button", name="All keys back to the defaults").is_visible()
