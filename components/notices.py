"""How errors and empty states look: what, where, what to do, and never a traceback.

An error meant for a person is shown in full. Anything else is logged under an id that is shown, so
that a user can quote it and a developer can find it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from curation.errors import LoopwrightError

log = logging.getLogger("loopwright")


@contextmanager
def report_errors() -> Iterator[None]:
    """Show errors raised inside; Streamlit's own control flow passes through."""
    try:
        yield
    except LoopwrightError as problem:
        draw_error(problem)
    except Exception:
        incident = secrets.token_hex(4)
        log.exception("incident %s", incident)
        st.error(
            f"Something broke that we did not foresee. The log has it as **{incident}**; "
            "reload to go on, nothing that was saved is lost.",
            icon=":material/bug_report:",
        )


def draw_error(problem: LoopwrightError) -> None:
    """One error for a person."""
    place = f"**{escape(problem.where)}**  \n" if problem.where else ""
    remedy = f"  \n{escape(problem.hint)}" if problem.hint else ""
    st.error(f"{place}{escape(problem.message)}{remedy}", icon=":material/error:")


def draw_empty(title: str, teaching: str) -> None:
    """An empty state: what belongs here and the one next act (the caller adds its button)."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.caption(teaching)


def escape(text: str) -> str:
    """Text that came from data, safe inside Streamlit's Markdown: shown letter by letter.

    Bare addresses become links after escapes are gone; an invisible word joiner in them stops it.
    """
    for start in ("://", "www.", "@"):
        text = text.replace(start, f"{start[:-1]}\N{WORD JOINER}{start[-1]}")
    for character in "\\`*_{}[]()#+-.!|$<>~:":
        text = text.replace(character, "\\" + character)
    return text
