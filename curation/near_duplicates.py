"""Near-duplicates: two trajectories that ask nearly the same and call the same tools the same way.

A trajectory is a set of shingles: runs of five words of what the user said, and the skeleton of
every call (the tool's name and the paths of its arguments; values are masked). Two are near when
the Jaccard similarity of their sets is at least `THRESHOLD`. Candidates come from MinHash
signatures cut into bands (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4), so
that only pairs that share a band are compared. No paper on tool-use data states settings; `BANDS`
and `ROWS` are ours.

Keys are stored, so nothing here may depend on a library's version, Python's hash or a machine.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any

import numpy as np

from curation.number_mixing import MIX as _MIX
from curation.number_mixing import mixed as _mixed
from curation.trajectory import Message, Role, ToolCall

THRESHOLD = 0.8
WORDS = 5
"""Of a shingle."""
BANDS, ROWS = 24, 5
"""A pair of similarity s shares a band with probability 1 - (1 - s^ROWS)^BANDS: 0.99993 at 0.8,
0.53 at 0.5."""
VERSION = 1
"""Of all this; keys of another version are no keys."""

Shingles = frozenset[int]
"""32-bit numbers."""

_WORD = re.compile(r"\w+")
_OF_USER, _OF_CALL = zlib.crc32(b"u "), zlib.crc32(b"c ")
"""What a run of words and a call begin with, so that no run is taken for a call."""
_AT_ONCE = 64
"""Sets whose keys are made together: numpy's calls cost more than its work on one."""

# Not drawn by numpy, whose generators may change from one version to the next.
_DRAWN = _mixed(np.arange(1, 2 * BANDS * ROWS + 1, dtype=np.uint64) * _MIX)
_FACTORS = _DRAWN[: BANDS * ROWS] | np.uint64(1)
_SHIFTS = _DRAWN[BANDS * ROWS :]


def shingles(messages: Iterable[Message]) -> Shingles:
    """What two trajectories are compared by; empty when no user says anything and nothing is
    called."""
    found: set[int] = set()
    for message in messages:
        if message.role is Role.USER:
            found.update(_runs(_WORD.findall(message.text.casefold())))
        for call in message.tool_calls:
            found.add(zlib.crc32(_bytes(skeleton(call)), _OF_CALL))
    return frozenset(found)


def _runs(words: list[str]) -> Iterable[int]:
    """Numbers of all runs of words; of all words where they are fewer."""
    if not words:
        return ()
    text = _bytes(" ".join(words))
    lengths = [len(word) + 1 for word in (words if text.isascii() else map(_bytes, words))]
    ends = [end - 1 for end in accumulate(lengths)]
    starts = [0, *(end + 1 for end in ends[:-1])]
    # Checksums go on from one another, so no run is copied together.
    view, run = memoryview(text), min(WORDS, len(words))
    return [
        zlib.crc32(view[start:end], _OF_USER)
        for start, end in zip(starts, ends[run - 1 :], strict=False)
    ]


def skeleton(call: ToolCall) -> str:
    """A call without its values: `book_table(guests, guests/name, time)`."""
    value = call.parsed().value
    if value is None:
        return f"{call.name}(?)"
    is_flat = not any(type(inner) is dict or type(inner) is list for inner in value.values())
    paths = sorted(value if is_flat else set(_paths(value, "")))
    return f"{call.name}({', '.join(paths)})"


def jaccard(one: Shingles, other: Shingles) -> float:
    """|one ∩ other| / |one ∪ other|, 0 to 1; 0 when both are empty."""
    together = len(one | other)
    return len(one & other) / together if together else 0.0


def keys_of(found: Sequence[Shingles]) -> list[tuple[int, ...]]:
    """The keys of sets: of the whole of each first, then of its bands. Signed 64-bit numbers.

    Equal sets have equal keys; near ones share a key of a band, as `BANDS` says. An empty set has
    none.
    """
    keys: list[tuple[int, ...]] = [()] * len(found)
    filled = [i for i, one in enumerate(found) if one]
    for start in range(0, len(filled), _AT_ONCE):
        some = filled[start : start + _AT_ONCE]
        for i, of_it in zip(some, _keys([found[i] for i in some]), strict=True):
            keys[i] = tuple(of_it)
    return keys


def _keys(found: Sequence[Shingles]) -> list[list[int]]:
    """Of sets that are not empty."""
    sizes = [len(one) for one in found]
    starts = np.cumsum([0, *sizes[:-1]])
    numbers = np.fromiter(chain.from_iterable(found), dtype=np.uint64, count=sum(sizes))
    mixed = _mixed(numbers * _MIX)
    # Of every permutation the smallest image: multiply-shift of numbers that were mixed before.
    images = (mixed[:, None] * _FACTORS[None, :] + _SHIFTS[None, :]) >> np.uint64(32)
    bands = np.minimum.reduceat(images, starts, axis=0).reshape(len(found), BANDS, ROWS)
    keys = np.arange(1, BANDS + 1, dtype=np.uint64) * _MIX
    for row in range(ROWS):
        keys = _mixed(keys ^ bands[:, :, row]) * _MIX
    whole = _mixed(np.bitwise_xor.reduceat(mixed, starts))
    made: list[list[int]] = np.column_stack([whole, keys]).astype(np.int64).tolist()
    return made


def _paths(value: Any, above: str) -> Iterator[str]:
    """Where values stand; positions in lists say nothing."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{above}{key}"
            yield from _paths(inner, f"{above}{key}/")
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, above)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
