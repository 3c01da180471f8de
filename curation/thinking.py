"""Thinking text that stands in an answer itself, `<think>…</think>`, told apart from the answer.

Messages keep their reasoning in a field of its own where the source did; many do not. What is left
is what the user, and a judge, may read.
"""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)(?:think|thinking|thought)>\s*", re.IGNORECASE)


def without_thinking(text: str) -> str:
    """`text` without its thinking; a block that is never closed reaches to the end."""
    return _told_apart(text)[0]


def ends_in_thinking(text: str) -> bool:
    """Whether the text breaks off inside a block of thinking."""
    return _told_apart(text)[1]


def _told_apart(text: str) -> tuple[str, bool]:
    """What is not thinking, and whether the end is."""
    kept: list[str] = []
    place = 0
    thinks = False
    for tag in _TAG.finditer(text):
        if tag[1]:
            if not thinks:
                kept.clear()  # the chat template opened the block itself
            place = tag.end()
        elif not thinks:
            kept.append(text[place : tag.start()])
        thinks = not tag[1]
    if not thinks:
        kept.append(text[place:])
    return "".join(kept), thinks
