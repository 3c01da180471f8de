"""The real studio in a real browser: a server process, a database filled through the real flows.

One studio serves a whole test run; every test works on a dataset of its own under a name of its
own, so tests do not see each other. Without a browser these tests are skipped visibly, unless
LOOPWRIGHT_REQUIRE_BROWSER=1 (as in continuous integration), where that is a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.flows.annotate import Draft, open_trajectory
from app.flows.check import check
from app.flows.identity import annotator_named
from app.flows.ingest import ingest
from app.flows.queue import fill_queue
from curation.queueing import Policy
from storage.engine import Store, migrate, open_store

# The shell without a window draws the same pages with a fifth less work.
CHROMIUM = os.environ.get("LOOPWRIGHT_CHROMIUM") or (
    shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in Path(str(item.fspath)).parents:
            item.add_marker(pytest.mark.e2e)


def _no_browser(why: str) -> None:
    if os.environ.get("LOOPWRIGHT_REQUIRE_BROWSER") == "1":
        pytest.fail(f"A browser is required here: {why}")
    pytest.skip(f"browser tests did not run: {why}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's chromium, driven by Playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _no_browser("Playwright is not installed (pip install playwright).")
    if shutil.which(CHROMIUM) is None:
        _no_browser(f"{CHROMIUM} is missing (apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Any) -> Iterator[Any]:
    """One browser profile for all: what the studio serves is fetched and compiled once."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(scope="session")
def tab() -> SharedTab:
    """The tab that tests take over from each other."""
    return SharedTab()


@dataclass
class SharedTab:
    """A page that stays open from test to test: opening the studio anew takes seconds."""

    page: Any = None

    def taken(self, context: Any) -> Any:
        if self.page is None or self.page.is_closed():
            self.page = context.new_page()
            self.page.add_init_script(ON_SCREEN)
        return self.page


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Remember whether a test failed, for the fixtures that clean up after it."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture
def page(request: pytest.FixtureRequest, context: Any, tab: SharedTab) -> Iterator[Any]:
    """A page at the size annotators have at least; its errors fail the test.

    The tab is the one of the tests before, unless the test is marked `own_page` or one of them
    failed; nothing of theirs is in the storage of its profile.
    """
    is_own = request.node.get_closest_marker("own_page") is not None
    page = context.new_page() if is_own else tab.taken(context)
    if is_own:
        page.add_init_script(ON_SCREEN)
    page.set_viewport_size({"width": 1280, "height": 800})
    problems: list[str] = []

    def note(error: Any) -> None:
        problems.append(str(error))

    page.on("pageerror", note)
    yield page
    keeps = not is_own and not page.is_closed() and not request.node.stash.get(FAILED, False)
    if keeps:
        page.unroute_all(behavior="wait")
        page.remove_listener("pageerror", note)
    _forget_all(context, keep=page if keeps else None)
    assert problems == []


def _forget_all(context: Any, keep: Any) -> None:
    """Close all pages but one, and empty the storage of the profile."""
    origins = {origin for one in context.pages if (origin := _origin(one.url))}
    last = keep or context.new_page()
    for one in context.pages:
        if one is not last:
            one.close()
    storage = context.new_cdp_session(last)
    for origin in origins:
        kinds = {"origin": origin, "storageTypes": "cookies,local_storage,session_storage"}
        storage.send("Storage.clearDataForOrigin", kinds)
    storage.detach()
    if keep is None:
        last.close()


def _origin(url: str) -> str:
    """Scheme, host and port of a page's address; "" for a blank one."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


ON_SCREEN = """
// What a person saw at each key: asked of the page before the viewer hears of the key.
window.seen = [];
let found = null;
window.viewerRoot = () => {
  if (found?.isConnected) return found;
  found = document.querySelector('[data-testid=viewer]');
  for (const host of document.querySelectorAll('*')) {
    found ||= host.shadowRoot?.querySelector('[data-testid=viewer]');
  }
  return found;
};
window.onScreen = () => {
  const root = window.viewerRoot();
  const panes = root?.querySelector('.panes');
  const unseen = !panes || panes.hidden || root.style.visibility === 'hidden';
  if (unseen) return { uid: null, index: null };
  const here = root.querySelector('.trace .msg.here');
  return { uid: root.dataset.uid, index: here ? Number(here.dataset.index) : null };
};
window.addEventListener('keydown', (event) => {
  window.seen.push({ key: event.key, ...window.onScreen() });
}, true);
"""


GO_TO = """
(address) => {
  window.seen = [];
  window.history.pushState(null, '', address);
  window.dispatchEvent(new PopStateEvent('popstate'));
}
"""
OPENED = """
(() => {
  const session = window.__loopwright?.get(KEY);
  return Boolean(session?.current) && window.onScreen().uid === session.current;
})()
"""
FORGET_OTHERS = """
(key) => {
  const sessions = window.__loopwright;
  for (const known of [...sessions.keys()]) if (known !== key) sessions.delete(known);
}
"""


@dataclass
class Studio:
    """A running studio and the store behind it."""

    folder: Path
    port: int
    store: Store
    process: subprocess.Popen[bytes] | None = None
    env: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = (self.folder / "studio.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "app.commands.studio",
                "--server.port",
                str(self.port),
                "--server.address",
                "127.0.0.1",
            ],
            cwd=self.folder,
            env={**os.environ, **self.env},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.wait()

    def wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        log = (self.folder / "studio.log").read_text(errors="replace")
        pytest.fail(f"The studio did not start:\n{log[-3000:]}")

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def fill(self, dataset: str, rows: list[dict[str, Any]]) -> None:
        """Import rows, check them and queue them in their order, through the flows."""
        path = self.folder / f"{dataset}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        report = ingest(self.store, [path], dataset=dataset)
        assert report.added == len(rows), report
        check(self.store, dataset=dataset, processes=1)
        fill_queue(self.store, dataset, policy=Policy.OLDEST)

    def uids(self, dataset: str) -> list[str]:
        """The dataset's trajectories in the order they were imported."""
        with self.store.read() as conn:
            rows = conn.exec_driver_sql(
                "SELECT t.uid FROM trajectory t JOIN item i ON i.trajectory_id = t.id "
                "JOIN dataset d ON d.id = i.dataset_id WHERE d.name = ? ORDER BY t.id",
                (dataset,),
            ).all()
        return [row[0] for row in rows]

    def said(self, uid: str, annotator: str) -> Draft:
        """What the database holds of one annotator on one trajectory."""
        who = annotator_named(self.store, annotator)
        return open_trajectory(self.store, uid, who).draft

    def open(self, page: Any, dataset: str, annotator: str) -> None:
        """Open Annotate on a queue and wait for the first trajectory.

        A page that is there already goes to the address as the browser's Back and Forward do.
        """
        key = f"{annotator}|{dataset}"
        address = f"{self.url}/annotate?dataset={dataset}&as={annotator}"
        if page.url.startswith(f"{self.url}/annotate?"):
            page.evaluate(GO_TO, address)
        else:
            page.goto(address)
        wait_until(page, OPENED.replace("KEY", json.dumps(key)), timeout_s=30)
        page.evaluate(FORGET_OTHERS, key)


def wait_until(page: Any, expression: str, timeout_s: float = 20) -> None:
    """Poll the page until `expression` is true (Playwright's own waiting needs `eval` in the page,
    which the studio's content security policy forbids)."""
    deadline = time.monotonic() + timeout_s
    pause_ms = 20.0
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            pytest.fail(f"Waited {timeout_s} s in vain for: {expression}")
        page.wait_for_timeout(pause_ms)
        pause_ms = min(100, pause_ms * 1.1)  # asking keeps the browser from what is waited for


def settled(page: Any) -> None:
    """Wait until Streamlit has drawn the page: some of it comes after its script has ended."""
    page.locator("[data-testid=stMainBlockContainer] :is(h2, h3)").first.wait_for(timeout=30_000)
    size, unchanged = -1, 0
    while unchanged < 4:
        page.wait_for_timeout(200)
        wait_until(
            page, "document.querySelector('.stApp').dataset.testScriptState === 'notRunning'"
        )
        now = page.evaluate("document.querySelector('.stApp').innerHTML.length")
        unchanged = unchanged + 1 if now == size else 0
        size = now


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def start_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Studio]]:
    """Start a studio over a fresh database; further settings as environment variables."""
    started: list[Studio] = []

    def start(**settings: str) -> Studio:
        folder = tmp_path_factory.mktemp("studio")
        url = f"sqlite:///{folder / 'studio.db'}"
        store = open_store(url)
        migrate(store)
        env = {"LOOPWRIGHT_DATABASE_URL": url, "LOOPWRIGHT_ANNOTATOR": "tester", **settings}
        studio = Studio(folder, free_port(), store, env=env)
        started.append(studio)
        studio.start()
        return studio

    yield start
    for studio in started:
        studio.kill()
        studio.store.close()


@pytest.fixture(scope="session")
def studio(start_studio: Callable[[], Studio], browser: Any) -> Studio:
    """The studio that tests share."""
    return start_studio()
