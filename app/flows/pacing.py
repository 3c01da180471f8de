"""How many questions may be under way at one endpoint, and when the next one may start.

All questions share one pace: when the endpoint says "too many" (429), everybody waits as long as it
asks and fewer go at once afterwards; every answer lets a few more go again, up to the limit. Those
who are turned away together count once, or one storm would halve the pace a hundred times.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque

GROWTH = 0.1
"""By how much every answer widens the pace: about a tenth a round of answers."""

LONGEST_PAUSE_S = 60.0


class Pace:
    """One slot for each question under way: `async with pace`."""

    def __init__(self, at_once: int, *, first_pause_s: float = 1.0) -> None:
        self._most = at_once
        self._allowed = float(at_once)
        self._first_pause_s = first_pause_s
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed_until = 0.0
        self._storms = 0
        self._slowed_at = float("-inf")

    @property
    def allowed(self) -> int:
        """How many may be under way now."""
        return int(self._allowed)

    async def __aenter__(self) -> float:
        """Wait for a slot; returns the loop's time at which the question starts."""
        loop = asyncio.get_running_loop()
        while True:
            closed_s = self._closed_until - loop.time()
            if closed_s > 0:
                # Not all in the same instant.
                await asyncio.sleep(closed_s * random.uniform(1.0, 1.1))
            elif self._under_way < self.allowed:
                self._under_way += 1
                return loop.time()
            else:
                await self._turn()

    async def __aexit__(self, *_: object) -> None:
        self._under_way -= 1
        self._wake()

    def answered(self) -> None:
        """The endpoint answered: let a few more go, if they were held back."""
        self._storms = 0
        if self._allowed < self._most:
            self._allowed = min(self._most, self._allowed + max(GROWTH, 1 / self._allowed))
            self._wake()

    def too_many(self, started_at: float, retry_after_s: float | None) -> None:
        """The endpoint turned a question away that had started at `started_at`."""
        now = asyncio.get_running_loop().time()
        if started_at > self._slowed_at:
            self._slowed_at = now
            self._storms += 1
            self._allowed = max(1.0, self._allowed / 2)
            if retry_after_s is None:
                pause_s = self._first_pause_s * 2.0 ** min(self._storms - 1, 10)
                self._close(now + min(LONGEST_PAUSE_S, pause_s))
        if retry_after_s is not None:
            self._close(now + retry_after_s)

    def _close(self, until: float) -> None:
        self._closed_until = max(self._closed_until, until)

    async def _turn(self) -> None:
        """Wait until a slot may be free; who is called and cannot come calls the next."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._wake()
            raise

    def _wake(self) -> None:
        free = self.allowed - self._under_way
        while free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
