"""Thinking in front of an answer, in the tags that trainers without a place for it know."""

from __future__ import annotations

import re

from curation.export_reasons import DropReason, Unfit

_THOUGHT = re.compile(r"<think>\n(.+?)\n</think>\n\n(.*)", re.DOTALL)


def tagged(reasoning: str | None) -> str:
    """What stands in front of the answer; "" without thinking."""
    return f"<think>\n{reasoning}\n</think>\n\n" if reasoning else ""


def parted(text: str) -> tuple[str | None, str]:
    """(thinking, answer) of a text, inverse of `tagged` in front of an answer."""
    found = _THOUGHT.fullmatch(text)
    return (None, text) if found is None else (found[1], found[2])


def fitted_thought(reasoning: str | None, text: str, index: int) -> tuple[str | None, str]:
    """(thinking, answer) as they can be told apart again. `index`: of the message.

    Raises:
        Unfit: the thinking holds the tags themselves.
    """
    if not reasoning:
        # Thinking that the source left in the text: the same words in the file.
        return parted(text)
    if "\n</think>\n\n" in reasoning:
        raise Unfit(DropReason.TEXT_WITH_CALL, f"message {index}: thinking holds its own tags")
    return reasoning, text
