"""How like each other two samples are, and which are too like to be both worth having.

What is compared is what a sample asks and does: the texts of its user messages and its calls, in
order, without spaces, case and ways of writing the same character. A likeness is the normalised
indel similarity of the two (1 - edits / length of both; `rapidfuzz.fuzz.ratio`). No paper on
tool-use data that we know states a threshold, so the default is ours: at 0.85 a short request in
which one name was exchanged goes, one that is put in other words stays.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from rapidfuzz import fuzz, process

from curation.trajectory import Message, Role, ToolCall, canonical_json

MAX_SIMILARITY = 0.85
"""A child that is as like as this, or more, to its parent, a sibling or the rest of the data is a
near-copy."""

COMPARED_CHARS = 2_000
"""Characters that are compared: two samples that begin alike for so long are alike."""


class Nearest(Struct, frozen=True):
    """The closest of many."""

    similarity: float
    """0 to 1."""
    name: str
    """Of the sample that it is."""


def sample_text(messages: Iterable[Message]) -> str:
    """What is compared of a sample; equal for samples that differ in spaces and case alone."""
    said: list[str] = []
    length = 0
    for message in messages:
        if length > COMPARED_CHARS:
            break
        parts = [message.text] if message.role is Role.USER else []
        parts += map(_call, message.tool_calls)
        for part in parts:
            plain = _plain(part)
            said.append(plain)
            length += len(plain) + 1
    return "\n".join(said)[:COMPARED_CHARS]


def similarity(one: str, other: str) -> float:
    """Likeness of two texts of samples, 0 to 1; 1 for equal ones alone."""
    return fuzz.ratio(one, other) / 100


class Corpus:
    """Samples by name that a new one is held against. One thread at a time may change it."""

    def __init__(self, samples: Iterable[tuple[str, str]] = ()) -> None:
        self._names: list[str] = []
        self._texts: list[str] = []
        for name, text in samples:
            self.add(name, text)

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, name: str, text: str) -> None:
        """Hold later ones against this one, too."""
        self._names.append(name)
        self._texts.append(text)

    def nearest(self, text: str, at_least: float = MAX_SIMILARITY) -> Nearest | None:
        """The closest sample, the first of equals; None when none is as like as `at_least`."""
        return nearest_among(text, self._names, self._texts, at_least)


def nearest_among(
    text: str, names: Sequence[str], texts: Sequence[str], at_least: float = 0.0
) -> Nearest | None:
    """The closest of `texts` with its name; None when none is as like as `at_least`."""
    # A hundredth below, since the cutoff is held against a rounded score; what counts is below.
    cutoff = max(0.0, min(at_least, 1.0) * 100 - 0.01)
    found = process.extractOne(text, texts, scorer=fuzz.ratio, processor=None, score_cutoff=cutoff)
    if found is None:
        return None
    _, _, place = found
    how_like = similarity(text, texts[place])
    return Nearest(how_like, names[place]) if how_like >= at_least else None


def _call(call: ToolCall) -> str:
    value = call.parsed().value
    try:
        if value is not None:
            return f"{call.name}({canonical_json(_folded(value)).decode()})"
    except (UnicodeEncodeError, RecursionError):
        pass  # halves of characters, absurd nesting: as it was generated
    return f"{call.name}({call.raw_arguments})"


def _folded(value: Any) -> Any:
    """A JSON value with its texts made plain before they are escaped."""
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, list):
        return [_folded(item) for item in value]
    if isinstance(value, dict):
        return {_plain(key): _folded(item) for key, item in value.items()}
    return value


def _plain(text: str) -> str:
    """Without spaces and case; characters that can be written in several ways in one of them."""
    return "".join(unicodedata.normalize("NFKC", text.casefold()).casefold().split())
