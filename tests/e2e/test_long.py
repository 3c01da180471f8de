"""Long trajectories: only what is near the sight is drawn, and nothing is missed for that."""

from __future__ import annotations

import json
from typing import Any

from curation.annotation import StepVerdict
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import meeting
from tests.e2e.test_keys import SESSION, press_all, wait_saved

CARDS = "viewerRoot().querySelectorAll('.trace.shown .msg').length"
LINES = "viewerRoot().querySelectorAll('.map.shown .stepline').length"
IN_SIGHT = """() => {
  const here = viewerRoot().querySelector('.trace.shown .msg.here').getBoundingClientRect();
  const box = viewerRoot().querySelector('.trace.shown').getBoundingClientRect();
  return here.top >= box.top - 1 && here.top < box.bottom;
}"""


def open_long(studio: Studio, page: Any, name: str, n_turns: int) -> None:
    studio.fill(name, [meeting(name, 1, n_turns), meeting(name, 2, 1)])
    studio.open(page, name, annotator=name)


def go_to(page: Any, message: int) -> None:
    cursor = json.dumps({"message": message, "call": None, "pointer": None})
    page.evaluate(f"(({SESSION}) => {{ s.cursor = {cursor}; }})()")


def test_of_thousands_of_messages_only_those_near_the_sight_are_drawn(
    studio: Studio, page: Any
) -> None:
    open_long(studio, page, "thousands", 500)
    page.wait_for_timeout(500)
    assert page.evaluate(CARDS) < 150
    assert page.evaluate(LINES) < 300
    last = 4 * 500
    for message in (last, 2, last):
        go_to(page, message)
        wait_until(page, f"window.onScreen().index === {message}")
        page.wait_for_timeout(300)
        assert page.evaluate(IN_SIGHT), message
    line = "viewerRoot().querySelector('.map.shown .stepline.here')"
    assert page.evaluate(f"{line}.querySelector('.no').textContent") == "1000"
    assert page.evaluate(CARDS) < 300


def test_what_is_drawn_later_shows_what_was_said_before(studio: Studio, page: Any) -> None:
    open_long(studio, page, "later", 300)
    press_all(page, ["2", "4"], 30)
    go_to(page, 1001)
    state = "viewerRoot().querySelector('.trace.shown .msg[data-index=\"1002\"]')?.className"
    wait_until(page, f"({state} || '').includes('correct')")
    assert page.evaluate("[...viewerRoot().querySelectorAll('.map .here .state')].length") <= 1
    wait_saved(page)
    verdicts = studio.said(studio.uids("later")[0], "later").annotation.step_verdicts
    assert len(verdicts) == 600
    assert list(verdicts.values()).count(StepVerdict.INCORRECT) == 1
    go_to(page, 2)
    first = "viewerRoot().querySelector('.trace.shown .msg[data-index=\"2\"]').className"
    wait_until(page, f"{first}.includes('incorrect')")


def test_a_few_hundred_messages_are_all_there_for_the_search_of_the_browser(
    studio: Studio, page: Any
) -> None:
    open_long(studio, page, "search", 75)
    wait_until(page, f"{CARDS} === 1 + 3 * 75")
    text = "viewerRoot().querySelector('.trace.shown').textContent"
    assert "Room R74 seats 75" in page.evaluate(text)


def test_a_scrolled_trace_is_drawn_where_it_is_looked_at(studio: Studio, page: Any) -> None:
    open_long(studio, page, "scrolled", 500)
    page.evaluate(
        "(() => { const t = viewerRoot().querySelector('.trace.shown');"
        " t.scrollTop = t.scrollHeight / 2; })()"
    )
    middle = """() => {
      const box = viewerRoot().querySelector('.trace.shown').getBoundingClientRect();
      const root = viewerRoot().getRootNode();
      const at = root.elementFromPoint(box.left + 60, box.top + box.height / 2);
      return Boolean(at?.closest('.msg'));
    }"""
    wait_until(page, f"({middle})()")
