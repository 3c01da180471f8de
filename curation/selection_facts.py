"""What selecting knows of each candidate: columns of numbers, no content.

A hundred thousand candidates take some tens of megabytes, whatever they hold. A selection needs
only some of the columns; the others are empty. Rows are in the order of storage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from curation.export_reasons import DropReason
from curation.selection import By, Statistic

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

REASONS = tuple(DropReason)
TAKEN = -1
"""In place of an index into `REASONS`."""

NO_VALUE = "(none)"
"""The bucket of what has no value: no tool is called, no category is marked."""


class Standing(IntEnum):
    """How much people said for it, the most first."""

    PERSON = 0
    """Accepted by the decision of a person."""
    ACCEPTED = 1
    """Accepted otherwise."""
    NOTHING = 2
    REJECTED = 3


@dataclass(frozen=True)
class Labels:
    """The values of every row, none or several: those of row i are `codes[at[i]:at[i + 1]]`."""

    names: tuple[str, ...]
    at: Numbers
    codes: Numbers

    def rows(self) -> Numbers:
        """The row of every code."""
        return np.repeat(np.arange(len(self.at) - 1), np.diff(self.at))


def labels_of(n: int, pairs: Iterable[tuple[int, str]]) -> Labels:
    """Labels of `n` rows from (row, value) in any order; rows without a value get `NO_VALUE`.

    Names are in alphabetical order, whatever the order in which they came.
    """
    number: dict[str, int] = {}
    rows: list[int] = []
    found: list[int] = []
    for row, name in pairs:
        rows.append(row)
        found.append(number.setdefault(name, len(number)))
    of_row, of_name = np.array(rows, dtype=np.int64), np.array(found, dtype=np.int64)
    bare = np.ones(n, dtype=bool)
    bare[of_row] = False
    if bare.any():
        missing = np.flatnonzero(bare)
        code = number.setdefault(NO_VALUE, len(number))
        of_row = np.concatenate([of_row, missing])
        of_name = np.concatenate([of_name, np.full(len(missing), code)])
    names = sorted(number)
    place = np.zeros(len(names), dtype=np.int64)
    for new, name in enumerate(names):
        place[number[name]] = new
    codes = place[of_name] if len(names) else of_name
    order = np.lexsort((codes, of_row))
    at = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(of_row, minlength=n), out=at[1:])
    return Labels(tuple(names), at, codes[order])


def one_label(names: Sequence[str], codes: Any) -> Labels:
    """Labels of rows that have one value each, by code."""
    found = np.asarray(codes, dtype=np.int64)
    return Labels(tuple(names), np.arange(len(found) + 1, dtype=np.int64), found)


@dataclass(frozen=True)
class Vectored:
    """What is known of candidates by the vectors of an embedding model."""

    model: str
    family: Numbers
    """What counts as the same has the same number; who has no vector has one of its own."""
    lacking: Flags
    """Whether the model was not asked about it."""


@dataclass(frozen=True)
class Facts:
    """The candidates of an export, one row each."""

    ids: Numbers
    """Ascending: the order of storage."""
    numbers: npt.NDArray[np.uint64]
    """`number_of` its uid: what is drawn by, whatever the order of import."""
    settled: Numbers
    """Index into `REASONS` of why it gives no row whatever is selected; `TAKEN` for none."""
    standing: Numbers
    """A `Standing`."""
    result: Numbers
    """`number_of` the correction that stands in its place, as a signed number; 0 for itself."""
    n_errors: Numbers
    n_warnings: Numbers
    n_said: Numbers
    """Annotators with a standing annotation."""
    agreement: Floats
    """Share of them that say the outcome most say; 0 of none."""
    counts: dict[Statistic, Numbers]
    labels: dict[By, Labels] = field(default_factory=dict)
    difficulty: Floats | None = None
    """As `Difficulty.by` asks, the higher the harder; NaN where it is not known."""
    where: Flags | None = None
    unless: Flags | None = None
    found: dict[str, Flags] = field(default_factory=dict)
    """Check -> whether it found something."""
    scores: dict[str, Floats] = field(default_factory=dict)
    """Score -> mean over the model's answers; NaN where there is none."""
    exact: Numbers | None = None
    """What counts as the same has the same number here."""
    near: Numbers | None = None
    vectored: Vectored | None = None

    def __len__(self) -> int:
        return len(self.ids)


def number_of(uid: str) -> int:
    """64 bits of a uid."""
    return int.from_bytes(hashlib.blake2b(uid.encode(), digest_size=8).digest(), "big")


_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_27, _30, _31 = np.uint64(27), np.uint64(30), np.uint64(31)


def places(numbers: npt.NDArray[np.uint64], seed: int, stage: str) -> npt.NDArray[np.uint64]:
    """Where each falls in a draw: evenly over 64 bits, another draw for every seed and stage.

    The finaliser of SplitMix64 (Steele, Lea, Flood 2014) over the number and a salt. No generator:
    what is drawn does not depend on what else is there, nor on any library's version.
    """
    digest = hashlib.blake2b(f"{seed}:{stage}".encode(), digest_size=8).digest()
    mixed = numbers ^ np.uint64(int.from_bytes(digest, "big"))
    mixed = (mixed ^ (mixed >> _30)) * _FIRST
    mixed = (mixed ^ (mixed >> _27)) * _SECOND
    return mixed ^ (mixed >> _31)
