"""The same work on chunk after chunk, by several processes, results in order.

The work is a plain function of a module, pure, of values that can be sent; who calls reads and
writes the database. A few chunks are under way at a time, so memory does not grow with their
number. With one process the work is done right here, and gives the same.

Not `multiprocessing`: its children import the parent's main module, and with it the database and
the command line. These import what the work needs and end when their input does.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, TypeVar

_AHEAD_PER_PROCESS = 2

Task = TypeVar("Task")
Result = TypeVar("Result")


def how_many_processes(asked: int | None, *, worthwhile: bool) -> int:
    """How many shall work: as asked, else one per core if that is worthwhile, else 1."""
    if asked is not None:
        return max(1, asked)
    return (os.cpu_count() or 1) if worthwhile else 1


class Workers:
    """Processes that wait for work. Made by `workers`."""

    def __init__(self, processes: list[_Process], threads: ThreadPoolExecutor | None) -> None:
        self._threads = threads  # one to wait for each process
        self._ahead = len(processes) * _AHEAD_PER_PROCESS
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        for process in processes:
            self._idle.put(process)

    def map(
        self, work: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """Every task with its result, in the order of the tasks; tasks are taken as needed.

        Raises:
            RuntimeError: a process was killed, or the work failed there.
        """
        if self._threads is None:
            for task in tasks:
                yield task, work(task)
            return
        under_way: deque[tuple[Task, Future[Result]]] = deque()
        for task in tasks:
            under_way.append((task, self._threads.submit(self._ask, work, task)))
            if len(under_way) >= self._ahead:
                first, future = under_way.popleft()
                yield first, future.result()
        while under_way:
            first, future = under_way.popleft()
            yield first, future.result()

    def _ask(self, work: Callable[[Task], Result], task: Task) -> Result:
        process = self._idle.get()
        try:
            result: Result = process.ask(work, task)
            return result
        finally:
            self._idle.put(process)


@contextmanager
def workers(processes: int) -> Iterator[Workers]:
    """That many processes; for 1 none is started."""
    if processes == 1:
        yield Workers([], None)
        return
    started = [_Process() for _ in range(processes)]
    threads = ThreadPoolExecutor(processes)
    try:
        yield Workers(started, threads)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for process in started:
            process.kill()  # whoever waits for it stops waiting
        threads.shutdown()
        for process in started:
            process.close()


class _Process:
    """One working process, asked by one thread at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join(place for place in sys.path if place)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.flows.side_by_side"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )

    def ask(self, work: Callable[[Any], Any], task: Any) -> Any:
        """The result of `work(task)`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            pickle.dump((work, task), self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            result, problem = pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            text = "a working process was killed, probably for lack of memory"
            raise RuntimeError(text) from None
        if problem:
            raise RuntimeError(f"the work failed in another process:\n{problem}")
        return result

    def kill(self) -> None:
        """End it; what it is doing is lost."""
        self._process.kill()

    def close(self) -> None:
        """Let go of a killed process."""
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                continue  # half a task was still on its way


def _serve() -> None:
    """Body of a working process: answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    # Chunks are thousands of values that refer to nothing but their parts: rarely worth a look.
    gc.set_threshold(100_000)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed by mistake is no answer
    while True:
        try:
            work, task = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = work(task), ""
        except Exception:  # noqa: BLE001 - told to the parent, which raises it
            answer = None, traceback.format_exc()
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


if __name__ == "__main__":
    _serve()
