"""Masked parts of a text, as trainers can keep them apart from the rest: whole words.

A trainer decides token by token, and a token that lies half in a masked part is learnt by some and
not by others. Tokens of nearly every vocabulary end where words end, take the space before a word
with it, and the line ends after it; so parts grow to that. Text without spaces has one word.
"""

from __future__ import annotations

from collections.abc import Iterable

from curation.export_reasons import Adaptation
from curation.exporting import MaskedSpan, Notes

Parts = list[tuple[int, int]]


def whole_words(text: str, parts: Iterable[tuple[int, int]]) -> Parts:
    """`parts` (start, end) of `text`, in order, grown to whole words; those that meet made one."""
    grown: Parts = []
    for start, end in parts:
        if not text[start].isspace():
            while start and not text[start - 1].isspace():
                start -= 1
            if start and text[start - 1] == " ":
                start -= 1
        if not text[end - 1].isspace():
            while end < len(text) and not text[end].isspace():
                end += 1
        while end < len(text) and text[end] in "\r\n":
            end += 1
        if grown and start <= grown[-1][1]:
            grown[-1] = (grown[-1][0], max(grown[-1][1], end))
        else:
            grown.append((start, end))
    return grown


def by_message(spans: Iterable[MaskedSpan]) -> dict[int, Parts]:
    """Message index -> its masked parts."""
    parts: dict[int, Parts] = {}
    for span in spans:
        parts.setdefault(span.message_index, []).append((span.start, span.end))
    return parts


def grown_words(text: str, parts: Parts, notes: Notes) -> Parts:
    """`whole_words`, counted where it makes a difference."""
    grown = whole_words(text, parts)
    notes[Adaptation.MASKS_GROWN] += grown != parts
    return grown


def pieces(length: int, parts: Parts) -> list[tuple[int, int, bool]]:
    """A text of `length` characters cut at its masked parts: (start, end, whether it is learnt)."""
    cut: list[tuple[int, int, bool]] = []
    at = 0
    for start, end in parts:
        if start > at:
            cut.append((at, start, True))
        cut.append((start, end, False))
        at = end
    if at < length:
        cut.append((at, length, True))
    return cut
