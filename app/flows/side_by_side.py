"""The same work on chunk after chunk, by several processes, results in order.

The work is a plain function of a module, pure, of values that can be sent; who calls reads and
writes the database. A few chunks are under way at a time, so memory does not grow with their
number. With one process the work is done right here, and gives the same.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

_AHEAD_PER_PROCESS = 2

Task = TypeVar("Task")
Result = TypeVar("Result")


def how_many_processes(asked: int | None, *, worthwhile: bool) -> int:
    """How many shall work: as asked, else one per core if that is worthwhile, else 1."""
    if multiprocessing.current_process().daemon:
        return 1  # not allowed to have children
    if asked is not None:
        return max(1, asked)
    return (os.cpu_count() or 1) if worthwhile else 1


class Workers:
    """Processes that wait for work. Made by `workers`."""

    def __init__(self, pool: ProcessPoolExecutor | None, ahead: int) -> None:
        self._pool = pool
        self._ahead = ahead

    def map(
        self, work: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """Every task with its result, in the order of the tasks; tasks are taken as needed.

        Raises:
            RuntimeError: a process was killed.
        """
        if self._pool is None:
            for task in tasks:
                yield task, work(task)
            return
        under_way: deque[tuple[Task, Future[Result]]] = deque()
        for task in tasks:
            under_way.append((task, self._pool.submit(work, task)))
            if len(under_way) >= self._ahead:
                yield _finished(*under_way.popleft())
        while under_way:
            yield _finished(*under_way.popleft())


def _finished(task: Task, future: Future[Result]) -> tuple[Task, Result]:
    try:
        return task, future.result()
    except BrokenProcessPool:
        raise RuntimeError("a working process was killed, probably for lack of memory") from None


@contextmanager
def workers(processes: int, warm_up: Callable[[], object]) -> Iterator[Workers]:
    """That many processes, each of which calls `warm_up` first; for 1 none is started."""
    if processes == 1:
        yield Workers(None, 1)
        return
    # spawn: this process has threads and an open database, neither of which survives a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        processes, mp_context=context, initializer=_begin, initargs=(warm_up,)
    )
    try:
        yield Workers(pool, processes * _AHEAD_PER_PROCESS)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(warm_up: Callable[[], object]) -> None:
    """First act of a working process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    warm_up()
    gc.freeze()
    # Chunks are thousands of values that refer to nothing but their parts: rarely worth a look.
    gc.set_threshold(100_000)
