"""Work in other processes: one function on many chunks (`workers`), or a generator (`streamed`).

The work is a plain function of a module, of values that can be sent; who calls reads and writes
the database. A few results are under way at a time, so memory does not grow with their number.
With one process the chunks are worked on right here, which gives the same.

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
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue, SimpleQueue
from typing import IO, Any, NamedTuple, TypeVar

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


def streamed(work: Callable[[Task], Iterator[Result]], task: Task) -> Generator[Result, None, None]:
    """What the generator `work(task)` yields, made in a process of its own, a little ahead.

    Raises:
        RuntimeError: the process was killed, or the work failed there.
    """
    process = _Process()
    try:
        process.send(_Order(work, task, is_stream=True))
        while not (answer := process.receive()).is_last:
            yield answer.value
    finally:
        process.kill()
        process.close()


class Apart:
    """One process for work that is not trusted to end. Made by `apart`."""

    def __init__(self) -> None:
        self._process = _Process()
        self._timed_out = False

    def ask(self, work: Callable[[Task], Result], task: Task, seconds: float) -> Result:
        """The result of `work(task)`.

        Raises:
            TimeoutError: it took longer; the process is gone, and so is this.
            RuntimeError: the process was killed, or the work failed there.
        """
        clock = threading.Timer(seconds, self._give_up)
        clock.start()
        try:
            result: Result = self._process.ask(work, task)
            return result
        except RuntimeError:
            if self._timed_out:
                raise TimeoutError(f"it took longer than {seconds:g} s") from None
            raise
        finally:
            clock.cancel()

    def _give_up(self) -> None:
        self._timed_out = True
        self._process.kill()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.close()


@contextmanager
def apart() -> Iterator[Apart]:
    """A process of its own, ended with the block."""
    one = Apart()
    try:
        yield one
    finally:
        one.close()


class _Order(NamedTuple):
    """What a process is asked to do."""

    work: Callable[[Any], Any]
    task: Any
    is_stream: bool = False
    """The work is a generator function: every value it yields is an answer."""


class _Answer(NamedTuple):
    value: Any = None
    problem: str = ""
    """The traceback, when the work failed."""
    is_last: bool = False
    """A generator has ended; there is no value."""


class _Process:
    """One working process, asked by one thread at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join(place for place in sys.path if place)
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from app.flows.side_by_side import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )

    def ask(self, work: Callable[[Any], Any], task: Any) -> Any:
        """The result of `work(task)`."""
        self.send(_Order(work, task))
        return self.receive().value

    def send(self, order: _Order) -> None:
        """Give it work; it answers once, or as often as the generator yields and once more."""
        assert self._process.stdin is not None
        with _named_when_killed():
            pickle.dump(order, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def receive(self) -> _Answer:
        """The next answer.

        Raises:
            RuntimeError: the process was killed, or the work failed there.
        """
        assert self._process.stdout is not None
        with _named_when_killed():
            answer: _Answer = pickle.load(self._process.stdout)
        if answer.problem:
            raise RuntimeError(f"the work failed in another process:\n{answer.problem}")
        return answer

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


@contextmanager
def _named_when_killed() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError, ValueError, pickle.UnpicklingError):
        text = "a working process was killed, probably for lack of memory"
        raise RuntimeError(text) from None


def serve() -> None:
    """Body of a working process: answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    # Chunks are thousands of values that refer to nothing but their parts: rarely worth a look.
    gc.set_threshold(100_000)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed by mistake is no answer
    ahead: Queue[_Answer] = Queue(_AHEAD_PER_PROCESS)
    threading.Thread(target=_send_all, args=(ahead, answers), daemon=True).start()
    while True:
        try:
            order: _Order = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        for answer in _answers(order):
            ahead.put(answer)


def _answers(order: _Order) -> Iterator[_Answer]:
    try:
        if order.is_stream:
            for value in order.work(order.task):
                yield _Answer(value)
            yield _Answer(is_last=True)
        else:
            yield _Answer(order.work(order.task))
    except Exception:  # noqa: BLE001 - told to the parent, which raises it
        yield _Answer(problem=traceback.format_exc())


def _send_all(ahead: Queue[_Answer], answers: IO[bytes]) -> None:
    """While this waits for the reader, the next answer is worked on."""
    while True:
        pickle.dump(ahead.get(), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()
