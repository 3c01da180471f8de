"""The judge runner over a real store and real HTTP: what is asked, what is stored, what happens
when the endpoint fails, the budget ends or the worker is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from app.cli import perform
from app.flows import jobs
from app.flows.asking import EndpointGone
from app.flows.ingest import ingest
from app.flows.ingest_predictions import ingest_predictions
from app.flows.judge import JudgeEnd, JudgeReport, judge
from app.flows.judge_setup import JudgeRequest
from app.flows.match import match
from app.flows.running import Cancelled, Run
from app.settings import Settings, load_settings
from app.worker import work
from curation.errors import RubricError, SettingsError
from curation.judging import Unscored
from storage.engine import Store
from storage.jobs import JobState
from storage.tables import JobRow, JudgeRunRow, PredictionRow, VerdictRow, VoteRow, table_of
from tests.disputed import asked_about, counted, fill, reply, verdict_of
from tests.model_server import Answer, ModelServer, Step, failing, model_server, patience_s

KEY = "sk-very-secret-0123456789"
vote, verdict = table_of(VoteRow), table_of(VerdictRow)
ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait as long as people do."""
    monkeypatch.setattr("app.flows.judge.FIRST_WAIT_S", 0.02)


def settings(server: ModelServer | None = None, **more: Any) -> Settings:
    url = server.url if server else ""
    return load_settings(judge_base_url=url, judge_api_key=SecretStr(KEY), **more)


def judged(store: Store, server: ModelServer, run: Run | None = None, **more: Any) -> JudgeEnd:
    """A run in a thread of its own, as browser tests leave a loop running in this one."""
    wanted: dict[str, Any] = {"backend": "openai", "models": ("j",), "concurrency": 4, **more}
    prices = wanted.pop("prices", {})
    ends: list[Any] = []

    def go() -> None:
        try:
            request = JudgeRequest(**wanted)
            ends.append(judge(store, request, settings(server, prices=prices), run or Run()))
        except BaseException as problem:  # noqa: BLE001 - raised again below
            ends.append(problem)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if isinstance(ends[0], BaseException):
        raise ends[0]
    end: JudgeEnd = ends[0]
    return end


def judged_by_rules(store: Store) -> JudgeReport:
    """Likewise in a thread of its own."""
    with ThreadPoolExecutor(1) as one:
        return one.submit(judge, store, JudgeRequest(), settings(None)).result().report


def rows(store: Store, *columns: Any) -> list[Any]:
    with store.read() as conn:
        return [tuple(row) for row in conn.execute(select(*columns))]


def test_two_votes_that_agree_in_both_orders_make_a_verdict(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 5, matching=2)
    with model_server(verdict_of) as server:
        end = judged(store, server, prices={"j": [1.0, 3.0]})
    # 3 predictions, 2 votes of 3 that agree, in 2 orders; 1 + 1 tokens each at 1 and 3 $ a million
    assert json.loads(json.dumps(end.report.__class__.__struct_fields__)) == [
        "judged", "skipped_matched", "by_verdict", "unscored", "votes", "tokens", "cost_usd"
    ]  # fmt: skip
    assert (end.report.judged, end.report.skipped_matched) == (3, 2)
    assert end.report.by_verdict == {"PRED_WRONG": 3}
    assert (end.report.votes, end.report.tokens) == (12, 24)
    assert end.report.cost_usd == pytest.approx(12 * 4e-6)
    assert counted(server) == {(i, first): 2 for i in (2, 3, 4) for first in (True, False)}
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert {row[0] for row in rows(store, vote.c.latency_s)} - {None}
    prediction = table_of(PredictionRow)
    standing = rows(store, prediction.c.standing, prediction.c.decided_by)
    assert standing.count(("PRED_WRONG", "judge")) == 3


def test_no_price_on_record_is_said_and_not_guessed(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 2)
    with model_server(verdict_of) as server:
        assert judged(store, server).report.cost_usd is None
        with pytest.raises(SettingsError, match="no price on record for j"):
            judged(store, server, budget_usd=1.0)


def test_the_same_again_asks_nothing_and_says_the_same(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 3)
    with model_server(verdict_of) as server:
        first = judged(store, server)
        n = len(server.asked)
        assert judged(store, server) == first
        assert len(server.asked) == n
        anew = judged(store, server, again=True)
    assert len(server.asked) == 2 * n
    assert anew.run_id != first.run_id


def test_a_judge_that_prefers_a_position_decides_nothing(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 3)
    with model_server(reply("RESPONSE_1_WRONG")) as server:
        end = judged(store, server)
    assert end.report.by_verdict == {}
    assert (end.report.judged, end.report.unscored) == (3, 3)
    assert {why for (why,) in rows(store, verdict.c.unscored)} == {"orders-disagree"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Step("Not sure, either could be right."), None),
        (Step('{"verdict": "RESPONSE_2_WR', finish="length"), Unscored.TRUNCATED),
        (Step(refusal="I will not."), Unscored.REFUSED),
        (Step('{"verdict": 7}'), None),
        (Step('{"answer": "BOTH"}'), None),
        (Step(" "), Unscored.EMPTY),
    ],
    ids=["prose", "truncated", "refusal", "number", "wrong-schema", "empty"],
)
def test_replies_that_name_no_verdict_are_stored_and_unscored(
    store: Store, tmp_path: Path, said: Step, why: Unscored | None
) -> None:
    fill(store, tmp_path, 2)
    with model_server(said) as server:
        end = judged(store, server)
    assert (end.report.judged, end.report.unscored, end.failed) == (2, 2, 0)
    found = rows(store, vote.c.unscored, vote.c.verdict, vote.c.reply)
    assert found
    assert all(named is None and kept is not None for _, named, kept in found)
    if why is not None:
        assert {unscored for unscored, _, _ in found} == {why.value}


@pytest.mark.parametrize(
    "fault",
    [
        failing(429, "storm"),
        failing(500, f"oops {KEY}"),
        Step(reset=True),
        Step("half", half=True),
        Step(wait_s=3),
    ],
    ids=["429", "500", "reset", "half", "hang"],
)
def test_faults_that_pass_lose_and_repeat_nothing(
    store: Store, tmp_path: Path, fault: Step, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store, tmp_path, 12)
    turn = iter(range(10_000))

    def sometimes(body: dict[str, Any]) -> Step:
        return fault if next(turn) % 5 == 1 else verdict_of(body)

    with model_server(sometimes) as server:
        end = judged(store, server, timeout_s=patience_s(fault), concurrency=8)
    assert end.report.by_verdict == {"PRED_WRONG": 12}
    assert (end.failed, end.report.votes) == (0, 48)
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    "fault",
    [failing(500, f"oops {KEY}"), failing(400, f"too long {KEY}"), Step(raw=b"{"), Step(wait_s=3)],
    ids=["500", "400", "broken", "hang"],
)
def test_a_question_without_a_reply_is_recorded_and_asked_when_the_run_goes_on(
    store: Store, tmp_path: Path, fault: Step
) -> None:
    fill(store, tmp_path, 4)
    is_well = False

    def answer(body: dict[str, Any]) -> Step:
        return fault if asked_about(body)[0] == 2 and not is_well else verdict_of(body)

    with model_server(answer) as server:
        end = judged(store, server, timeout_s=patience_s(fault), votes=1, least_equal=1)
        assert (end.report.judged, end.report.by_verdict) == (4, {"PRED_WRONG": 3})
        assert (end.report.unscored, end.failed) == (1, 2)
        reasons = [r for r in rows(store, vote.c.unscored, vote.c.detail) if r[0] == "failed"]
        assert len(reasons) == 2
        assert all(detail and KEY not in detail for _, detail in reasons)
        is_well = True
        before = counted(server)
        end = judged(store, server, timeout_s=patience_s(fault), votes=1, least_equal=1)
    assert (end.report.judged, end.report.by_verdict) == (4, {"PRED_WRONG": 4})
    assert (end.report.unscored, end.failed, end.report.votes) == (0, 0, 8)
    assert set(counted(server) - before) == {(2, True), (2, False)}


def test_every_prediction_with_a_question_without_a_reply_is_said_to_be_left(
    store: Store, tmp_path: Path
) -> None:
    fill(store, tmp_path, 5)
    too_long = failing(400, "too long")

    def answer(body: dict[str, Any]) -> Step:
        return too_long if asked_about(body)[0] < 3 else verdict_of(body)

    with model_server(answer) as server:
        end = judged(store, server, votes=1, least_equal=1)
    assert (end.failed, end.left, end.report.by_verdict) == (6, 3, {"PRED_WRONG": 2})


def test_an_endpoint_that_does_not_admit_the_key_ends_the_run(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store, tmp_path, 50)
    with model_server(failing(401, f"wrong key {KEY}")) as server, pytest.raises(EndpointGone) as e:
        judged(store, server)
    assert KEY not in str(e.value) + caplog.text
    assert len(server.asked) <= 8


def test_a_budget_stops_it_and_a_larger_one_goes_on(store: Store, tmp_path: Path) -> None:
    """2 tokens a reply, 2 replies a prediction."""
    fill(store, tmp_path, 20)
    alone: dict[str, Any] = {"votes": 1, "least_equal": 1}
    with model_server(verdict_of) as server:
        end = judged(store, server, max_tokens_total=20, **alone)
        assert end.out_of_budget
        assert end.report.tokens == 2 * len(server.asked)
        assert 12 <= end.report.tokens <= 28
        assert end.left == 20 - end.report.judged > 0
        end = judged(store, server, max_tokens_total=20, **alone)
        assert end.out_of_budget, "what was spent before counts"
        assert len(server.asked) <= 15
        end = judged(store, server, max_tokens_total=1000, **alone)
    assert (end.out_of_budget, end.left) == (False, 0)
    assert end.report.by_verdict == {"PRED_WRONG": 20}
    assert set(counted(server).values()) == {1}
    assert (end.report.votes, end.report.tokens) == (40, 80)


def test_votes_go_round_several_models(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 2)
    with model_server(verdict_of) as server:
        end = judged(store, server, models=("a", "b"))
    assert end.report.by_verdict == {"PRED_WRONG": 2}
    assert {name for (name,) in rows(store, vote.c.model)} == {"a", "b"}


def test_cancelling_keeps_what_was_answered(store: Store, tmp_path: Path) -> None:
    class Impatient(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if done >= 5:
                raise Cancelled

    fill(store, tmp_path, 60)

    def slowly(body: dict[str, Any]) -> Step:
        said = verdict_of(body)
        return Step(said.text, wait_s=0.05)

    alone: dict[str, Any] = {"votes": 1, "least_equal": 1}
    with model_server(slowly) as server:
        with pytest.raises(Cancelled):
            judged(store, server, Impatient(), **alone)
        n = len(server.asked)
        with store.read() as conn:
            assert conn.execute(select(func.count()).select_from(vote)).scalar_one() == n < 120
        judged(store, server, **alone)
    assert set(counted(server).values()) == {1}


def test_rules_judge_offline_and_cost_nothing(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 3, matching=1)
    report = judged_by_rules(store)
    assert (report.judged, report.skipped_matched) == (2, 1)
    assert (report.tokens, report.cost_usd) == (0, 0.0)


def test_rules_take_a_prediction_that_the_sources_gold_accepts_for_right(
    store: Store, tmp_path: Path
) -> None:
    """Oslo is what stands in the trajectory, "Oslo, Norway" is accepted too, Bergen is not."""
    parameters = {"type": "dict", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"name": "get_weather", "description": "", "parameters": parameters}
    questions, answers, predicted = [], [], []
    for i, said in enumerate(("Oslo", "Oslo, Norway", "Bergen")):
        asked = [[{"role": "user", "content": f"Weather in Oslo, {i}?"}]]
        questions.append({"id": f"simple_{i}", "question": asked, "function": [tool]})
        gold = [{"get_weather": {"city": ["Oslo", "Oslo, Norway"]}}]
        answers.append({"id": f"simple_{i}", "ground_truth": gold})
        call = [{"get_weather": json.dumps({"city": said})}]
        predicted.append({"id": f"simple_{i}", "result": call})
    (tmp_path / "possible_answer").mkdir()
    name = "BFCL_v4_simple.json"
    for path, wanted in ((name, questions), (f"possible_answer/{name}", answers),
                         ("BFCL_v4_simple_result.json", predicted)):  # fmt: skip
        (tmp_path / path).write_text("".join(json.dumps(row) + "\n" for row in wanted))
    ingest(store, [tmp_path / name], dataset="simple")
    found = ingest_predictions(
        store, [tmp_path / "BFCL_v4_simple_result.json"], dataset="simple", model="m"
    )
    assert found.added == 3
    match(store)
    report = judged_by_rules(store)
    assert (report.judged, report.skipped_matched) == (2, 1)
    assert (report.by_verdict, report.unscored) == ({"BOTH_CORRECT": 1}, 1)


def test_what_cannot_be_carried_out_is_refused_before_anything_is_asked(
    store: Store, tmp_path: Path
) -> None:
    fill(store, tmp_path, 1)
    with model_server(verdict_of) as server:
        for wrong, error in (
            ({"models": ()}, SettingsError),
            ({"votes": 1, "least_equal": 2}, SettingsError),
            ({"rubric": "turn-checklist"}, RubricError),
            ({"rubric": "nothing-like-it"}, RubricError),
            ({"base_url": f"http://x:{KEY}@127.0.0.1/v1"}, SettingsError),
            ({"base_url": "not a url"}, SettingsError),
            ({"backend": "replay"}, SettingsError),
        ):
            with pytest.raises(error) as caught:
                judged(store, server, **wrong)
            assert caught.value.hint, wrong
            assert KEY not in str(caught.value)
        assert server.asked == []


def test_a_key_is_sent_to_its_own_address_alone(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 2)
    with model_server(verdict_of) as own, model_server(verdict_of) as other:
        judged(store, own, base_url=other.url)
        judged(store, own, base_url=own.url + "/")
    assert not any(KEY in key for key in other.keys)
    assert set(own.keys) == {f"Bearer {KEY}"}


def run_command(store: Store, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        env={
            **os.environ,
            "LOOPWRIGHT_DATABASE_URL": str(store.engine.url),
            "LOOPWRIGHT_LOG_LEVEL": "DEBUG",
            **environment,
        },
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_says_exactly_what_it_promises(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 3, matching=1)
    with model_server(verdict_of) as server:
        asked = ["judge", "--backend", "openai", "--model", "j", "--votes", "2", "--json"]
        process = run_command(
            store, *asked, LOOPWRIGHT_JUDGE_BASE_URL=server.url, LOOPWRIGHT_JUDGE_API_KEY=KEY
        )
        out, told = process.communicate(timeout=240)
        assert process.returncode == 0, told
        elsewhere = run_command(
            store, *asked, "--base-url", server.url, LOOPWRIGHT_JUDGE_API_KEY=KEY
        )
        _, warned = elsewhere.communicate(timeout=240)
    assert json.loads(out) == {
        "judged": 2,
        "skipped_matched": 1,
        "by_verdict": {"PRED_WRONG": 2},
        "unscored": 0,
        "votes": 8,
        "tokens": 16,
        "cost_usd": None,
    }
    assert "JUDGE_API_KEY, or entered under Settings) is not sent" in warned
    assert KEY not in out + told + warned


def test_the_command_refuses_what_it_cannot_use(store: Store) -> None:
    url = str(store.engine.url)
    assert perform(["--db", url, "judge", "--backend", "openai"]) == 2
    assert perform(["--db", url, "judge", "--order", "sideways"]) == 2


def test_a_killed_worker_loses_and_repeats_nothing_that_was_stored(
    store: Store, tmp_path: Path
) -> None:
    n = 120
    fill(store, tmp_path, n)
    params = {"backend": "openai", "models": ["j"], "votes": 1, "least_equal": 1, "concurrency": 8}

    def slowly(body: dict[str, Any]) -> Step:
        return Step(verdict_of(body).text, wait_s=0.1)

    answers: list[Answer] = [slowly]
    with model_server(*answers) as server:
        environment = {
            "LOOPWRIGHT_JUDGE_BASE_URL": server.url,
            "LOOPWRIGHT_JUDGE_API_KEY": KEY,
        }
        job_id = jobs.enqueue(store, "judge", params)
        worker = run_command(store, "worker", **environment)
        _wait_for_votes(store, 40)
        worker.send_signal(signal.SIGKILL)
        _, told = worker.communicate(timeout=30)
        stored = {(row[0], row[1]) for row in rows(store, vote.c.prediction_id, vote.c.order)}
        under_way = counted(server)
        assert 40 <= len(stored) < 2 * n
        _silence(store, job_id)
        second = run_command(store, "worker", **environment)
        _wait_for(lambda: jobs.get_job(store, job_id).state is JobState.DONE)
        second.send_signal(signal.SIGTERM)
        _, told_again = second.communicate(timeout=30)
    job = jobs.get_job(store, job_id)
    assert job.result["by_verdict"] == {"PRED_WRONG": n}
    assert job.result["votes"] == 2 * n
    assert len(rows(store, verdict.c.id)) == n
    assert len(rows(store, vote.c.id)) == 2 * n
    repeated = sum(times - 1 for times in counted(server).values())
    assert repeated <= sum(under_way.values()) - len(stored), "only what was not stored"
    assert set(counted(server)) == {(i, first) for i in range(n) for first in (True, False)}
    _assert_key_nowhere(tmp_path, told + told_again)


def _wait_for_votes(store: Store, n: int) -> None:
    _wait_for(lambda: len(rows(store, vote.c.id)) >= n)


def _wait_for(condition: Any, seconds: float = 60) -> None:
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "waited in vain"
        time.sleep(0.05)


def _silence(store: Store, job_id: int) -> None:
    """As if the worker had been gone for long."""
    job = table_of(JobRow)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with store.write() as conn:
        conn.execute(update(job).where(job.c.id == job_id).values(heartbeat_at=long_ago))


def _assert_key_nowhere(folder: Path, told: str) -> None:
    """Neither in what was logged nor anywhere in the database files."""
    assert KEY not in told
    assert "job" in told, "the log was written"
    for path in folder.glob("loopwright.db*"):
        assert KEY.encode() not in path.read_bytes()


def test_a_job_is_stopped_with_its_worker_and_goes_on(store: Store, tmp_path: Path) -> None:
    """SIGTERM: what is under way is answered and stored, the job goes back into the queue."""
    fill(store, tmp_path, 60)
    params = {"backend": "openai", "models": ["j"], "votes": 1, "least_equal": 1, "concurrency": 4}

    def slowly(body: dict[str, Any]) -> Step:
        return Step(verdict_of(body).text, wait_s=0.1)

    with model_server(slowly) as server:
        environment = {"LOOPWRIGHT_JUDGE_BASE_URL": server.url}
        job_id = jobs.enqueue(store, "judge", params)
        worker = run_command(store, "worker", **environment)
        _wait_for_votes(store, 8)
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=30)
        assert jobs.get_job(store, job_id).state is JobState.QUEUED
        assert len(rows(store, vote.c.id)) == len(server.asked) < 120
        second = run_command(store, "worker", **environment)
        _wait_for(lambda: jobs.get_job(store, job_id).state is JobState.DONE)
        second.kill()
        second.communicate()
    assert set(counted(server).values()) == {1}
    assert rows(store, table_of(JudgeRunRow).c.job_id) == [(job_id,)]


def test_a_job_without_an_endpoint_says_what_to_set(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOOPWRIGHT_JUDGE_BASE_URL", raising=False)
    fill(store, tmp_path, 1)
    job_id = jobs.enqueue(store, "judge", {"backend": "openai", "models": ["j"]})
    assert work(store, once=True) == 1
    job = jobs.get_job(store, job_id)
    assert job.state is JobState.FAILED
    assert "LOOPWRIGHT_JUDGE_BASE_URL" in job.error
