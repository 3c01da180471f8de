"""How long an annotator waits in a real browser: next trajectory, key echo, verdict on an edit.

`python -m tests.bench.browser [--count 40] [--messages 40]` starts a studio over a fresh database,
opens Annotate in chromium at 1280×800 and presses keys. A time runs from the key press until
the next picture is on the screen, as the browser itself takes it (Event Timing, in steps of 8 ms,
nothing below 16); one frame of 60 Hz is the floor. In the editor it runs from the key to the frame
in which Python's verdict on the new text is shown. Not a test: nothing here fails by time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from storage.engine import migrate, open_store
from tests.e2e.conftest import CHROMIUM, FLAGS, ON_SCREEN, Studio, free_port, wait_until
from tests.e2e.conversations import meetings

PAUSE_MS = 400
"""Between two trajectories: a person reads longer, so the next one is always prefetched."""
WARM_UP = 3
SEEN_MS = 500
"""Until the browser has told of the last press."""

WATCH = """
window.presses = [];
window.painted = new Map(); // time stamp of a press -> milliseconds until it was painted
window.addEventListener('keydown', ({ key, timeStamp }) => {
  window.presses.push({ key, timeStamp });
}, true);
new PerformanceObserver((list) => {
  for (const { name, startTime, duration } of list.getEntries()) {
    if (name === 'keydown') window.painted.set(startTime, duration);
  }
}).observe({ type: 'event', durationThreshold: 16, buffered: true });
"""
TIMES = """
window.presses.map(({ key, timeStamp }) => ({ key, ms: window.painted.get(timeStamp) ?? 16 }))
"""


TYPED = 30
"""Keys in the editor: a pause after each, as a person has who watches what it says."""
TYPING_MS = 400
WATCH_VERDICTS = """
window.verdicts = [];
const [session] = [...window.__loopwright.values()];
let typed = 0;
window.addEventListener('keydown', ({ timeStamp }) => { typed = timeStamp; }, true);
session.listeners.add((topics) => {
  const c = session.editor;
  if (!topics.includes('checked') || !c || c.verdict?.state !== c.history.now) return;
  const since = typed;
  requestAnimationFrame((now) => window.verdicts.push(performance.now() - since));
});
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40, help="trajectories to go through")
    parser.add_argument("--messages", type=int, default=40, help="messages of each")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        studio = _studio(Path(folder))
        try:
            studio.fill("bench", long_meetings(asked.count + 1, asked.messages))
            studio.start()
            figures = _measure(studio, asked.count)
        finally:
            studio.kill()
            studio.store.close()
    figures["messages"] = asked.messages
    figures["load_1min"] = round(os.getloadavg()[0], 1)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _studio(folder: Path) -> Studio:
    url = f"sqlite:///{folder / 'bench.db'}"
    store = open_store(url)
    migrate(store)
    env = {"LOOPWRIGHT_DATABASE_URL": url, "LOOPWRIGHT_ANNOTATOR": "bench"}
    return Studio(folder, free_port(), store, env=env)


def long_meetings(count: int, n_messages: int) -> list[dict[str, Any]]:
    """Conversations with results long enough to be folded, about 0.5 KB a message."""
    rows = meetings("bench", count, n_turns=max(1, n_messages // 4))
    for row in rows:
        for message in row["messages"]:
            if message["role"] == "tool":
                room = json.loads(message["content"])
                room["also"] = [{"room": f"S{i}", "seats": i, "floor": i % 7} for i in range(20)]
                message["content"] = json.dumps(room)
    return rows


def _measure(studio: Studio, count: int) -> dict[str, Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(ON_SCREEN)
        page.add_init_script(WATCH)
        studio.open(page, "bench", "bench")
        page.wait_for_timeout(1000)
        for _ in range(count):
            for key in ("1", "j", "2", "a"):
                page.keyboard.press(key)
                page.wait_for_timeout(60)
            wait_until(page, "[...window.__loopwright.values()][0].deck.length > 0")
            page.wait_for_timeout(PAUSE_MS)
            page.keyboard.press("Enter")
            page.wait_for_timeout(PAUSE_MS)
        page.wait_for_timeout(SEEN_MS)
        times = page.evaluate(TIMES)
        verdicts = _type_in_the_editor(page)
        browser.close()
    by_key = {key: [t["ms"] for t in times if t["key"] == key][WARM_UP:] for key in ("Enter", "1")}
    return {
        "next_ms": _summary(by_key["Enter"]),
        "key_echo_ms": _summary(by_key["1"]),
        "verdict_on_edit_ms": _summary(verdicts),
    }


def _type_in_the_editor(page: Any) -> list[float]:
    """Open the selected call and type in its first field."""
    page.evaluate("() => {" + WATCH_VERDICTS + "}")
    page.keyboard.press("e")
    wait_until(page, "viewerRoot().querySelector('.trace.shown .editor') !== null")
    page.wait_for_timeout(TYPING_MS)
    page.evaluate("window.verdicts = []")
    for _ in range(TYPED):
        page.keyboard.press("x")
        page.wait_for_timeout(TYPING_MS)
    return list(page.evaluate("window.verdicts"))


def _summary(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "n": len(ordered),
        "p50": round(statistics.median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))], 1),
        "max": round(ordered[-1], 1),
    }


if __name__ == "__main__":
    main()
