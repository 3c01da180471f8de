"""Running needs no network: nothing on any page is fetched from anywhere but the studio."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Studio
from tests.e2e.conversations import meetings

pytestmark = pytest.mark.own_page

PAGES = (
    "queue", "annotate?dataset=no-network", "adjudicate", "ingest", "browse", "export", "overview",
    "judges", "rounds", "verify", "taxonomies", "jobs", "settings",
)  # fmt: skip


def test_no_page_asks_anybody_else_for_anything(studio: Studio, page: Any) -> None:
    studio.fill("no-network", meetings("offline", 1))
    strangers: set[str] = set()

    def note(request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.port != studio.port:
            strangers.add(request.url)

    page.on("request", note)
    for name in PAGES:
        page.goto(f"{studio.url}/{name}")
        page.locator("[data-testid=stAppViewContainer]").wait_for()
        page.locator("[data-testid=stStatusWidget]").wait_for(state="hidden")
        page.wait_for_load_state("networkidle")
    assert strangers == set()
