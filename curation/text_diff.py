"""Which words of a text were kept, removed and added.

For people to read, so words and not characters; bounded, because trajectories hold pages of tool
output: long texts are compared line by line, and beyond that as one replaced block.
"""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct
from rapidfuzz.distance import Indel

MAX_PARTS = 4000
"""Words (else lines) per side that are compared; the time grows with their product."""

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class HunkKind(StrEnum):
    """What became of a stretch of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


class Hunk(Struct, frozen=True):
    """A stretch of text. Kept and removed ones spell the old text, kept and added the new."""

    kind: HunkKind
    text: str


def diff_text(before: str, after: str) -> tuple[Hunk, ...]:
    """The hunks from `before` to `after`, in reading order; () when the texts are equal."""
    if before == after:
        return ()
    for split in (_words, _lines):
        old, new = split(before), split(after)
        if max(len(old), len(new)) <= MAX_PARTS:
            return _hunks(old, new)
    return _joined([(HunkKind.REMOVED, before), (HunkKind.ADDED, after)])


def _words(text: str) -> list[str]:
    # Long texts are not even split into words: the list would be the largest object around.
    if len(text) > 20 * MAX_PARTS:
        return [""] * (MAX_PARTS + 1)
    return _WORDS.findall(text)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _hunks(old: list[str], new: list[str]) -> tuple[Hunk, ...]:
    parts: list[tuple[HunkKind, str]] = []
    removed, added = "", ""
    for code in Indel.opcodes(old, new):
        if code.tag != "equal":
            removed += "".join(old[code.src_start : code.src_end])
            added += "".join(new[code.dest_start : code.dest_end])
            continue
        parts.extend([(HunkKind.REMOVED, removed), (HunkKind.ADDED, added)])
        removed, added = "", ""
        parts.append((HunkKind.KEPT, "".join(old[code.src_start : code.src_end])))
    return _joined([*parts, (HunkKind.REMOVED, removed), (HunkKind.ADDED, added)])


def _joined(parts: list[tuple[HunkKind, str]]) -> tuple[Hunk, ...]:
    """Empty stretches left out, neighbours of one kind put together."""
    hunks: list[Hunk] = []
    for kind, text in parts:
        if not text:
            continue
        if hunks and hunks[-1].kind is kind:
            hunks[-1] = Hunk(kind, hunks[-1].text + text)
        else:
            hunks.append(Hunk(kind, text))
    return tuple(hunks)
