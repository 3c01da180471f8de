"""Many questions to one endpoint over real HTTP: what is asked again, what slows everybody, what
ends the run, and that whatever was answered is stored."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from app.flows.asking import EndpointGone, Limits, Line
from app.flows.pacing import Pace
from app.flows.running import Cancelled
from app.flows.spending import Budget, Price, Spending, Tokens
from app.flows.working_through import Put, work_through
from curation.chat_client import Completion, open_chat
from curation.errors import LoopwrightError, SettingsError
from curation.model_endpoint import Endpoint
from curation.model_faults import ModelError, ModelFault, refused
from tests.model_server import ModelServer, Step, awaited, failing, model_server, patience_s

FAST = Limits(at_once=4, tries=3, try_s=9, deadline_s=60, first_wait_s=0.02, longest_wait_s=0.1)
STORM = {"retry-after-ms": "400", "retry-after": "0.4"}


def limits_for(fault: Step) -> Limits:
    return replace(FAST, try_s=patience_s(fault))


class Kept:
    """What reached the store, in transactions."""

    def __init__(self) -> None:
        self.batches: list[list[tuple[int, str]]] = []

    def __call__(self, batch: Sequence[tuple[int, str]]) -> None:
        self.batches.append(list(batch))

    @property
    def by_item(self) -> dict[int, str]:
        return {item: text for batch in self.batches for item, text in batch}

    @property
    def items(self) -> list[int]:
        return [item for batch in self.batches for item, _ in batch]


def ask_all(
    server: ModelServer,
    n: int,
    kept: Callable[[Sequence[tuple[int, str]]], None],
    *,
    limits: Limits = FAST,
    spending: Spending | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Line:
    """Ask `n` questions; answers and failures are kept in words. The line, for its figures."""
    lines: list[Line] = []

    async def main() -> None:
        endpoint = Endpoint(server.url, "some-model", timeout_s=5.0)
        client = await open_chat(endpoint, "test")
        line = Line(limits, spending or Spending(Budget(), {}, set()))
        lines.append(line)

        async def one(item: int) -> Completion:
            return await client.complete({"messages": [{"role": "user", "content": str(item)}]})

        async def work(item: int, put: Put[tuple[int, str]]) -> None:
            try:
                answer = await line.ask("some-model", lambda: one(item), took)
            except ModelError as problem:
                await put((item, problem.fault.value))
            else:
                await put((item, answer.text or ""))

        try:
            await work_through(
                iter(range(n)), work, kept, line=line, at_once=limits.at_once, progress=progress
            )
        finally:
            await client.close()

    awaited(main())
    return lines[0]


def took(answer: Completion) -> Tokens:
    return Tokens(answer.prompt_tokens, answer.completion_tokens)


def asked_items(server: ModelServer) -> Counter[int]:
    return Counter(int(body["messages"][0]["content"]) for body in server.asked)


def test_every_question_is_answered_once_and_kept_once() -> None:
    kept = Kept()
    with model_server(Step("yes")) as server:
        line = ask_all(server, 200, kept)
    assert sorted(kept.items) == list(range(200))
    assert set(asked_items(server).values()) == {1}
    assert line.retries == 0
    assert len(kept.batches) < 100, "results share transactions"


def test_no_more_are_under_way_than_allowed() -> None:
    kept = Kept()
    with model_server(Step("yes", wait_s=0.1)) as server:
        began = time.monotonic()
        ask_all(server, 16, kept)
        took_s = time.monotonic() - began
    assert len(kept.items) == 16
    assert took_s >= 0.4, "16 questions, 4 at once, 0.1 s each"


@pytest.mark.parametrize(
    "fault",
    [
        failing(500, "oops"),
        failing(503, "loading"),
        failing(408, "slow"),
        failing(409, "conflict"),
        failing(429, "storm"),
        Step(reset=True),
        Step("cut", half=True),
        Step(wait_s=3),
    ],
    ids=["500", "503", "408", "409", "429", "reset", "half", "hang"],
)
def test_what_passes_is_asked_again(fault: Step) -> None:
    kept = Kept()
    with model_server(fault, fault, Step("yes")) as server:
        line = ask_all(server, 3, kept, limits=limits_for(fault))
    assert kept.by_item == {0: "yes", 1: "yes", 2: "yes"}
    # A busy machine may be late for an answer in time, and then asks once more.
    assert line.retries == 2 or (fault.wait_s and line.retries > 2)


@pytest.mark.parametrize(
    ("fault", "says", "tries"),
    [
        (failing(500, "oops"), "down", 3),
        (Step(reset=True), "unreachable", 3),
        (Step("cut", half=True), "unreachable", 3),
        (Step(wait_s=3), "timeout", 3),
        (failing(400, "too long"), "rejected", 1),
        (failing(422, "no"), "rejected", 1),
        (Step(raw=b"{"), "not-chat", 1),
        (Step(raw=b"<html>"), "not-chat", 1),
        (Step(raw=b'{"choices": []}'), "not-chat", 1),
    ],
    ids=["500", "reset", "half", "hang", "400", "422", "broken", "html", "empty"],
)
def test_what_cannot_be_answered_is_kept_as_its_reason(fault: Step, says: str, tries: int) -> None:
    """One question is given up; the run goes on with the next one."""
    kept = Kept()

    def answer(body: dict[str, Any]) -> Step:
        return fault if body["messages"][0]["content"] == "1" else Step("yes")

    with model_server(answer) as server:
        ask_all(server, 4, kept, limits=limits_for(fault))
    assert kept.by_item == {0: "yes", 1: says, 2: "yes", 3: "yes"}
    assert asked_items(server)[1] == tries


def test_a_storm_of_429_slows_everybody_as_long_as_the_endpoint_asks() -> None:
    """The first dozen is turned away for 0.4 s. Nobody asks before that is over, then half as
    many go at once as before."""
    kept = Kept()
    times: list[float] = []

    def answer(_body: dict[str, Any]) -> Step:
        times.append(time.monotonic())
        if len(times) <= 12:
            return failing(429, "storm", **STORM)
        return Step("yes", wait_s=0.2)

    with model_server(answer) as server:
        limits = Limits(at_once=12, tries=3, first_wait_s=0.02, deadline_s=30)
        ask_all(server, 24, kept, limits=limits)
    assert sorted(kept.by_item.items()) == [(i, "yes") for i in range(24)]
    since = [t - times[0] for t in times]
    assert len(since) == 24 + 12, "each is asked once more, however hard the storm"
    assert min(since[12:]) >= 0.39
    assert len([t for t in since[12:] if t < 0.55]) <= 6, "half as many as before"


def test_being_turned_away_costs_a_question_no_try() -> None:
    kept = Kept()
    storm = [failing(429, "storm")] * 9
    with model_server(*storm, Step("yes")) as server:
        ask_all(server, 1, kept, limits=FAST)
    assert kept.by_item == {0: "yes"}
    assert len(server.asked) == 10


def test_a_question_is_given_up_at_its_deadline() -> None:
    kept = Kept()
    limits = Limits(at_once=2, tries=99, deadline_s=0.5, first_wait_s=0.05, longest_wait_s=0.1)
    with model_server(failing(500, "oops")) as server:
        began = time.monotonic()
        ask_all(server, 2, kept, limits=limits)
        assert time.monotonic() - began < 6
    assert len(kept.items) == 2
    assert set(kept.by_item.values()) <= {"down", "timeout"}
    assert len(server.asked) < 40


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_endpoint_that_admits_nobody_ends_the_run_at_once(status: int) -> None:
    kept = Kept()
    with model_server(failing(status, "no")) as server, pytest.raises(EndpointGone) as caught:
        ask_all(server, 1000, kept)
    assert len(server.asked) <= 2 * FAST.at_once
    assert caught.value.hint


def test_an_endpoint_that_is_gone_ends_the_run_and_keeps_what_was_answered() -> None:
    kept = Kept()
    steps = [Step("yes")] * 20
    with model_server(*steps, Step(reset=True)) as server, pytest.raises(EndpointGone, match="row"):
        ask_all(server, 1000, kept)
    assert list(kept.by_item.values()).count("yes") == 20
    assert len(kept.items) < 40


def test_an_endpoint_that_wants_hours_of_peace_is_left_alone() -> None:
    kept = Kept()
    step = failing(429, "quota", **{"retry-after-ms": "7200000", "retry-after": "7200"})
    with model_server(step) as server, pytest.raises(EndpointGone, match="7,200 s"):
        ask_all(server, 100, kept)
    assert len(server.asked) <= FAST.at_once


def test_a_budget_of_tokens_ends_the_run_cleanly() -> None:
    """2 tokens an answer: with 50 tokens between 25 - 4 and 25 + 4 questions are answered."""
    kept = Kept()
    spending = Spending(Budget(tokens=50), {}, {"some-model"})
    with model_server(Step("yes")) as server:
        line = ask_all(server, 1000, kept, spending=spending)
    assert line.out_of_budget
    assert 21 <= len(kept.items) <= 29
    assert len(server.asked) == len(kept.items), "all that was paid for is kept"
    assert spending.tokens == 2 * len(kept.items)
    assert spending.usd is None


def test_a_budget_of_dollars_ends_the_run_by_the_prices_on_record() -> None:
    """1 prompt token at 3 $ and 1 completion token at 7 $ a million: 0.00001 $ an answer."""
    kept = Kept()
    spending = Spending(Budget(usd=0.0003), {"some-model": Price(3.0, 7.0)}, {"some-model"})
    with model_server(Step("yes")) as server:
        line = ask_all(server, 1000, kept, spending=spending)
    assert line.out_of_budget
    assert 26 <= len(kept.items) <= 34
    assert spending.usd == pytest.approx(0.00001 * len(kept.items))


def test_no_price_on_record_is_said_and_not_guessed() -> None:
    with pytest.raises(SettingsError, match="no price on record for some-model"):
        Spending(Budget(usd=1.0), {"other": Price(1, 1)}, {"some-model"})


def test_a_budget_needs_an_endpoint_that_counts() -> None:
    kept = Kept()
    body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
    body["choices"] = [
        {"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
    ]
    silent = Step(raw=json.dumps(body).encode())
    with model_server(silent) as server:
        ask_all(server, 3, kept)
        assert len(kept.items) == 3
        with pytest.raises(SettingsError, match="does not report tokens"):
            ask_all(server, 100, kept, spending=Spending(Budget(tokens=9), {}, {"some-model"}))


def test_cancelling_keeps_what_is_under_way_and_asks_nothing_more() -> None:
    kept = Kept()

    def progress() -> None:
        if len(kept.items) >= 10:
            raise Cancelled

    with model_server(Step("yes", wait_s=0.1)) as server, pytest.raises(Cancelled):
        ask_all(server, 10_000, kept, progress=progress)
    assert len(kept.items) == len(server.asked) < 200
    assert len(set(kept.items)) == len(kept.items)


def test_cancelling_does_not_wait_for_an_endpoint_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.flows.working_through.GRACE_S", 0.3)
    kept = Kept()

    def progress() -> None:
        raise Cancelled

    began = time.monotonic()
    limits = Limits(at_once=4, try_s=60)
    with model_server(Step("yes", wait_s=30)) as server, pytest.raises(Cancelled):
        ask_all(server, 100, kept, progress=progress, limits=limits)
    assert time.monotonic() - began < 15
    assert kept.items == []


def test_a_store_that_refuses_ends_the_run() -> None:
    def refuse(_batch: Sequence[tuple[int, str]]) -> None:
        raise LoopwrightError("no room")

    with model_server(Step("yes")) as server, pytest.raises(LoopwrightError, match="no room"):
        ask_all(server, 100_000, refuse)
    assert len(server.asked) < 10_000


def test_results_do_not_pile_up_before_a_slow_store() -> None:
    """Memory is flat: who answers faster than the store writes has to wait."""
    sizes: list[int] = []
    written = 0

    async def main() -> None:
        line = Line(FAST, Spending(Budget(), {}, set()))
        put_so_far = 0

        def slow(batch: Sequence[int]) -> None:
            nonlocal written
            time.sleep(0.01)
            written += len(batch)
            sizes.append(put_so_far - written)

        async def work(item: int, put: Put[int]) -> None:
            nonlocal put_so_far
            await put(item)
            put_so_far += 1

        items = iter(range(20_000))
        await work_through(items, work, slow, line=line, at_once=4, progress=lambda: None)

    awaited(main())
    assert written == 20_000
    assert max(sizes) <= 2_000


def test_the_pace_grows_back_after_a_storm() -> None:
    async def main() -> list[int]:
        pace = Pace(64, first_pause_s=0.01)
        seen = []
        async with pace as started:
            pace.too_many(started, None)
            pace.too_many(started, None)  # of the same storm: counts once
        seen.append(pace.allowed)
        for _ in range(400):
            async with pace:
                pace.answered()
        seen.append(pace.allowed)
        return seen

    assert awaited(main()) == [32, 64]


def test_whoever_is_cancelled_while_waiting_takes_no_slot_away() -> None:
    async def main() -> int:
        pace = Pace(1)
        served = 0

        async def one() -> None:
            nonlocal served
            async with pace:
                await asyncio.sleep(0.01)
                served += 1

        tasks = [asyncio.create_task(one()) for _ in range(20)]
        await asyncio.sleep(0.005)
        for task in tasks[1::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return served

    assert awaited(main()) == 10


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        (
            {
                "date": "Sat, 21 Nov 2026 10:00:00 GMT",
                "retry-after": "Sat, 21 Nov 2026 10:01:30 GMT",
            },
            90.0,
        ),
        ({"retry-after": "Sat, 21 Nov 2026 10:01:30 GMT"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_milliseconds_or_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    found = refused(Endpoint("http://x/v1", "m"), 429, headers, {"message": "slow down"})
    assert found.fault is ModelFault.BUSY
    assert found.retry_after_s == seconds
