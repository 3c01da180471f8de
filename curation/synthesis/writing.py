"""Many rows as JSON lines, in order, by one process or several."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

import msgspec

from curation.synthesis.build import make_row

_BLOCK = 500
"""Rows made at a time."""
_encode = msgspec.json.encode

Task = tuple[int, int, int]
"""Seed, first row, row after the last."""


def make_block(task: Task) -> tuple[bytes, bytes]:
    """Lines of the rows of a task, and lines of their truths.

    Lives in an importable module, not beside the command: started processes must find it by name.
    """
    seed, first, last = task
    rows, truths = bytearray(), bytearray()
    for i in range(first, last):
        row = make_row(seed, i)
        rows += _encode(row.record()) + b"\n"
        truths += _encode(row.truth()) + b"\n"
    return bytes(rows), bytes(truths)


def blocks(n: int, seed: int, jobs: int = 1) -> Iterator[tuple[bytes, bytes]]:
    """Lines of `n` rows and their truths, in order, made by `jobs` processes."""
    tasks = ((seed, i, min(i + _BLOCK, n)) for i in range(0, n, _BLOCK))
    if jobs <= 1:
        yield from map(make_block, tasks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        while batch := list(islice(tasks, 4 * jobs)):
            yield from pool.map(make_block, batch)
