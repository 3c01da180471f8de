"""Every page and every state of the viewer, light and dark: axe-core finds nothing serious.

And what every page shows comes from the studio: running needs no network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.views.navigation import GROUPS
from tests.e2e.axe import DRAWN_BY_STREAMLIT, in_themes, violations
from tests.e2e.conftest import Studio, settled, wait_until
from tests.e2e.conversations import meetings
from tests.e2e.test_adjudicate import open_dispute
from tests.e2e.test_edit import (
    MERGING,
    SAVABLE,
    as_json,
    corrected_elsewhere,
    type_arguments,
    wait_text,
)
from tests.e2e.test_keys import press_all
from tests.e2e.test_rounds import open_rounds
from tests.e2e.test_verify import open_court

pytestmark = pytest.mark.own_page

PAGES = [p.name for places in GROUPS.values() for p in places]


def test_every_page_is_free_of_serious_faults_and_asks_nobody_else(
    studio: Studio, page: Any
) -> None:
    studio.fill("axe-pages", meetings("axe-pages", 2))
    strangers: set[str] = set()

    def note(request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.port != studio.port:
            strangers.add(request.url)

    page.on("request", note)
    problems: list[str] = []
    exempt: set[tuple[str, str]] = set()
    for name in PAGES:
        if name == "adjudicate":
            open_dispute(studio, page, "axe-dispute")
        elif name == "verify":
            open_court(studio, page, "axe-court", 2, "axe")
        elif name == "rounds":
            open_rounds(studio, page, "axe-rounds", "axe")
        elif name == "annotate":  # looked at below, state by state
            studio.open(page, "axe-pages", annotator="axe")
            page.wait_for_load_state("networkidle")
            continue
        else:
            page.goto(f"{studio.url}/{name}?as=axe")
        settled(page)
        page.wait_for_load_state("networkidle")
        found, used = in_themes(page, name)
        problems += found
        exempt |= used
    assert problems == []
    assert exempt == set(DRAWN_BY_STREAMLIT), "an exemption is needed no longer"
    assert strangers == set()


def test_every_state_of_the_viewer_is_free_of_serious_faults(studio: Studio, page: Any) -> None:
    studio.fill("axe", meetings("axe", 3))
    studio.open(page, "axe", annotator="axe")
    problems: list[str] = []
    for name, reach in STATES.items():
        reach(page)
        found, used = in_themes(page, name, ["light", "dark"] if name in COLOURFUL else ["light"])
        assert used == set()
        problems += found
    assert problems == []


def keys(*pressed: str, until: str = "") -> Callable[[Any], None]:
    """Press keys, then wait until the viewer has this."""

    def reach(page: Any) -> None:
        press_all(page, list(pressed), 20)
        if until:
            wait_until(page, f"Boolean(viewerRoot().querySelector(`{until}`))")

    return reach


def broken_json(page: Any) -> None:
    type_arguments(page, '{"city": "Rome", "seats": "x"}')
    wait_text(page, "Mend what is listed first")


def stale(page: Any) -> None:
    type_arguments(page, '{"city": "Rome", "seats": 1}')
    wait_text(page, "stale")


def saved(page: Any) -> None:
    page.keyboard.press("Control+Enter")
    wait_until(page, "!viewerRoot().querySelector('.editor')")
    wait_until(
        page, "Boolean(viewerRoot().querySelector('.trace.shown .diff, .trace.shown .changed'))"
    )


STATES: dict[str, Callable[[Any], None]] = {
    "plain": keys(),
    "judged": keys("1", "j", "2", "x"),
    "leader": keys("m", "p", until=".panel.leading"),
    "marked": keys("v", until=".trace.shown .mark"),
    "calls only": keys("-", until=".callsonly:not([hidden])"),
    "help": keys("-", "?", until=".help[open]"),
    "argument": keys("?", "k", "]", "l", until=".trace.shown tr.here"),
    "result filter": keys("/", until=".trace.shown .resultview input"),
    "form": keys("Escape", "e", until=".trace.shown .toolform"),
    "as JSON": as_json,
    "broken JSON": broken_json,
    "stale": stale,
    "corrected": saved,
    "toast": keys("o", "o", "d", until=".toast:not([hidden])"),
}


COLOURFUL = {"marked", "help", "broken JSON", "stale", "corrected"}
"""States with colours of their own: looked at in dark too, which mounts the viewer anew."""


def test_a_conflict_of_two_tabs_is_free_of_serious_faults(studio: Studio, page: Any) -> None:
    corrected_elsewhere(studio, page, "axe-conflict")
    wait_until(page, SAVABLE)
    page.keyboard.press("Control+Enter")
    wait_until(page, MERGING)
    found, _ = in_themes(page, "conflict")
    assert found == []
    assert page.evaluate(BAR_TOP) > 0, "the bar is in sight, also when all was drawn anew"


def test_faults_inside_the_viewer_would_be_found(studio: Studio, page: Any) -> None:
    studio.fill("axe-faults", meetings("axe-faults", 1))
    studio.open(page, "axe-faults", annotator="axe")
    assert violations(page)[0] == []
    page.evaluate(PLANT)
    found, _ = violations(page)
    assert len(found) == 2
    assert all("planted" in one for one in found)
    assert any("button-name" in one for one in found)
    assert any("color-contrast" in one for one in found)


BAR_TOP = """
viewerRoot().querySelector('.bar').getBoundingClientRect().top
  - document.querySelector('.stAppHeader').getBoundingClientRect().bottom
"""
PLANT = """
() => {
  const unnamed = document.createElement('button');
  const pale = document.createElement('p');
  pale.textContent = 'hardly to be seen';
  pale.style.color = '#ccc';
  for (const fault of [unnamed, pale]) fault.className = 'planted';
  viewerRoot().querySelector('.rail .scroll').prepend(unnamed, pale);
}
"""
