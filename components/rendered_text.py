"""A row as the model sees it: its text, and which of it is learnt, by colour and by underline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.viewer import draw_module
from curation.rendering.rows import RenderedText

MOST_CHARACTERS = 60_000
"""Of a text that is shown; more would make the browser slow, and nobody reads it here."""


def draw_rendered(texts: Sequence[RenderedText], *, key: str) -> None:
    """Draw the texts of one row; `key` must be the same for every row of a page."""
    data = {"texts": [text_json(text, several=len(texts) > 1) for text in texts]}
    draw_module("loopwright_rendered", "rendered.js", data, key=key)


def text_json(text: RenderedText, *, several: bool) -> dict[str, Any]:
    """What `rendered.js` draws of one text."""
    shown = text.text[:MOST_CHARACTERS]
    pieces: list[dict[str, Any]] = []
    at = 0
    for start, end in text.learnt:
        if shown[at:start]:
            pieces.append({"text": shown[at:start], "learnt": False})
        if shown[start:end]:
            pieces.append({"text": shown[start:end], "learnt": True})
        at = end
    if shown[at:]:
        pieces.append({"text": shown[at:], "learnt": False})
    return {
        "title": text.title if several else "",
        "pieces": pieces,
        "left": len(text.text) - len(shown),
    }
