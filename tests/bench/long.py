"""Long trajectories in a real browser: opening, key echo, and what touches every step.

`python -m tests.bench.long [--messages 300 10000]` opens one trajectory of each length that is not
prefetched (the time runs from asking for it to the second animation frame after it is shown, with
fetching), then presses keys in it; times as in `tests.bench.browser`. Not a test.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.bench.browser import SEEN_MS, TIMES, WATCH, _studio, _summary
from tests.e2e.conftest import CHROMIUM, FLAGS, ON_SCREEN, Studio, wait_until
from tests.e2e.conversations import meetings

OPEN = """async (uid) => {
  const [session] = [...window.__loopwright.values()];
  session.deck = [];
  session.views.delete(uid);
  const start = performance.now();
  await session.travel.visit(uid);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - start;
}"""
LAST = """() => {
  const [session] = [...window.__loopwright.values()];
  session.cursor = { message: session.view.messages.length - 2, call: null, pointer: null };
}"""
ROOM_CHARS = 60


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, nargs="+", default=[300, 10_000])
    parser.add_argument("--kilobytes", type=int, default=1000, help="text of each trajectory")
    asked = parser.parse_args(arguments)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        studio = _studio(Path(folder))
        try:
            for n in asked.messages:
                studio.fill(f"long-{n}", [_long(n, asked.kilobytes), *meetings(f"short-{n}", 2)])
            studio.start()
            figures = {n: _measure(studio, f"long-{n}") for n in asked.messages}
        finally:
            studio.kill()
            studio.store.close()
    load = round(os.getloadavg()[0], 1)
    sys.stdout.write(json.dumps({"load_1min": load, **figures}, indent=2) + "\n")


def _long(n_messages: int, kilobytes: int) -> dict[str, Any]:
    """One conversation of so many messages, whose results make up so much text."""
    (row,) = meetings("long", 1, n_turns=max(1, n_messages // 4))
    n_rooms = kilobytes * 1000 * 4 // n_messages // ROOM_CHARS
    for message in row["messages"]:
        if message["role"] == "tool":
            room = json.loads(message["content"])
            room["also"] = [
                {"room": f"S{i}", "seats": i, "floor": i % 7, "free": True} for i in range(n_rooms)
            ]
            message["content"] = json.dumps(room)
    return row


def _measure(studio: Studio, dataset: str) -> dict[str, Any]:
    uid, short = studio.uids(dataset)[:2]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(ON_SCREEN)
        page.add_init_script(WATCH)
        studio.open(page, dataset, dataset)
        opened = []
        for _ in range(8):
            page.evaluate(OPEN, short)
            page.wait_for_timeout(300)
            opened.append(page.evaluate(OPEN, uid))
            page.wait_for_timeout(600)
        wait_until(page, f"window.onScreen().uid === '{uid}'")
        page.evaluate("window.presses = []")
        for _ in range(25):
            for key in ("1", "j", "2", "k", "j"):
                page.keyboard.press(key)
                page.wait_for_timeout(70)
        for key in ("4", "z", "4", "z", "4", "z", "-", "-"):
            page.keyboard.press(key)
            page.wait_for_timeout(900)
        page.evaluate(LAST)
        page.wait_for_timeout(900)
        for _ in range(10):
            for key in ("1", "k", "2", "j"):
                page.keyboard.press(key)
                page.wait_for_timeout(70)
        page.wait_for_timeout(SEEN_MS)
        times = page.evaluate(TIMES)
        n_cards = page.evaluate("viewerRoot().querySelectorAll('.trace.shown .msg').length")
        browser.close()
    by_key = {key: [t["ms"] for t in times if t["key"] == key] for key in "12jk4z-"}
    return {
        "open_ms": _summary(opened),
        "key_echo_ms": _summary(by_key["1"] + by_key["2"]),
        "move_ms": _summary(by_key["j"] + by_key["k"]),
        "rest_is_clean_ms": _summary(by_key["4"]),
        "undo_it_ms": _summary(by_key["z"]),
        "calls_only_ms": _summary(by_key["-"]),
        "cards_drawn": n_cards,
    }


if __name__ == "__main__":
    main()
