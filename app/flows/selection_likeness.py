"""Which candidates count as one: the same task and calls, or near-duplicates of each other.

Candidates for that come from the stored keys (`storage/near_keys.py`). Only where keys meet are
bodies read, and every pair is verified: by its canonical task and calls, or by the Jaccard
similarity of its shingles. What near-duplicates connect is one family.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from curation.near_duplicates import BANDS, THRESHOLD, Shingles, jaccard, shingles
from curation.selection_facts import Numbers
from curation.trajectory import Role, ToolSpec, Trajectory, canonical_json
from storage import near_keys
from storage.trajectories import iter_bodies

PAGE = 500

MOST_COMPARED = 50
"""Of those that share a key, each is compared with so many that come after it."""


@dataclass(frozen=True)
class Likeness:
    """What counts as one has one number, here and there."""

    exact: Numbers
    near: Numbers


class _Families:
    """Rows that belong together (union-find)."""

    def __init__(self, n: int) -> None:
        self._above = list(range(n))

    def top(self, row: int) -> int:
        above = self._above
        while above[row] != row:
            above[row] = row = above[above[row]]
        return row

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.top(one), self.top(other)))
        self._above[second] = first

    def numbers(self) -> Numbers:
        return np.array([self.top(row) for row in range(len(self._above))], dtype=np.int64)


def find_likeness(conn: Connection, ids: Numbers, numbers: npt.NDArray[np.uint64]) -> Likeness:
    """The families of candidates with these ids (ascending).

    Args:
        numbers: of their uids; the order in which they are compared.
    """
    keys, rows = _shared(conn, ids)
    drawn = numbers.tolist()
    same = _same_keys(keys, rows, len(ids))
    exact, near = _Families(len(ids)), _Families(len(ids))
    head = list(range(len(ids)))
    for group in same:
        group.sort(key=drawn.__getitem__)
        for row in group:
            head[row] = group[0]
            near.join(group[0], row)
    by_task: dict[tuple[int, bytes], int] = {}
    alike = {row: number for number, group in enumerate(same) for row in group}
    for row, trajectory in _bodies(conn, ids, sorted(alike)):
        first = by_task.setdefault((alike[row], task_and_calls(trajectory)), row)
        exact.join(first, row)
    met = _meeting(keys, rows, head, drawn)
    for together in _batches(met):
        wanted = sorted({row for pair in together for row in pair})
        known: dict[int, Shingles] = {
            row: shingles(t.messages) for row, t in _bodies(conn, ids, wanted)
        }
        for one, other in together:
            if near.top(one) != near.top(other) and (
                jaccard(known[one], known[other]) >= THRESHOLD
            ):
                near.join(one, other)
    return Likeness(exact.numbers(), near.numbers())


def task_and_calls(trajectory: Trajectory) -> bytes:
    """A hash of what the users said, what tools were on offer by name, and every call in order.

    Spaces and upper or lower case in words do not count; the order of arguments does not count.
    """
    said = [" ".join(m.text.casefold().split()) for m in trajectory.messages if m.role is Role.USER]
    made = []
    for _, _, call in trajectory.calls():
        value = call.parsed().value
        made.append([call.name, call.raw_arguments if value is None else value])
    offered = sorted({tool.name for tool in trajectory.tools})
    return hashlib.blake2b(canonical_json([said, offered, made]), digest_size=16).digest()


def _shared(conn: Connection, ids: Numbers) -> tuple[npt.NDArray[np.int64], Numbers]:
    """Keys that several candidates have, ascending, and the rows that have them."""
    known = ids.tolist()
    row_of = {key: row for row, key in enumerate(known)}
    flat = np.fromiter(
        (
            part
            for key, row_id in near_keys.iter_shared(conn)
            if (row := row_of.get(row_id)) is not None
            for part in (key, row)
        ),
        dtype=np.int64,
    ).reshape(-1, 2)
    keys, rows = flat[:, 0], flat[:, 1]
    if not len(keys):
        return keys, rows
    _, number, count = np.unique(keys, return_inverse=True, return_counts=True)
    several = count[number] > 1
    return keys[several], rows[several]


def _same_keys(keys: npt.NDArray[np.int64], rows: Numbers, n: int) -> list[list[int]]:
    """Groups of rows that have all their keys in common: equal sets of shingles."""
    order = np.lexsort((keys, rows))
    keys, rows = keys[order], rows[order]
    found: dict[bytes, list[int]] = {}
    at = np.searchsorted(rows, np.arange(n + 1))
    for row in np.flatnonzero(np.diff(at) == BANDS + 1).tolist():
        found.setdefault(keys[at[row] : at[row + 1]].tobytes(), []).append(row)
    return [group for group in found.values() if len(group) > 1]


def _meeting(
    keys: npt.NDArray[np.int64], rows: Numbers, head: Sequence[int], drawn: Sequence[int]
) -> list[tuple[int, int]]:
    """Pairs to compare: of those that share a key, one for all that are equal."""
    pairs: set[tuple[int, int]] = set()
    changes = (np.flatnonzero(keys[1:] != keys[:-1]) + 1).tolist()
    for start, end in pairwise([0, *changes, len(keys)]):
        those = {head[row] for row in rows[start:end].tolist()}
        if len(those) > 1:
            line = sorted(those, key=drawn.__getitem__)
            pairs.update(
                (one, other)
                for i, one in enumerate(line)
                for other in line[i + 1 : i + 1 + MOST_COMPARED]
            )
    return sorted(pairs, key=lambda pair: (drawn[pair[0]], drawn[pair[1]]))


def _batches(pairs: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Pairs in runs of about `PAGE` different rows, so that few bodies are held at once."""
    batch: list[tuple[int, int]] = []
    held: set[int] = set()
    for pair in pairs:
        batch.append(pair)
        held.update(pair)
        if len(held) >= PAGE:
            yield batch
            batch, held = [], set()
    if batch:
        yield batch


def _bodies(
    conn: Connection, ids: Numbers, rows: Sequence[int]
) -> Iterable[tuple[int, Trajectory]]:
    """(row, trajectory) of rows, ascending."""
    sets: dict[int, tuple[ToolSpec, ...]] = {}
    for start in range(0, len(rows), PAGE):
        row_of = {int(ids[row]): row for row in rows[start : start + PAGE]}
        for body in iter_bodies(conn, ids=sorted(row_of)):
            yield row_of[body.id], body.decode(sets)
