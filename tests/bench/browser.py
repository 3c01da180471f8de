"""How long an annotator waits: next trajectory and key echo, in a real browser.

`python -m tests.bench.browser [--count 40] [--messages 40]` starts a studio over a fresh database,
opens Annotate in chromium at 1280×800 and presses keys. A time runs from the key press (the event's
own clock) to the second animation frame after it, that is until the new picture is on the screen;
two frames of 60 Hz are 17 to 33 ms, so that is the floor. Not a test: nothing here fails by time.
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

WATCH = """
window.times = [];
window.addEventListener('keydown', (event) => {
  const { key, timeStamp } = event;
  const after = (kind) => requestAnimationFrame(() => requestAnimationFrame((now) => {
    window.times.push({ key, kind, ms: performance.now() - timeStamp });
  }));
  setTimeout(() => after('painted'), 0);
}, true);
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
        times = page.evaluate("window.times")
        browser.close()
    by_key = {key: [t["ms"] for t in times if t["key"] == key][WARM_UP:] for key in ("Enter", "1")}
    return {"next_ms": _summary(by_key["Enter"]), "key_echo_ms": _summary(by_key["1"])}


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
