"""Working through many items at once, with the results stored as they come.

One event loop asks, one thread at a time reads items ahead and writes results in batches, so that
neither waits for the other and memory is flat however many items there are. Whatever ends a run
(its end, the budget, somebody's wish, a defect), what was answered by then is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

from app.flows.asking import Line, RunStopped

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 500
"""Most results of one transaction."""

EVERY_S = 0.25
"""Results wait this long for others to share their transaction; a crash loses no more than these,
and what is under way."""

GRACE_S = 5.0
"""Questions under way are waited for this long when somebody stops the run. Less than a worker is
given before it is killed."""

Put = Callable[[Result], Awaitable[None]]


class _End:
    """Follows the last result."""


async def work_through(
    items: Iterator[Item],
    work: Callable[[Item, Put[Result]], Awaitable[None]],
    keep: Callable[[Sequence[Result]], None],
    *,
    line: Line,
    at_once: int,
    progress: Callable[[], None],
) -> None:
    """Do `work` for every item, `at_once` of them at a time.

    Args:
        items: read in a thread, some ahead.
        work: puts its results as it has them; may end by RunStopped.
        keep: stores results, in one transaction; called in a thread, never twice at once.
        line: what is stopped when the run is to end early.
        progress: called in a thread a few times a second; raises what ends the run.

    Raises:
        Whatever `work`, `keep` or `progress` raise, after what was answered is stored.
    """
    results: asyncio.Queue[Result | _End] = asyncio.Queue(max(2 * BATCH, 2 * at_once))
    source = _Source(items, at_once)
    writer = asyncio.create_task(_write(results, keep))
    watch = asyncio.create_task(_watch(progress))
    crew = [asyncio.create_task(_work(source, work, results.put, line)) for _ in range(at_once)]
    try:
        await _until_done(crew, {writer, watch}, line)
    finally:
        await _dismiss([*crew, watch])
        if not writer.done():
            await results.put(_End())
        await writer


async def _until_done(
    crew: list[asyncio.Task[None]], beside: set[asyncio.Task[None]], line: Line
) -> None:
    """Until the crew has finished, or anybody cannot go on."""
    waiting: set[asyncio.Task[None]] = {*crew, *beside}
    while waiting - beside:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        failed = next((problem for task in done if (problem := task.exception())), None)
        if failed is not None:
            line.stop()
            await _given_grace(waiting - beside, line)
            raise failed


async def _given_grace(left: set[asyncio.Task[None]], line: Line) -> None:
    """Let those under way be answered, if that is soon: their tokens are paid for."""
    ends_at = asyncio.get_running_loop().time() + GRACE_S
    while left and line.under_way and asyncio.get_running_loop().time() < ends_at:
        _, left = await asyncio.wait(left, timeout=0.05)


async def _dismiss(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(progress: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        await asyncio.to_thread(progress)


async def _work(
    source: _Source[Item],
    work: Callable[[Item, Put[Result]], Awaitable[None]],
    put: Put[Result],
    line: Line,
) -> None:
    async for item in source:
        if line.is_stopped:
            return
        try:
            await work(item, put)
        except RunStopped:
            return


class _Source(Generic[Item]):
    """Items for many, read from the iterator in a thread."""

    def __init__(self, items: Iterator[Item], ahead: int) -> None:
        self._items = items
        self._ahead = ahead
        self._read: list[Item] = []
        self._reading = asyncio.Lock()
        self._is_at_end = False

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        if not self._read and not self._is_at_end:
            async with self._reading:
                if not self._read and not self._is_at_end:
                    some = await asyncio.to_thread(lambda: list(islice(self._items, self._ahead)))
                    self._read = some[::-1]
                    self._is_at_end = len(some) < self._ahead
        if self._read:
            return self._read.pop()
        if self._is_at_end:
            raise StopAsyncIteration
        return await self.__anext__()  # while this one waited, others took all that was read


async def _write(
    results: asyncio.Queue[Result | _End], keep: Callable[[Sequence[Result]], None]
) -> None:
    """Store results in batches until the end."""
    at_end = False
    while not at_end:
        batch: list[Result] = []
        try:
            async with asyncio.timeout(EVERY_S):
                while len(batch) < BATCH and not at_end:
                    result = await results.get()
                    if isinstance(result, _End):
                        at_end = True
                    else:
                        batch.append(result)
        except TimeoutError:
            pass
        if batch:
            await asyncio.to_thread(keep, batch)
