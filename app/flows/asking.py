"""One question to a model endpoint, asked until it is answered or there is no point in asking on.

Retries are this module's own, the `openai` client's are off and there is no library for them: a 429
must slow every question and not the one that met it, a question that waits must not hold a slot,
and waiting ends at once when the run does. A client that retries by itself can do none of it, and
stacked retries multiply.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec import Struct

from app.flows.pacing import Pace
from app.flows.spending import BudgetSpent, Spending, Tokens
from curation.errors import LoopwrightError
from curation.model_faults import ModelError, ModelFault

Answer = TypeVar("Answer")

FEWEST_FAILURES = 8
"""An endpoint is not given up before this many questions in a row failed."""


class Limits(Struct, frozen=True):
    """How hard an endpoint may be pressed, and how long a question is worth asking."""

    at_once: int = 16
    """Questions under way at the same time."""
    tries: int = 5
    """Of one question; being turned away for others' sake (429) is not counted."""
    try_s: float = 120.0
    """For one try."""
    deadline_s: float = 900.0
    """For one question, from its first try on, waiting included."""
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0


class RunStopped(Exception):
    """No further question is asked: somebody stopped the run, or its budget is spent."""


class EndpointGone(LoopwrightError):
    """The endpoint answers nothing any more."""


class Line:
    """What all questions to one endpoint share. Lives in one event loop."""

    def __init__(self, limits: Limits, spending: Spending) -> None:
        self._limits = limits
        self._spending = spending
        self._pace = Pace(limits.at_once, first_pause_s=limits.first_wait_s)
        self._stopped = asyncio.Event()
        self._failed_in_a_row = 0
        self._gone: EndpointGone | None = None
        self.under_way = 0
        """Questions that wait for an answer now."""
        self.out_of_budget = False
        self.retries = 0
        """Tries after the first ones, over all questions."""

    @property
    def is_stopped(self) -> bool:
        """Whether no further question is asked."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Ask nothing more; what is under way may still be answered."""
        self._stopped.set()

    async def ask(
        self,
        model: str,
        question: Callable[[], Awaitable[Answer]],
        took: Callable[[Answer], Tokens],
    ) -> Answer:
        """The answer.

        Args:
            question: one try; raises `ModelError` when there is no answer.
            took: the tokens of an answer, which the run's budget is charged with.

        Raises:
            ModelError: this question is not answered; the next one may be.
            EndpointGone: none is answered any more, or the endpoint admits nobody.
            RunStopped: nothing more is asked; this question was not, or not to the end.
            SettingsError: as `Spending.add`.
        """
        clock = asyncio.get_running_loop().time
        failed: _Failed | None = None
        ends_at = float("inf")
        tries = 0
        while True:
            try:
                answer = await self._tried(question, failed, ends_at)
            except _Failed as again:
                if failed is None:
                    ends_at = again.started_at + self._limits.deadline_s
                failed, problem = again, again.problem
                wait_s = 0.0
                if problem.fault is ModelFault.BUSY:
                    self._slow_down(again)
                else:
                    tries += 1
                    wait_s = self._wait_s(tries, problem.retry_after_s)
                is_pointless = not problem.passes or tries >= self._limits.tries
                if is_pointless or clock() + wait_s >= ends_at:
                    raise self._given_up(problem) from None
                self.retries += 1
                await self._wait(wait_s)
            else:
                self._failed_in_a_row = 0
                self._pace.answered()
                self._spending.add(model, took(answer))
                return answer

    async def _tried(
        self, question: Callable[[], Awaitable[Answer]], failed: _Failed | None, ends_at: float
    ) -> Answer:
        async with self._pace as started_at:
            self._require_leave()
            if failed is not None and started_at >= ends_at:  # all of it was spent waiting
                raise self._given_up(failed.problem)
            within_s = min(self._limits.try_s, ends_at - started_at)
            self.under_way += 1
            try:
                async with asyncio.timeout(within_s):
                    return await question()
            except TimeoutError:
                problem = ModelError(
                    f"There was no answer within {within_s:g} s.",
                    fault=ModelFault.TIMEOUT,
                    hint="Raise the time it may take, or ask fewer questions at once.",
                )
                raise _Failed(problem, started_at) from None
            except ModelError as problem:
                raise _Failed(problem, started_at) from None
            finally:
                self.under_way -= 1

    def _slow_down(self, failed: _Failed) -> None:
        wait_s = failed.problem.retry_after_s
        if wait_s is not None and wait_s >= self._limits.deadline_s:
            self._gone = EndpointGone(
                f"The endpoint asks to be left alone for {wait_s:,.0f} s.",
                where=failed.problem.where,
                hint="Start it again after that: it goes on where it stopped.",
            )
            raise self._gone from None
        self._pace.too_many(failed.started_at, wait_s)

    def _require_leave(self) -> None:
        if self._gone is not None:  # nobody else need find out for themselves
            raise self._gone
        if self._stopped.is_set():
            raise RunStopped
        try:
            self._spending.require_room(self.under_way)
        except BudgetSpent:
            self.out_of_budget = True
            self.stop()
            raise RunStopped from None

    def _wait_s(self, tries: int, retry_after_s: float | None) -> float:
        """Doubling, with jitter, and never less than the endpoint asks for."""
        most = min(self._limits.longest_wait_s, self._limits.first_wait_s * 2.0 ** (tries - 1))
        return max(random.uniform(most / 2, most), retry_after_s or 0.0)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return
        raise RunStopped

    def _given_up(self, problem: ModelError) -> LoopwrightError:
        if problem.concerns_all:
            self._gone = EndpointGone(problem.message, where=problem.where, hint=problem.hint)
            return self._gone
        if not problem.passes:
            self._failed_in_a_row = 0
            return problem
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= max(FEWEST_FAILURES, self._limits.at_once):
            self._gone = EndpointGone(
                f"{self._failed_in_a_row} questions in a row were not answered. The last one: "
                f"{problem.message}",
                where=problem.where,
                hint="See to the endpoint, then start it again: it goes on where it stopped.",
            )
            return self._gone
        return problem


class _Failed(Exception):
    """A try came to nothing."""

    def __init__(self, problem: ModelError, started_at: float) -> None:
        self.problem = problem
        self.started_at = started_at
