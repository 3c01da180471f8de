"""The studio's pages without a browser: the real router over a real store, driven by AppTest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app.flows.annotate import claim_next, perform
from app.flows.check import check
from app.flows.opening import close_the_store
from app.flows.queue import fill_queue
from storage.engine import Store
from tests.episodes import CALL_AT, Person, add_episodes

MAIN = Path(__file__).parents[2] / "app" / "main.py"

Open = Callable[..., AppTest]


@pytest.fixture
def studio(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store that the pages use."""
    monkeypatch.setenv("LOOPWRIGHT_DATABASE_URL", store.url)
    monkeypatch.setenv("LOOPWRIGHT_ANNOTATOR", "ada")
    yield store
    close_the_store()


@pytest.fixture
def filled(studio: Store) -> Store:
    """A dataset "flights" of six trajectories, checked; the first is disputed by ada and bob."""
    uids = add_episodes(studio, 6, "flights")
    check(studio, processes=1)
    fill_queue(studio, "flights", overlap=2)
    for name, outcome in (("ada", "accept"), ("bob", "reject")):
        person = Person(studio, name)
        claim_next(studio, person.info, "flights")
        ops = [
            person.op("outcome", uids[0], outcome=outcome),
            person.op(
                "verdicts",
                uids[0],
                verdicts={str(CALL_AT): "correct" if outcome == "accept" else "incorrect"},
            ),
            person.op("commit", uids[0]),
        ]
        done = perform(studio, person.info, person.session, ops)
        assert [r.status for r in done.results] == ["ok", "ok", "ok"]
    return studio


@pytest.fixture
def open_page() -> Open:
    """Open a page by name, with query parameters, as the address bar would."""

    def opened(name: str, **params: str) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=30)
        for key, value in params.items():
            app.query_params[key] = value
        # AppTest switches to file pages only; a function page is found by the hash of its address.
        app._page_hash = calc_hash(name)
        return app.run()

    return opened
