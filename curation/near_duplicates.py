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
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from curation.trajectory import Role, ToolCall, Trajectory

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
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_27, _30, _31 = np.uint64(27), np.uint64(30), np.uint64(31)


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): near numbers come out far apart."""
    numbers = (numbers ^ (numbers >> _30)) * _FIRST
    numbers = (numbers ^ (numbers >> _27)) * _SECOND
    return numbers ^ (numbers >> _31)


# Not drawn by numpy, whose generators may change from one version to the next.
_DRAWN = _mixed(np.arange(1, 2 * BANDS * ROWS + 1, dtype=np.uint64) * _MIX)
_FACTORS = _DRAWN[: BANDS * ROWS] | np.uint64(1)
_SHIFTS = _DRAWN[BANDS * ROWS :]


def shingles(trajectory: Trajectory) -> Shingles:
    """What two trajectories are compared by; empty when no user says anything and nothing is
    called."""
    found: set[int] = set()
    for message in trajectory.messages:
        if message.role is Role.USER:
            words = _WORD.findall(message.text.casefold())
            runs = range(max(1, len(words) - WORDS + 1)) if words else ()
            found.update(_number("u " + " ".join(words[i : i + WORDS])) for i in runs)
        found.update(_number("c " + skeleton(call)) for call in message.tool_calls)
    return frozenset(found)


def skeleton(call: ToolCall) -> str:
    """A call without its values: `book_table(guests, guests/name, time)`."""
    value = call.parsed().value
    paths = sorted(set(_paths(value, ""))) if value is not None else ["?"]
    return f"{call.name}({', '.join(paths)})"


def jaccard(one: Shingles, other: Shingles) -> float:
    """|one ∩ other| / |one ∪ other|, 0 to 1; 0 when both are empty."""
    together = len(one | other)
    return len(one & other) / together if together else 0.0


def keys_of(found: Shingles) -> tuple[int, ...]:
    """The keys of a set: of the whole of it first, then of its bands. Signed 64-bit numbers.

    Equal sets have equal keys; near ones share a key of a band, as `BANDS` says. An empty set has
    none.
    """
    if not found:
        return ()
    numbers = np.fromiter(found, dtype=np.uint64, count=len(found))
    signature = _signature(numbers)
    bands = signature.reshape(BANDS, ROWS)
    keys = np.arange(1, BANDS + 1, dtype=np.uint64) * _MIX
    for row in range(ROWS):
        keys = _mixed(keys ^ bands[:, row]) * _MIX
    whole = _mixed(np.bitwise_xor.reduce(_mixed(numbers * _MIX), keepdims=True))
    return tuple(np.concatenate([whole, keys]).astype(np.int64).tolist())


def _signature(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Of every permutation the smallest image: multiply-shift of numbers that were mixed before."""
    images = _mixed(numbers * _MIX)[:, None] * _FACTORS[None, :] + _SHIFTS[None, :]
    return (images >> np.uint64(32)).min(axis=0)  # type: ignore[no-any-return]


def _paths(value: Any, above: str) -> Iterator[str]:
    """Where values stand; positions in lists say nothing."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{above}{key}"
            yield from _paths(inner, f"{above}{key}/")
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, above)


def _number(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))
