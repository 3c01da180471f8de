"""A judge and a probe are started from the pages that need them, with what it comes to in sight."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from app.flows import jobs
from app.flows.match import match
from app.flows.operations import worker_is_here
from curation.judging import JUDGES
from storage.engine import Store
from tests.disputed import MODEL, fill, verdict_of
from tests.growing import answering, in_a_thread, with_errors
from tests.model_server import Step, model_server
from tests.views.conftest import Open


@pytest.fixture
def cities(studio: Store, tmp_path: Path) -> Store:
    """Three predictions that differ from their label and two that match, never judged."""
    fill(studio, tmp_path, 5, matching=2)
    match(studio)
    worker_is_here(studio)
    return studio


def told(page: AppTest) -> str:
    return " ".join(info.value for info in page.info)


def test_the_rules_are_two_presses_away_and_their_work_shows(
    cities: Store, open_page: Open
) -> None:
    page = open_page("judges")
    page.button(key="start-judge-judges").click().run()
    assert not page.exception
    assert "**3 cases** to judge; 2 match and go to no judge.  \n" not in told(page)
    assert "**3 cases** to judge; 2 match and go to no judge. Costs nothing." in told(page)
    page.button(key="start-judge-now").click().run()
    assert not page.exception
    (job,) = jobs.list_jobs(cities)
    assert (job.kind, job.params["backend"], job.state) == ("judge", "rules", "queued")
    page = open_page("judges")
    assert any("queued" in m.value for m in page.markdown)
    assert jobs.run_next(cities).result["judged"] == 3
    page = open_page("judges")
    assert list(page.dataframe[0].value["judged"]) == [3]


def test_a_class_without_verdicts_starts_a_judge_from_verify(
    cities: Store, open_page: Open
) -> None:
    page = open_page("verify", **{"class": "PRED_WRONG", "dataset": "cities"})
    page.button(key="start-judge-verify").click().run()
    page.button(key="start-judge-now").click().run()
    (job,) = jobs.list_jobs(cities)
    assert job.params["dataset"] == "cities"


def test_a_judge_that_is_added_is_offered(
    cities: Store, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = JUDGES.get("rules")
    monkeypatch.setitem(
        JUDGES._entries, "coin", msgspec.structs.replace(rules, name="coin", title="A coin")
    )
    page = open_page("judges")
    page.button(key="start-judge-judges").click().run()
    assert not page.exception
    assert page.selectbox(key="start-backend").options == [
        "A coin",
        "Rules",
        "Model endpoint",
        "Recorded replies",
    ]


def test_a_model_judges_with_votes_and_budget_as_asked(
    cities: Store, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with model_server(verdict_of) as server:
        monkeypatch.setenv("LOOPWRIGHT_JUDGE_BASE_URL", server.url)
        monkeypatch.setenv("LOOPWRIGHT_JUDGE_MODEL", "big")
        monkeypatch.setenv("LOOPWRIGHT_JUDGE_API_KEY", "sk-hidden")
        page = open_page("judges")
        page.button(key="start-judge-judges").click().run()
        page.selectbox(key="start-backend").set_value("openai").run()
        assert "12 to 18 questions" in told(page)
        assert "no price on record" in told(page)
        page.number_input(key="start-votes").set_value(1)
        page.number_input(key="start-equal").set_value(1).run()
        assert "6 questions" in told(page)
        page.number_input(key="start-tokens-judge").set_value(1_000).run()
        page.button(key="start-judge-now").click().run()
        assert not page.exception
        (job,) = jobs.list_jobs(cities)
        assert job.params["models"] == ["big"]
        assert job.params["max_tokens_total"] == 1_000
        assert job.params["base_url"] == server.url
        assert "sk-hidden" not in str(job)
        assert jobs.run_next(cities).result["by_verdict"] == {"PRED_WRONG": 3}
        assert len(server.asked) == 6
        assert set(server.keys) == {"Bearer sk-hidden"}
    page = open_page("jobs")
    said = [c.value for c in page.caption]
    assert "12 tokens · no price on record" in said


def test_a_budget_without_a_price_says_so_and_cannot_be_started(
    cities: Store, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOPWRIGHT_JUDGE_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("LOOPWRIGHT_JUDGE_MODEL", "big")
    page = open_page("judges")
    page.button(key="start-judge-judges").click().run()
    page.selectbox(key="start-backend").set_value("openai").run()
    page.number_input(key="start-usd-judge").set_value(1.0).run()
    assert "no price on record for big" in page.error[0].value
    assert page.button(key="start-judge-now").disabled


def test_models_with_addresses_of_their_own_need_no_common_one(
    cities: Store, open_page: Open
) -> None:
    page = open_page("judges")
    page.button(key="start-judge-judges").click().run()
    page.selectbox(key="start-backend").set_value("openai").run()
    page.text_input(key="start-models-openai").set_value("big").run()
    assert page.button(key="start-judge-now").disabled
    page.text_input(key="start-models-openai").set_value("big@http://127.0.0.1:9/v1").run()
    assert "12 to 18 questions" in told(page)
    assert not page.button(key="start-judge-now").disabled


def test_without_an_endpoint_the_way_to_one_is_shown(cities: Store, open_page: Open) -> None:
    page = open_page("judges")
    page.button(key="start-probe-judges").click().run()
    assert not page.exception
    assert any("No endpoint" in w.value for w in page.warning)
    assert page.button(key="start-probe-now").disabled


def test_a_probe_is_started_from_the_empty_court(
    studio: Store, open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(studio, tmp_path, 2, matching=2)
    with studio.write() as conn:
        conn.exec_driver_sql("DELETE FROM prediction")
    with model_server(Step("No idea.")) as server:
        monkeypatch.setenv("LOOPWRIGHT_PROBE_BASE_URL", server.url)
        page = open_page("verify")
        page.button(key="start-probe-verify").click().run()
        page.text_input(key="start-probe-model").set_value(MODEL).run()
        assert "**2 answers** to ask for, to 2 steps" in told(page)
        page.number_input(key="start-rollouts").set_value(2).run()
        assert "**6 answers** to ask for" in told(page)
        page.number_input(key="start-rollouts").set_value(0).run()
        page.button(key="start-probe-now").click().run()
        result = jobs.run_next(studio).result
    assert (result["answered"], result["matched"]) == (2, 0)
    assert "**1 of 2**" in open_page("verify").markdown[0].value


def test_a_job_is_paused_goes_on_and_is_cancelled_where_it_was_started(
    cities: Store, open_page: Open
) -> None:
    number = jobs.enqueue(cities, "judge", {})
    page = open_page("verify")
    page.button(key=f"pause-{number}").click().run()
    assert jobs.get_job(cities, number).state == "paused"
    page = open_page("verify")
    page.button(key=f"resume-{number}").click().run()
    assert jobs.get_job(cities, number).state == "queued"
    page = open_page("judges")
    page.button(key=f"cancel-{number}").click().run()
    assert jobs.get_job(cities, number).state == "cancelled"


def test_a_job_that_failed_keeps_saying_why_where_it_was_started(
    cities: Store, open_page: Open
) -> None:
    jobs.enqueue(cities, "judge", {"backend": "openai", "models": ["big"]})
    assert jobs.run_next(cities).state == "failed"
    page = open_page("judges")
    assert any("No endpoint is given" in e.value for e in page.error)


def test_a_pass_is_started_with_what_it_would_ask_in_sight(
    cities: Store, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def holds(body: dict[str, Any]) -> Step:
        schema = body["response_format"]["json_schema"]["schema"]
        names = schema["properties"]["items"]["items"]["properties"]["name"]["enum"]
        said = [{"name": name, "evidence": "no source", "holds": "no"} for name in names]
        return Step(json.dumps({"items": said}))

    with model_server(holds) as server:
        monkeypatch.setenv("LOOPWRIGHT_JUDGE_BASE_URL", server.url)
        page = open_page("judges")
        page.button(key="start-pass-judges").click().run()
        assert not page.exception
        assert page.button(key="start-judge-pass-now").disabled, "no model is named"
        page.text_input(key="start-pass-models").set_value("j")
        page.selectbox(key="start-pass").set_value("hallucinated-values").run()
        assert not page.exception
        assert "About **5 places** to look at" in told(page)
        assert "10 to 15 questions" in told(page)
        # A list of one's own is for one turn of one trajectory.
        page.selectbox(key="start-pass").set_value("turn-checklist").run()
        assert page.toggle(key="start-pass-tools").value
        line = {"id": "row-1", "turn": 1, "items": [{"question": "Is the city right?"}]}
        upload = ("lists.jsonl", json.dumps(line).encode(), "application/jsonl")
        page.file_uploader(key="start-pass-own").upload(*upload).run()
        assert not page.exception
        assert "About **1 place** to look at" in told(page)
        page.selectbox(key="start-pass").set_value("hallucinated-values").run()
        page.button(key="start-judge-pass-now").click().run()
        assert not page.exception
        (job,) = jobs.list_jobs(cities)
        assert (job.kind, job.params["rubric"]) == ("judge-pass", "hallucinated-values")
        result = awaited_job(cities)
    assert (result["places"], result["findings"]) == (5, 10)
    page = open_page("jobs")
    assert not page.exception


def awaited_job(store: Store) -> dict[str, Any]:
    """The next job's result, carried out in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return dict(pool.submit(jobs.run_next, store).result().result)


def test_errors_are_expanded_from_the_court_and_lead_to_what_was_admitted(
    studio: Store, open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_errors(studio, tmp_path, 2)
    with model_server(answering) as server:
        monkeypatch.setenv("LOOPWRIGHT_GENERATOR_BASE_URL", server.url)
        monkeypatch.setenv("LOOPWRIGHT_JUDGE_BASE_URL", "http://127.0.0.1:9/v1")
        page = open_page("verify", dataset="cities")
        page.menu_button(key="start-verify").click("Expand errors…").run()
        assert not page.exception
        assert page.button(key="start-expand-now").disabled, "no model is named yet"
        page.text_input(key="start-writer").set_value("g").run()
        assert "**8 samples** from 2 errors" in told(page)
        assert "8 samples and 16 to 24 votes" in told(page)
        page.number_input(key="start-children").set_value(2).run()
        assert "**4 samples** from 2 errors" in told(page)
        page.button(key="start-expand-now").click().run()
        assert not page.exception
        result = in_a_thread(lambda: jobs.run_next(studio)).result
    assert (result["seeds"], result["admitted"]) == (2, 4)
    page = open_page("verify")
    (lead,) = [one.proto for one in page.get("page_link") if "admitted" in one.proto.label]
    assert "cities-expanded-1" in lead.query_string
