"""What a trajectory asks, as the vector that an embedding model gives for it.

The text is what its users say, as they say it: near-duplicates (`curation.near_duplicates`) go by
the same words, and also by the shape of the calls, which no vector here knows of. Trajectories that
say the same share one vector. Vectors are kept as directions: of unit length, as little-endian
16-bit floats, which moves a cosine by less than 0.001.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from curation.trajectory import Message, Role

STORED = np.dtype("<f2")

Vectors = npt.NDArray[np.float16]
"""Of unit length, one a row."""


class NoDirection(ValueError):
    """A vector of zeros, or one with a number that is none."""


def asked_text(messages: Iterable[Message]) -> str:
    """What the users say, message after message; "" when they say nothing."""
    said = (message.text.strip() for message in messages if message.role is Role.USER)
    # Halves of characters mean nothing, and no request can carry them.
    return "\n\n".join(filter(None, said)).encode("utf-8", "replace").decode()


def text_key(text: str) -> bytes:
    """128 bits of a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def packed(vectors: Sequence[Sequence[float]]) -> list[bytes]:
    """Vectors of one dimension, as they are stored.

    Raises:
        NoDirection: one of them has none.
    """
    found = np.array(vectors, dtype=np.float64)
    largest = np.abs(found).max(axis=1, keepdims=True)
    if not (np.isfinite(largest) & (largest > 0)).all():  # NaN is not finite and wins any max
        raise NoDirection
    found /= largest  # so that no square is too large or too small to be one
    found /= np.sqrt((found * found).sum(axis=1, keepdims=True))
    return [row.tobytes() for row in found.astype(STORED)]
