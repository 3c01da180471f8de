"""The pages of the studio and how to get from one to another.

A page module is imported when it is first shown, so that opening Annotate never pays for plotly.
Every page is a function `show()` in `app/views/<name>.py`; the address is `/<name>`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage


@dataclass(frozen=True)
class Place:
    """One entry of the bar."""

    name: str
    title: str
    icon: str


GROUPS: dict[str, tuple[Place, ...]] = {
    # No heading: these stand in the bar itself; the others fold into a menu of their heading.
    "": (
        Place("queue", "Queue", ":material/inbox:"),
        Place("annotate", "Annotate", ":material/edit_note:"),
        Place("verify", "Verify", ":material/gavel:"),
        Place("adjudicate", "Adjudicate", ":material/balance:"),
        Place("ingest", "Ingest", ":material/upload_file:"),
        Place("browse", "Browse", ":material/search:"),
        Place("export", "Export", ":material/output:"),
        Place("overview", "Overview", ":material/monitoring:"),
    ),
    "Insight": (
        Place("judges", "Judges", ":material/speed:"),
        Place("rounds", "Rounds", ":material/cycle:"),
    ),
    "Admin": (
        Place("taxonomies", "Taxonomies", ":material/category:"),
        Place("checks", "Checks", ":material/rule:"),
        Place("jobs", "Jobs", ":material/progress_activity:"),
        Place("settings", "Settings", ":material/settings:"),
    ),
}


def _shown_by(name: str) -> Callable[[], None]:
    def show() -> None:
        importlib.import_module(f"app.views.{name}").show()

    show.__name__ = name
    return show


def page(name: str) -> StreamlitPage:
    """The page called `name`, as Streamlit knows it."""
    for places in GROUPS.values():
        for place in places:
            if place.name == name:
                return st.Page(
                    _shown_by(name),
                    title=place.title,
                    icon=place.icon,
                    url_path=name,
                )
    raise KeyError(name)


def home() -> StreamlitPage:
    """The address without a page: goes where the work is, and is not in the menu."""
    return st.Page(
        _shown_by("home"), title="Loopwright", url_path="home", default=True, visibility="hidden"
    )


def grouped_pages() -> dict[str, list[StreamlitPage]]:
    """All pages under their headings."""
    pages = {group: [page(p.name) for p in places] for group, places in GROUPS.items()}
    return {**pages, "": [home(), *pages[""]]}


def go(name: str, **params: str) -> None:
    """Leave for another page, with query parameters that make the address shareable."""
    st.switch_page(page(name), query_params=params)


def link(name: str, label: str, icon: str | None = None, **params: str) -> None:
    """A link to another page."""
    st.page_link(page(name), label=label, icon=icon, query_params=params or None)
