"""Probing a model over a real store and real HTTP: what it is asked, what is made of its answers,
and that nothing is asked twice."""

from __future__ import annotations

import json
import math
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.cli import perform
from app.flows import jobs
from app.flows.asking import EndpointGone
from app.flows.probe import ProbeReport, ProbeRequest, probe
from app.flows.running import Cancelled, Run
from app.settings import load_settings
from curation.errors import SettingsError
from storage.engine import Store
from storage.jobs import JobState
from storage.predictions import StoredPrediction, predictions_of
from storage.probing import failures_of
from storage.tables import PredictionRow, TrajectoryRow, table_of
from tests.disputed import fill
from tests.model_server import ModelServer, Step, failing, model_server, patience_s
from tests.unit.app.flows.test_judge import KEY, _silence, _wait_for, run_command

prediction = table_of(PredictionRow)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.flows.probe.FIRST_WAIT_S", 0.02)


def probed(store: Store, server: ModelServer, run: Run | None = None, **more: Any) -> ProbeReport:
    """A probe in a thread of its own, as browser tests leave a loop running in this one."""
    prices = more.pop("prices", {})
    wanted: dict[str, Any] = {"model": "m", "concurrency": 4, **more}
    settings = load_settings(probe_base_url=server.url, probe_api_key=SecretStr(KEY), prices=prices)
    ends: list[Any] = []

    def go() -> None:
        try:
            ends.append(probe(store, ProbeRequest(**wanted), settings, run or Run()))
        except BaseException as problem:  # noqa: BLE001 - raised again below
            ends.append(problem)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if isinstance(ends[0], BaseException):
        raise ends[0]
    report: ProbeReport = ends[0]
    return report


def city_of(body: dict[str, Any]) -> str:
    """The city that the last user message asks after."""
    said = next(m["content"] for m in reversed(body["messages"]) if m["role"] == "user")
    found = re.search(r"City\d+", said)
    assert found is not None
    return found.group(0)


def completion(
    message: dict[str, Any], *, logprobs: list[float] | None = None, tokens: int = 4, **more: Any
) -> Step:
    """A chat completion with calls and log-probabilities."""
    listed = logprobs and {"content": [{"token": "x", "logprob": p} for p in logprobs]}
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message}}
    choice |= {"finish_reason": more.pop("finish", "tool_calls"), "logprobs": listed}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens}
    return Step(raw=json.dumps({**body, "choices": [choice], "usage": usage}).encode(), **more)


def calling(city: str, **more: Any) -> Step:
    function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
    return completion(
        {"tool_calls": [{"id": "a1", "type": "function", "function": function}]}, **more
    )


def right(body: dict[str, Any]) -> Step:
    """What a model answers that knows it all."""
    return calling(city_of(body), logprobs=[-0.1, -0.2, -0.3, 0.0])


def stored(store: Store) -> list[StoredPrediction]:
    trajectory = table_of(TrajectoryRow)
    with store.read() as conn:
        ids = list(conn.execute(select(trajectory.c.id).order_by(trajectory.c.id)).scalars())
        return [one for i in ids for one in predictions_of(conn, i) if one.model == "m"]


def test_an_endpoint_without_a_temperature_is_probed_and_that_is_said(
    store: Store, tmp_path: Path
) -> None:
    fill(store, tmp_path, 3)

    def fixed(body: dict[str, Any]) -> Step:
        if "temperature" in body:
            return failing(400, "'temperature' does not support 0 with this model")
        return right(body)

    with model_server(fixed) as server:
        report = probed(store, server, concurrency=1)
    assert (report.answered, report.matched, report.failed) == (3, 3, 0)
    assert report.asked_without == ("temperature",)
    assert len(server.asked) == 4, "refused once, and left out from then on"
    assert all("logprobs" in body for body in server.asked), "that was not what was refused"


def test_every_step_gets_a_greedy_answer_with_match_and_perplexity(
    store: Store, tmp_path: Path
) -> None:
    fill(store, tmp_path, 4)

    def answer(body: dict[str, Any]) -> Step:
        return calling("Elsewhere") if city_of(body).endswith("3") else right(body)

    with model_server(answer) as server:
        report = probed(store, server, prices={"m": [1.0, 2.0]})
    assert (report.steps, report.answered, report.matched, report.failed) == (4, 4, 3, 0)
    # exp((0.1 + 0.2 + 0.3 + 0) / 4) = exp(0.15)
    assert report.mean_perplexity == pytest.approx(math.exp(0.15))
    assert report.with_perplexity == 3
    # 10 prompt tokens at 1 $ and 4 of the answer at 2 $ a million, 4 times
    assert (report.tokens, report.cost_usd) == (56, pytest.approx(4 * 18e-6))
    for body in server.asked:
        assert body["temperature"] == 0
        assert body["logprobs"] is True
        assert [m["role"] for m in body["messages"]] == ["user"], "never the reference"
        assert body["tools"][0]["function"]["name"] == "get_weather"
        assert body["tools"][0]["function"]["parameters"]["required"] == ["city"]
    assert set(server.keys) == {f"Bearer {KEY}"}
    found = stored(store)
    assert [(one.kind, one.n_tokens) for one in found[:3]] == [("greedy", 4)] * 3
    assert [one.matches["strict"] for one in found] == [True, True, True, False]
    assert found[3].perplexity is None


def test_the_same_again_asks_nothing(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 3)
    with model_server(right) as server:
        first = probed(store, server)
        assert probed(store, server) == first
        assert len(server.asked) == 3


def test_rollouts_give_a_pass_rate(store: Store, tmp_path: Path) -> None:
    """Of 4 rollouts, 3 pass at the first step, 4 at the second, none at the third."""
    fill(store, tmp_path, 3)
    passes = {"City00000": 3, "City00001": 4, "City00002": 0}
    seen: Counter[str] = Counter()
    lock = threading.Lock()

    def answer(body: dict[str, Any]) -> Step:
        city = city_of(body)
        with lock:
            seen[city] += 1
            return calling(city if seen[city] <= passes[city] else "Elsewhere")

    with model_server(answer) as server:
        report = probed(store, server, greedy=False, rollouts=4, temperature=0.7)
        assert len(server.asked) == 12
        assert probed(store, server, greedy=False, rollouts=4, temperature=0.7) == report
        assert len(server.asked) == 12
    assert {body["temperature"] for body in server.asked} == {0.7}
    assert Counter(body["seed"] for body in server.asked) == {0: 3, 1: 3, 2: 3, 3: 3}
    assert (report.samples, report.undecided_steps) == (12, 1)
    # (3/4 + 1 + 0) / 3 and (3/4 * 1/4 + 0 + 0) / 3
    assert report.pass_rate == pytest.approx(7 / 12)
    assert report.pass_variance == pytest.approx(0.0625)
    assert sorted(one.n_samples for one in stored(store)) == [1, 3, 4, 4]


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (
            {"content": '<tool_call>\n{"name": "get_weather", "arguments": {"city": "X"}}\n'
                        "</tool_call>"},
            '{"city":"X"}',
        ),
        (
            {"content": '<think>hm</think><tool_call>{"name": "get_weather", "arguments": '
                        '{"city": "X"</tool_call>'},
            '{"name": "get_weather", "arguments": {"city": "X"',
        ),
        (
            {"tool_calls": [{"id": "1", "type": "function",
                             "function": {"name": "get_weather", "arguments": '{"city": '}}]},
            '{"city": ',
        ),
    ],
    ids=["text", "broken text", "broken native"],
)  # fmt: skip
def test_calls_come_natively_or_as_text_and_are_not_repaired(
    store: Store, tmp_path: Path, message: dict[str, Any], arguments: str
) -> None:
    fill(store, tmp_path, 1)
    with model_server(completion(message)) as server:
        probed(store, server)
    [one] = stored(store)
    [call] = one.message.tool_calls
    assert (call.name, call.raw_arguments) == ("get_weather", arguments)


def test_tools_as_text_stand_in_the_prompt(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 1)
    with model_server(completion({"content": "I do not know."}, finish="stop")) as server:
        report = probed(store, server, text_calls=True)
    [body] = server.asked
    assert "tools" not in body
    assert body["messages"][0]["role"] == "system"
    assert '"name": "get_weather"' in body["messages"][0]["content"]
    assert (report.answered, report.matched) == (1, 0)


def test_log_probabilities_of_a_part_are_no_perplexity(store: Store, tmp_path: Path) -> None:
    """4 listed of 40 generated tokens: the thinking is not among them."""
    fill(store, tmp_path, 1)
    with model_server(calling("City00000", logprobs=[-0.1] * 4, tokens=40)) as server:
        report = probed(store, server)
    assert (report.answered, report.with_perplexity, report.mean_perplexity) == (1, 0, None)


def test_an_endpoint_without_log_probabilities_is_asked_without(
    store: Store, tmp_path: Path
) -> None:
    fill(store, tmp_path, 5)

    def answer(body: dict[str, Any]) -> Step:
        if "logprobs" in body:
            return failing(400, "logprobs are not supported")
        return calling(city_of(body))

    with model_server(answer) as server:
        report = probed(store, server, concurrency=1)
    assert (report.answered, report.matched, report.with_perplexity) == (5, 5, 0)
    assert len(server.asked) == 6, "it is not bothered again"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (failing(400, f"too long {KEY}"), "rejected"),
        (failing(500, f"oops {KEY}"), "down"),
        (Step(raw=b'{"choices": ['), "not-chat"),
        (Step("half", half=True), "unreachable"),
        (Step(reset=True), "unreachable"),
        (Step(wait_s=3), "timeout"),
        (completion({"content": "\ud800"}), "not-chat"),
    ],
    ids=["400", "500", "broken", "half", "reset", "hang", "surrogate"],
)
def test_a_question_without_an_answer_is_recorded_and_asked_later(
    store: Store, tmp_path: Path, fault: Step, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store, tmp_path, 3)
    is_well = False

    def answer(body: dict[str, Any]) -> Step:
        return fault if city_of(body).endswith("1") and not is_well else right(body)

    with model_server(answer) as server:
        report = probed(store, server, timeout_s=patience_s(fault))
        assert (report.answered, report.failed) == (2, 1)
        with store.read() as conn:
            [failure] = failures_of(conn, 1)
        assert failure.fault == says
        assert failure.detail and KEY not in failure.detail + caplog.text
        is_well = True
        report = probed(store, server, timeout_s=patience_s(fault))
    assert (report.answered, report.failed) == (3, 0)


def test_a_budget_stops_it_and_a_larger_one_goes_on(store: Store, tmp_path: Path) -> None:
    """14 tokens an answer."""
    fill(store, tmp_path, 20)
    with model_server(right) as server:
        report = probed(store, server, max_tokens_total=140)
        assert report.out_of_budget
        assert report.tokens == 14 * report.answered
        assert 6 <= report.answered <= 14
        report = probed(store, server, max_tokens_total=10_000)
    assert (report.out_of_budget, report.answered) == (False, 20)
    assert len(server.asked) == 20


def test_what_cannot_be_carried_out_is_refused(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 1)
    with model_server(right) as server:
        for wrong in (
            {"greedy": False},
            {"budget_usd": 1.0},
            {"base_url": f"http://u:{KEY}@127.0.0.1/v1"},
        ):
            with pytest.raises(SettingsError) as caught:
                probed(store, server, **wrong)
            assert KEY not in str(caught.value)
        assert server.asked == []
    with model_server(failing(404, "no such model")) as server, pytest.raises(EndpointGone):
        probed(store, server)


def test_cancelling_keeps_what_was_answered(store: Store, tmp_path: Path) -> None:
    class Impatient(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if done >= 5:
                raise Cancelled

    fill(store, tmp_path, 60)

    def slowly(body: dict[str, Any]) -> Step:
        return calling(city_of(body), wait_s=0.05)

    with model_server(slowly) as server:
        with pytest.raises(Cancelled):
            probed(store, server, Impatient())
        assert len(stored(store)) == len(server.asked) < 60
        probed(store, server)
        assert len(server.asked) == 60


def test_a_killed_worker_loses_and_repeats_no_sample_that_was_stored(
    store: Store, tmp_path: Path
) -> None:
    fill(store, tmp_path, 60)

    def slowly(body: dict[str, Any]) -> Step:
        return calling(city_of(body), wait_s=0.1)

    params = {"model": "m", "rollouts": 2, "concurrency": 8}
    with model_server(slowly) as server:
        environment = {"LOOPWRIGHT_PROBE_BASE_URL": server.url, "LOOPWRIGHT_PROBE_API_KEY": KEY}
        job_id = jobs.enqueue(store, "probe", params)
        worker = run_command(store, "worker", **environment)
        _wait_for(lambda: sum(one.n_samples for one in stored(store)) >= 40)
        worker.kill()
        _, told = worker.communicate()
        kept = sum(one.n_samples for one in stored(store))
        asked = len(server.asked)
        assert 40 <= kept < 180
        _silence(store, job_id)
        second = run_command(store, "worker", **environment)
        _wait_for(lambda: jobs.get_job(store, job_id).state is JobState.DONE)
        second.kill()
        _, told_again = second.communicate()
    assert len(server.asked) - asked == 180 - kept, "what was stored is not asked for again"
    result = jobs.get_job(store, job_id).result
    assert (result["answered"], result["samples"], result["matched"]) == (60, 120, 60)
    assert KEY not in told + told_again
    for path in tmp_path.glob("loopwright.db*"):
        assert KEY.encode() not in path.read_bytes()


def test_the_command_probes_and_says_what_came_of_it(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store, tmp_path, 2)
    with model_server(right) as server:
        process = run_command(
            store,
            "probe",
            "--model",
            "m",
            "--base-url",
            server.url,
            "--dataset",
            "cities",
            "--json",
        )
        out, told = process.communicate(timeout=240)
    assert process.returncode == 0, told
    said = json.loads(out)
    assert (said["steps"], said["answered"], said["matched"]) == (2, 2, 2)
    assert said["cost_usd"] is None
    assert perform(["--db", str(store.engine.url), "probe", "--model", "m"]) == 2
    assert "LOOPWRIGHT_PROBE_BASE_URL" in capsys.readouterr().err


def test_unusual_names_and_missing_ids_are_sent_as_the_api_wants_them(
    store: Store, tmp_path: Path
) -> None:
    """`geo.find city` goes as `geo_find_city` and comes back under its own name."""
    tool = {"type": "function", "function": {
        "name": "geo.find city", "description": "",
        "parameters": {"type": "dict", "properties": {"x": {"type": "float"}}}}}  # fmt: skip
    made = {"type": "function", "function": {"name": "geo.find city", "arguments": '{"x":1.5}'}}
    messages = [
        {"role": "user", "content": "Where is City00000?"},
        {"role": "assistant", "content": None, "tool_calls": [made]},
        {"role": "tool", "content": "Here."},
        {"role": "assistant", "content": "Here."},
    ]
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({"messages": messages, "tools": [tool]}) + "\n")
    assert perform(["--db", str(store.engine.url), "ingest", str(path)]) == 0

    def answer(body: dict[str, Any]) -> Step:
        [sent] = body["tools"]
        assert sent["function"]["name"] == "geo_find_city"
        assert sent["function"]["parameters"]["type"] == "object"
        if len(body["messages"]) > 1:
            [call] = body["messages"][1]["tool_calls"]
            assert call["function"]["name"] == "geo_find_city"
            assert call["id"] == body["messages"][2]["tool_call_id"]
            return completion({"content": "Here."}, finish="stop")
        function = {"name": "geo_find_city", "arguments": '{"x":1.5}'}
        return completion({"tool_calls": [{"id": "q", "type": "function", "function": function}]})

    with model_server(answer) as server:
        report = probed(store, server)
    assert (report.steps, report.answered, report.failed) == (2, 2, 0)
    assert stored(store)[0].message.tool_calls[0].name == "geo.find city"
    assert report.matched == 2
