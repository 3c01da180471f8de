"""Which rows of an export are compared with the store, word for word, and by what.

The first 1,000 rows of every file, and at least every 16th after them: of each block (the rows that
one chunk of trajectories gives one file) the first, the 17th and so on. Whoever makes a block knows
its own rows but not yet how many stand before them; that is why blocks count for themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from curation.exporting import Example

ALL_COMPARED = 1000
COMPARED_EVERY = 16

_encoder = msgspec.json.Encoder()


def is_compared(first: int, n: int) -> bool:
    """Whether row `n` of the block that begins at row `first` of its file is compared."""
    return first + n < ALL_COMPARED or n % COMPARED_EVERY == 0


def compared_rows(first: int, n_rows: int) -> list[int]:
    """The compared rows of a block, counted from its first."""
    return [n for n in range(n_rows) if is_compared(first, n)]


def content_of(example: Example) -> bytes:
    """What is compared of a row: everything that its layout carries."""
    return _encoder.encode(example)


class Block(Struct, frozen=True):
    """A run of rows in one file."""

    first: int
    """Row number in the file, 0-based."""
    n_rows: int
    offset: int
    size: int
    """Place in the file, in bytes."""


class Digest:
    """A running hash over the content of compared rows."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.rows = 0

    def add(self, contents: Iterable[bytes]) -> None:
        """Hash the content of some rows."""
        for content in contents:
            self._hash.update(content)
            self.rows += 1

    def hexdigest(self) -> str:
        """The hash so far."""
        return self._hash.hexdigest()
