"""What a judge or a probe would ask is what it then asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.flows.forecast import forecast_judge, forecast_probe
from app.flows.job_costs import cost_of
from app.flows.jobs import enqueue, run_next
from app.flows.judge import judge
from app.flows.judge_setup import JudgeRequest
from app.flows.match import match
from app.flows.probe import ProbeRequest, probe
from app.settings import Settings, load_settings
from curation.errors import SettingsError
from storage.engine import Store
from tests.disputed import fill, verdict_of
from tests.model_server import Step, model_server

PRICES = {"j": (1.0, 2.0)}


def settings(url: str, **more: object) -> Settings:
    key = SecretStr("k")
    return load_settings(
        judge_base_url=url, judge_api_key=key, probe_base_url=url, probe_api_key=key, **more
    )


@pytest.fixture
def cities(any_store: Store, tmp_path: Path) -> Store:
    """Three predictions that differ and two that match."""
    fill(any_store, tmp_path, 5, matching=2)
    match(any_store)
    return any_store


def test_rules_ask_each_case_once_and_cost_nothing(cities: Store) -> None:
    told = forecast_judge(cities, JudgeRequest(), settings("http://h/v1"))
    assert (told.items, told.left, told.matched) == (3, 3, 2)
    assert (told.least, told.most, told.tokens, told.usd) == (3, 3, None, None)
    judge(cities, JudgeRequest(), settings("http://h/v1"))
    assert forecast_judge(cities, JudgeRequest(), settings("http://h/v1")).left == 0


def test_a_model_is_asked_between_the_least_and_the_most_that_was_told(cities: Store) -> None:
    request = JudgeRequest(backend="openai", models=("j",))
    with model_server(verdict_of) as server:
        told = forecast_judge(cities, request, settings(server.url))
        # 3 cases in both orders: two votes that agree are enough, three are the most.
        assert (told.least, told.most) == (3 * 2 * 2, 3 * 3 * 2)
        assert told.tokens is not None
        assert told.tokens[0] > 300 * told.least
        assert told.usd is None
        assert "4 characters a token" in told.basis
        end = judge(cities, request, settings(server.url))
        assert told.least <= len(server.asked) <= told.most
        assert end.report.votes == len(server.asked)


def test_what_was_asked_before_tells_tokens_and_prices_tell_dollars(cities: Store) -> None:
    request = JudgeRequest(backend="openai", models=("j",))
    usage = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}

    def answer(body: dict[str, object]) -> Step:
        return Step(verdict_of(body).text, usage=usage)

    with model_server(answer) as server:
        judge(cities, request, settings(server.url))
        again = JudgeRequest(backend="openai", models=("j",), again=True)
        told = forecast_judge(cities, again, settings(server.url, prices=PRICES))
    assert told.tokens == (12 * 100, 18 * 100)
    # 90 tokens at 1 dollar a million and 10 at 2: 110 millionths a question.
    assert told.usd == pytest.approx((12 * 110e-6, 18 * 110e-6))
    assert "replies took" in told.basis


def test_a_budget_in_dollars_without_a_price_is_refused_before_anything_starts(
    cities: Store,
) -> None:
    request = JudgeRequest(backend="openai", models=("x",), budget_usd=1.0)
    with pytest.raises(SettingsError, match="no price on record for x"):
        forecast_judge(cities, request, settings("http://h/v1", prices=PRICES))


def test_a_probe_is_told_by_step_and_goes_on_with_what_is_missing(cities: Store) -> None:
    request = ProbeRequest(model="fresh", rollouts=2)
    with model_server(Step("hello")) as server:
        told = forecast_probe(cities, request, settings(server.url))
        assert (told.items, told.left) == (5, 15)
        probe(cities, ProbeRequest(model="fresh", logprobs=False), settings(server.url))
        told = forecast_probe(cities, request, settings(server.url))
    assert told.left == 10
    assert told.tokens == (20, 20), "a question took one token and one more before"


def test_a_job_tells_what_it_cost(cities: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with model_server(verdict_of) as server:
        monkeypatch.setenv("LOOPWRIGHT_JUDGE_BASE_URL", server.url)
        monkeypatch.setenv("LOOPWRIGHT_PRICES", '{"j": [1.0, 2.0]}')
        enqueue(cities, "judge", {"backend": "openai", "models": ["j"]})
        job = run_next(cities)
        assert job is not None
        cost = cost_of(cities, job)
        assert cost is not None
        assert cost.tokens == 2 * len(server.asked)
        assert cost.cost_usd == pytest.approx(3e-6 * len(server.asked))
        assert cost.failed == 0
    enqueue(cities, "match", {})
    other = run_next(cities)
    assert other is not None
    assert cost_of(cities, other) is None
