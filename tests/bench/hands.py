"""Two ways of doing the same in the viewer, counted: the keyboard alone, and the mouse alone.

Nothing is skipped by calling into the page: keys and buttons go through the browser's own input.
The one thing that is estimated is the list of a native `<select>`, which the browser draws outside
the page: choosing there counts as a second click, that far down the list.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tests.e2e.conftest import wait_until

OPTION_PX = 20
"""Height of a line in the list of a select."""


@dataclass
class Effort:
    """What a task took."""

    keys: int = 0
    clicks: int = 0
    travel_px: float = 0.0
    scrolls: int = 0
    """How often something had to be scrolled into view first."""
    saved_ms: float = 0.0
    """From the first key or click to the server's last answer; the robot does not think."""


class Keyboard:
    """Keys, one after the other. A chord such as Ctrl+Enter is one keystroke."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.effort = Effort()

    def press(self, *keys: str) -> None:
        """Press keys; waits for a frame after each, as a person sees what happened."""
        for key in keys:
            self.page.keyboard.press(key)
            self.effort.keys += 1
            self.page.wait_for_timeout(16)

    def wait_for(self, what: str) -> None:
        """Wait until this is on the screen."""
        wait_until(self.page, f"Boolean(viewerRoot().querySelector({what!r}))")


class Mouse:
    """A pointer that travels straight from where it was last."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.effort = Effort()
        self.x, self.y = 640.0, 400.0  # the middle of the page: where a hand rests
        page.mouse.move(self.x, self.y)

    def click(self, target: Any) -> None:
        """Go there and click."""
        self._to(target)
        self.page.mouse.down()
        self.page.mouse.up()
        self.effort.clicks += 1
        self.page.wait_for_timeout(16)

    def choose(self, select: Any, label: str) -> None:
        """Choose from a native list: a click that opens it and one in the list."""
        place = select.evaluate(
            "(node, label) => [...node.options].findIndex((o) => o.text === label)", label
        )
        assert place >= 0, f"{label} is not in the list"
        self._to(select)
        self.effort.clicks += 2
        self.effort.travel_px += OPTION_PX * (place + 1)
        select.select_option(label=label)
        self.page.wait_for_timeout(16)

    def _to(self, target: Any) -> None:
        target.wait_for(state="visible", timeout=10_000)
        if not target.evaluate(IN_SIGHT):
            target.scroll_into_view_if_needed()
            self.effort.scrolls += 1
            self.page.wait_for_timeout(50)
        box = target.bounding_box()
        x, y = box["x"] + min(box["width"] / 2, 60), box["y"] + box["height"] / 2
        self.effort.travel_px += math.hypot(x - self.x, y - self.y)
        self.x, self.y = x, y
        self.page.mouse.move(x, y, steps=4)


IN_SIGHT = """(node) => {
  const { left, top, right, bottom, width } = node.getBoundingClientRect();
  const x = left + Math.min(width / 2, 60);
  const there = node.getRootNode().elementFromPoint(x, (top + bottom) / 2);
  return right > 0 && Boolean(there) && (node.contains(there) || there.contains(node));
}"""

WATCH = """
window.firstInput = null;
window.lastAnswer = null;
for (const kind of ['keydown', 'pointerdown']) {
  window.addEventListener(kind, (event) => { window.firstInput ??= event.timeStamp; }, true);
}
const plainFetch = window.fetch;
window.fetch = async (...asked) => {
  const answer = await plainFetch(...asked);
  if (/\\/(acts|correct)$/.test(String(asked[0]))) {
    await answer.clone().arrayBuffer();
    window.lastAnswer = performance.now();
  }
  return answer;
};
"""


def wait_committed(page: Any, uid: str) -> float:
    """Wait until the server has acknowledged everything; milliseconds since the first input."""
    session = "[...window.__loopwright.values()][0]"
    wait_until(
        page, f"{session}.stateOf({uid!r}).committed && {session}.sender.state.ops.length === 0"
    )
    return float(page.evaluate("window.lastAnswer - window.firstInput"))
