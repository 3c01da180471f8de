"""What trajectories and benchmark entries are compared by, as arrays: a page of them at a time.

Compared is what the user says (demonstrations aside), the calls that answer it, and the tools that
are offered. What the user says is cut into units: each message of `LONG_ENOUGH` words or more, and
the conversation as a whole. Of a unit there is a key of the whole, and the set of its words and
pairs of words, which stays similar when a few words of a short question change (runs of five, as
`curation.near_duplicates` uses them for whole trajectories, do not survive that). Of each message
there are its runs of `RUN` words, and of `SHORT_RUN` for benchmarks with short questions.

Prints are stored, so nothing here may depend on a library's version, Python's hash or a machine.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from curation.asked import Asked, key_of
from curation.number_mixing import MIX, mixed

VERSION = 1
"""Of all this; prints of another version are no prints."""
RUN, SHORT_RUN = 13, 8
"""Words; 13 as in Brown et al. 2020 (GPT-3), appendix C."""
LONG_ENOUGH = 5
"""Words of a message that is compared by itself where the user says more than one."""
BANDS, ROWS = 40, 3
"""A pair of similarity s shares a band with probability 1 - (1 - s^ROWS)^BANDS: 1.0 at 0.8,
0.99994 at 0.6, 0.995 at 0.5."""

Numbers = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]

_BASE = np.uint64(0x100000001B3)
_BLOCK = 1024
"""Shingles that are hashed by all permutations at a time: 1 MiB, so that it stays in the cache."""

_DRAWN = mixed(np.arange(1001, 1001 + 2 * BANDS * ROWS, dtype=np.uint64) * MIX)
_FACTORS = _DRAWN[: BANDS * ROWS] | np.uint64(1)
_SHIFTS = _DRAWN[BANDS * ROWS :]


class Prints(Struct, frozen=True):
    """Of several trajectories. Arrays beside one another have one element a unit, run or tool."""

    rows: int
    unit_row: Counts
    """Which trajectory a unit is of."""
    unit_whole: Counts
    """1 for a whole conversation."""
    unit_words: Counts
    unit_key: Numbers
    """Of its words in order."""
    unit_size: Counts
    """How many shingles it has."""
    shingles: Numbers
    """Of all units, each unit's sorted and without repeats."""
    bands: Numbers
    """`BANDS` of every unit."""
    run_row: Counts
    run_is_short: Counts
    """0: of `RUN` words. 1: of `SHORT_RUN`."""
    runs: Numbers
    content: Numbers
    """Of every trajectory: its key of questions and calls; 0 without calls, or unknown."""
    n_tools: Counts
    """Of every trajectory."""
    tools: Numbers
    """Signatures: name and parameters."""


_ROW_ARRAYS = ("unit_row", "run_row")
_NUMBERS = ("unit_key", "shingles", "bands", "runs", "content", "tools")


def prints_of(trajectories: Sequence[Asked]) -> Prints:
    """The prints of trajectories, in their order."""
    said = [one.said for one in trajectories]
    flat = [words for some in said for words in some]
    codes = [zlib.crc32(w.encode("utf-8", "surrogatepass")) for words in flat for w in words]
    texts = _Texts(
        words=mixed(np.array(codes, np.uint64) * MIX),
        sizes=np.array([len(words) for words in flat], np.int64),
        rows=np.array([row for row, some in enumerate(said) for _ in some], np.int64),
    )
    return Prints(
        len(trajectories),
        *_units(texts, said),
        *_runs(texts),
        np.array([one.content for one in trajectories], np.uint64),
        np.array([len(one.tools) for one in trajectories], np.int64),
        np.array([tool for one in trajectories for tool in one.tools], np.uint64),
    )


class _Texts(Struct, frozen=True):
    """All that users say on a page, in a row."""

    words: Numbers
    sizes: Counts
    """Words of every message."""
    rows: Counts
    """Trajectory of every message."""

    @property
    def starts(self) -> Counts:
        return np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)


def _runs(texts: _Texts) -> tuple[Counts, Counts, Numbers]:
    """Row, sort and hash of every run of words within a message."""
    message = np.repeat(np.arange(len(texts.sizes)), texts.sizes)
    rows, sorts, found = [], [], []
    for n in (RUN, SHORT_RUN):
        first = message[: max(0, len(message) - n + 1)]
        own = np.flatnonzero(first == message[n - 1 :][: len(first)])
        hashed = np.zeros(len(own), np.uint64)
        for step in range(n):
            hashed = hashed * _BASE + texts.words[own + step]
        found.append(mixed((hashed + np.uint64(n)) * MIX))
        rows.append(texts.rows[first[own]])
        sorts.append(np.full(len(own), int(n == SHORT_RUN)))
    return (
        np.concatenate(rows).astype(np.int64),
        np.concatenate(sorts).astype(np.int64),
        np.concatenate(found),
    )


_Units = tuple[Counts, Counts, Counts, Numbers, Counts, Numbers, Numbers]


def _units(texts: _Texts, asked: Sequence[Sequence[Sequence[str]]]) -> _Units:
    """The units of a page: of every conversation the whole first, then its longer messages."""
    words, starts = texts.words, texts.starts
    single = mixed(words * MIX)
    pairs = mixed((words[:-1] * _BASE + words[1:]) * MIX)
    rows, wholes, sizes, keys, sets = [], [], [], [], []

    def add(row: int, is_whole: bool, said: Sequence[Sequence[str]], first: int) -> None:
        parts = []
        for message in range(first, first + len(said)):
            begin, end = starts[message], starts[message + 1]
            parts += [single[begin:end], pairs[begin : end - 1]]
        rows.append(row)
        wholes.append(int(is_whole))
        sizes.append(sum(map(len, said)))
        keys.append(key_of(" ".join(word for one in said for word in one)))
        sets.append(np.unique(np.concatenate(parts)))

    message = 0
    for row, said in enumerate(asked):
        if said:
            add(row, True, said, message)
        if len(said) > 1:
            for position, one in enumerate(said):
                if len(one) >= LONG_ENOUGH:
                    add(row, False, [one], message + position)
        message += len(said)
    lengths = [len(one) for one in sets]
    return (
        np.array(rows, np.int64),
        np.array(wholes, np.int64),
        np.array(sizes, np.int64),
        np.array(keys, np.uint64),
        np.array(lengths, np.int64),
        np.concatenate(sets) if sets else np.zeros(0, np.uint64),
        _bands(sets),
    )


def _bands(sets: Sequence[Numbers]) -> Numbers:
    """Keys of the bands of every set, as `curation.near_duplicates` makes them."""
    found = [np.zeros(0, np.uint64)]
    at = 0
    while at < len(sets):
        end, size = at, 0
        while end < len(sets) and (size == 0 or size + len(sets[end]) <= _BLOCK):
            size += len(sets[end])
            end += 1
        numbers = np.concatenate(sets[at:end])
        starts = np.concatenate([[0], np.cumsum([len(one) for one in sets[at : end - 1]])])
        images = numbers[:, None] * _FACTORS[None, :]  # then in place: half the time
        images += _SHIFTS[None, :]
        images >>= np.uint64(32)
        smallest = np.minimum.reduceat(images, starts.astype(np.int64), axis=0)
        keys = np.arange(1, BANDS + 1, dtype=np.uint64)[None, :] * MIX
        for row in range(ROWS):
            keys = mixed(keys ^ smallest.reshape(-1, BANDS, ROWS)[:, :, row]) * MIX
        found.append(keys.reshape(-1))
        at = end
    return np.concatenate(found)


# --- stored, and put together -------------------------------------------------------------------


def encode_prints(prints: Prints) -> bytes:
    """Bytes to store; `decode_prints` is the inverse."""
    arrays = [getattr(prints, name).tobytes() for name in Prints.__struct_fields__[1:]]
    return msgspec.msgpack.encode([prints.rows, *arrays])


def decode_prints(data: bytes) -> Prints:
    """Inverse of `encode_prints`."""
    rows, *arrays = msgspec.msgpack.decode(data)
    read: list[Any] = [
        np.frombuffer(raw, np.uint64 if name in _NUMBERS else np.int64)
        for name, raw in zip(Prints.__struct_fields__[1:], arrays, strict=True)
    ]
    return Prints(rows, *read)


def joined(parts: Sequence[Prints]) -> Prints:
    """Several prints as one; their rows follow one another."""
    before = np.concatenate([[0], np.cumsum([one.rows for one in parts])]).astype(np.int64)
    columns: list[Any] = []
    for name in Prints.__struct_fields__[1:]:
        empty = np.zeros(0, np.uint64 if name in _NUMBERS else np.int64)
        shift = name in _ROW_ARRAYS
        arrays = [
            getattr(one, name) + at if shift else getattr(one, name)
            for one, at in zip(parts, before[:-1], strict=True)
        ]
        columns.append(np.concatenate([empty, *arrays]))
    return Prints(int(before[-1]), *columns)
