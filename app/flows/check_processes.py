"""Checking in several processes at once.

Not `multiprocessing`: its children import the parent's main module, and with it the database and
the command line, none of which checking needs. These run `app/flows/check_bodies.py` alone and end
when their input does, even when the parent was killed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType

import msgspec

from app.flows.check_bodies import Outcome, check_bodies, read_frame, write_frame
from storage.checked import PackedBody

_AHEAD_PER_PROCESS = 2
"""Chunks that are read ahead, so that no process waits for the reader."""

Chunk = Sequence[PackedBody]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Outcome).decode


class Checkers:
    """Some processes that check; with one, this process does it. Use it in a `with` block."""

    def __init__(self, processes: int) -> None:
        n = processes if processes > 1 else 0
        self._processes = [_Process() for _ in range(n)]
        self._threads = ThreadPoolExecutor(n or 1)  # one to wait for each process
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        for process in self._processes:
            self._idle.put(process)

    def __enter__(self) -> Checkers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.kill()  # whoever waits for it stops waiting
        self._threads.shutdown()
        for process in self._processes:
            process.close()

    def check_all(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, Outcome]]:
        """What is found in each chunk, in order; a few chunks are under way at a time.

        Raises:
            RuntimeError: a process was killed.
        """
        if not self._processes:
            for chunk in chunks:
                yield chunk, check_bodies(chunk)
            return
        under_way: deque[tuple[Chunk, Future[Outcome]]] = deque()
        for chunk in chunks:
            under_way.append((chunk, self._threads.submit(self._ask, chunk)))
            if len(under_way) >= len(self._processes) * _AHEAD_PER_PROCESS:
                first, future = under_way.popleft()
                yield first, future.result()
        for first, future in under_way:
            yield first, future.result()

    def _ask(self, chunk: Chunk) -> Outcome:
        process = self._idle.get()
        try:
            return process.check(chunk)
        finally:
            self._idle.put(process)


class _Process:
    """One checking process, asked by one thread at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join(place for place in sys.path if place)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.flows.check_bodies"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )

    def check(self, chunk: Chunk) -> Outcome:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            write_frame(self._process.stdin, _encode(chunk))
            reply = read_frame(self._process.stdout)
        except BrokenPipeError:
            reply = None
        if reply is None:
            raise RuntimeError("a checking process was killed, probably for lack of memory")
        return _decode(reply)

    def kill(self) -> None:
        """End it; what it is doing is lost."""
        self._process.kill()

    def close(self) -> None:
        """Let go of a killed process."""
        self._process.communicate()
