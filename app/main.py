"""The studio: routes to the page that the address names. Everything else is in `app/views/`."""

from __future__ import annotations

import streamlit as st

from app import session
from app.views.navigation import grouped_pages
from components.brand import ICON
from components.notices import report_errors


def main() -> None:
    """Draw the frame and the current page."""
    st.set_page_config(page_title="Loopwright", page_icon=ICON, layout="wide")
    current = st.navigation(grouped_pages(), position="top")
    session.show_notice()
    with report_errors():
        current.run()


main()
