"""Markdown of messages as HTML that cannot do anything: formatting only.

The text comes from models and strangers. Raw HTML is shown as text, links and images are left as
they were typed (an annotator must see where a link points, and a picture would be fetched), and
what the renderer made is sanitised once more with no attribute allowed.
"""

from __future__ import annotations

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

MAX_CHARS = 40_000
"""Longer texts are shown plain: nobody reads them formatted, and rendering is linear at best."""
REMEMBERED_CHARS = 2_000
"""Shorter texts are rendered once: a trajectory is shown again after every saved correction."""
ALLOWED_TAGS = frozenset(
    {"p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li"}
    | {f"h{level}" for level in range(1, 7)}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
_DATA = re.compile(r"\s*(?:\{.*\}|\[.*\])\s*", re.DOTALL)
"""A JSON object or list: Markdown would take its indentation away."""
_MARKED_UP = re.compile(r"[*_`#|~]|^\s*(?:[-+>]|\d+[.)])\s|^\s*(?:---+|===+)\s*$", re.MULTILINE)


@lru_cache(maxsize=1)
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return renderer.enable(["table", "strikethrough"]).disable(
        ["link", "image", "autolink", "reference", "html_block", "html_inline"]
    )


def markdown_html(text: str) -> str | None:
    """Sanitised HTML of `text`, or None when plain text shows the same (or is all we dare)."""
    if len(text) > MAX_CHARS or not _MARKED_UP.search(text) or _DATA.fullmatch(text):
        return None
    return _remembered(text) if len(text) <= REMEMBERED_CHARS else _sanitised(text)


@lru_cache(maxsize=4_096)
def _remembered(text: str) -> str:
    return _sanitised(text)


def _sanitised(text: str) -> str:
    return nh3.clean(
        _renderer().render(text),
        tags=set(ALLOWED_TAGS),
        attributes={},
        strip_comments=True,
        link_rel=None,
    )
