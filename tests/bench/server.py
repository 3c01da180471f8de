"""What the studio's server pays: CPU of one rerun of each page, and of the keys of an annotator.

`python -m tests.bench.server [--reruns 30]` starts a studio over a fresh database, lets a browser
ask for reruns (Streamlit's own key `r`) and press keys in Annotate, and reads the CPU time of the
server process before and after, less what it pays for doing nothing as long. Not a test.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

from tests.bench.browser import _studio, long_meetings
from tests.e2e.conftest import CHROMIUM, FLAGS, ON_SCREEN, Studio, wait_until

PAGES = ("annotate", "queue", "adjudicate", "browse", "overview", "export", "settings")
PAUSE_MS = 400
"""Between two reruns: a rerun that meets another one is cut short and would count for less."""
WARM_UP = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reruns", type=int, default=30, help="of each page (30)")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        studio = _studio(Path(folder))
        try:
            studio.fill("bench", long_meetings(60, 40))
            studio.start()
            figures = _measure(studio, asked.reruns)
        finally:
            studio.kill()
            studio.store.close()
    load = round(os.getloadavg()[0], 1)
    sys.stdout.write(json.dumps({"load_1min": load, **figures}, indent=2) + "\n")


def _measure(studio: Studio, reruns: int) -> dict[str, Any]:
    assert studio.process is not None
    server = psutil.Process(studio.process.pid)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(ON_SCREEN)
        studio.open(page, "bench", "bench")
        page.wait_for_timeout(4000)  # what is imported in the background is there
        keys = {key: _key_cost(server, page, key, reruns) for key in ("1", "2", "j")}
        keys["Enter"] = _next_cost(server, page, reruns)
        pages = {}
        for name in PAGES:
            page.goto(f"{studio.url}/{name}?as=bench")
            page.wait_for_timeout(3000)
            pages[name] = _cost(server, page, reruns, lambda: page.keyboard.press("r"))
        browser.close()
    return {"cpu_ms_per_rerun": pages, "cpu_ms_per_key": keys}


def _key_cost(server: psutil.Process, page: Any, key: str, times: int) -> float:
    return _cost(server, page, times, lambda: page.keyboard.press(key))


def _next_cost(server: psutil.Process, page: Any, times: int) -> float:
    def commit() -> None:
        page.keyboard.press("a")
        wait_until(page, "[...window.__loopwright.values()][0].deck.length > 0")
        page.keyboard.press("Enter")

    return _cost(server, page, min(times, 40), commit)


def _cost(server: psutil.Process, page: Any, times: int, work: Callable[[], None]) -> float:
    """CPU milliseconds of the server for doing it once, less its idling for as long."""
    for _ in range(WARM_UP):
        work()
        page.wait_for_timeout(PAUSE_MS)
    idle_s, idle_cpu = _spent(server, lambda: page.wait_for_timeout(3000))
    seconds, cpu = _spent(server, lambda: _repeat(page, times, work))
    return round(1000 * (cpu - idle_cpu * seconds / idle_s) / times, 1)


def _repeat(page: Any, times: int, work: Callable[[], None]) -> None:
    for _ in range(times):
        work()
        page.wait_for_timeout(PAUSE_MS)


def _spent(server: psutil.Process, work: Callable[[], None]) -> tuple[float, float]:
    """(seconds, CPU seconds of the server) while `work` runs."""
    began, before = time.monotonic(), server.cpu_times()
    work()
    after = server.cpu_times()
    return time.monotonic() - began, after.user + after.system - before.user - before.system


if __name__ == "__main__":
    main()
