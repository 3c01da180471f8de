"""Passes against a model server: asked once, found where it is, and seen by people and filters."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from app.flows import jobs
from app.flows.annotate import open_trajectory
from app.flows.asking import EndpointGone
from app.flows.browse import choices, find
from app.flows.check import check
from app.flows.checklists import ItemEdit, edit_item
from app.flows.gate import gates
from app.flows.judge_pass import PassEnd, judge_pass
from app.flows.pass_setup import PassRequest
from app.flows.reports import finding_lines, pass_lines
from app.settings import load_settings
from curation.errors import RubricError, SettingsError
from storage.conditions import Filter
from storage.engine import Store
from storage.jobs import JobState
from storage.tables import ChecklistVoteRow, FindingRow, TrajectoryRow, table_of
from tests.episodes import CALL_AT, Person, add_episodes
from tests.model_server import ModelServer, Step, failing, model_server
from tests.unit.app.flows.test_judge import KEY, _silence, _wait_for, rows, run_command

finding, trajectory = table_of(FindingRow), table_of(TrajectoryRow)
vote = table_of(ChecklistVoteRow)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait as long as people do."""
    monkeypatch.setattr("app.flows.judge_pass.FIRST_WAIT_S", 0.02)


def names_asked(body: dict[str, Any]) -> list[str]:
    """The items that a question asks for, as the schema of its reply names them."""
    schema = body["response_format"]["json_schema"]["schema"]
    return list(schema["properties"]["items"]["items"]["properties"]["name"]["enum"])


def answering(no: str = "", about: str = "") -> Any:
    """A judge that says yes to everything, but no to the item `no` where the prompt has `about`."""

    def answer(body: dict[str, Any]) -> Step:
        here = about in body["messages"][-1]["content"]
        items = [
            {
                "name": name,
                "evidence": f"seen of {name}",
                "holds": "no" if name == no and here else "yes",
            }
            for name in names_asked(body)
        ]
        return Step(json.dumps({"items": items}))

    return answer


def passed(store: Store, server: ModelServer, rubric: str, **more: Any) -> PassEnd:
    """A run in a thread of its own, as browser tests leave a loop running in this one."""
    settings = load_settings(
        judge_base_url=server.url,
        judge_api_key=SecretStr(KEY),
        prices=more.pop("prices", {}),
    )
    ends: list[Any] = []

    def go() -> None:
        try:
            wanted: dict[str, Any] = {"models": ("j",), "concurrency": 4, **more}
            ends.append(judge_pass(store, PassRequest(rubric, **wanted), settings))
        except BaseException as problem:  # noqa: BLE001 - raised again below
            ends.append(problem)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if isinstance(ends[0], BaseException):
        raise ends[0]
    end: PassEnd = ends[0]
    return end


def warnings(store: Store) -> list[int]:
    return [row[0] for row in rows(store, trajectory.c.n_warnings)]


def test_steps_are_looked_at_and_what_is_wanting_is_shown_where_it_is(any_store: Store) -> None:
    uids = add_episodes(any_store, 3)
    check(any_store)
    before = warnings(any_store)
    with model_server(answering("has-a-source", about="City 1")) as server:
        end = passed(any_store, server, "hallucinated-values", prices={"j": [1.0, 3.0]})
    report = end.report
    # One call in each of 3 episodes, 2 votes of 3 that agree; 1 + 1 tokens each at 1 and 3 $.
    assert (report.places, report.scored, report.votes, report.findings) == (3, 3, 6, 1)
    assert len(server.asked) == 6 and set(server.keys) == {f"Bearer {KEY}"}
    # Of two items of weight 1 all hold twice, and one of two once.
    assert report.mean_score == pytest.approx((1 + 1 + 0.5) / 3)
    assert report.cost_usd == pytest.approx(6 * 4e-6)
    assert (end.left, end.failed) == (0, 0)

    person = Person(any_store, "Ann")
    opened = [open_trajectory(any_store, uid, person.info) for uid in uids]
    mine = [f for one in opened for f in one.findings if f.check.startswith("judge/")]
    assert [f.anchor.message_index for f in mine] == [CALL_AT]
    assert mine[0].message == "Judge on “has a source”: no. seen of has-a-source"
    assert warnings(any_store) == [before[0], before[1] + 1, before[2]]
    assert "judge/hallucinated-values" in choices(any_store).checks
    found = find(any_store, Filter(check="judge/hallucinated-values"), None, 10)
    assert [row.uid for row in found.page.rows] == [uids[1]]
    line = next(one for one in finding_lines(any_store) if one.check.startswith("judge/"))
    assert (line.uid, line.message_index) == (uids[1], CALL_AT)
    # It is an opinion on no prediction: no judge of labels, nothing for the gate.
    assert gates(any_store) == []


def test_checks_that_run_again_leave_alone_what_a_judge_found(any_store: Store) -> None:
    add_episodes(any_store, 2)
    check(any_store)
    with model_server(answering("keeps-constraints")) as server:
        passed(any_store, server, "consistency")
    before = warnings(any_store), len(rows(any_store, finding.c.id))
    with any_store.write() as conn:
        conn.execute(trajectory.update().values(checked_with="an older catalogue"))
    check(any_store)
    assert (warnings(any_store), len(rows(any_store, finding.c.id))) == before


def test_a_later_run_takes_the_place_of_what_an_earlier_one_found(store: Store) -> None:
    add_episodes(store, 2)
    with model_server(answering("keeps-constraints")) as server:
        first = passed(store, server, "consistency")
        assert first.report.findings == 4
        asked = len(server.asked)
        same = passed(store, server, "consistency")
        assert same == first and len(server.asked) == asked, "the same asks nothing twice"
    with model_server(answering()) as server:
        again = passed(store, server, "consistency", base_url=server.url, again=True)
    assert again.report.findings == 0
    assert rows(store, finding.c.id) == []
    assert set(warnings(store)) == {0}
    assert len(list(pass_lines(store))) == 8, "what each run said stays on record"


def test_votes_that_differ_are_settled_by_one_more_and_else_leave_the_item_open(
    store: Store,
) -> None:
    add_episodes(store, 1)
    yes, no = answering(), answering("has-a-source")
    with model_server(yes, no, no) as server:
        end = passed(store, server, "hallucinated-values", concurrency=1)
    assert (len(server.asked), end.report.findings, end.report.scored) == (3, 1, 1)
    unreadable = Step("It looks fine to me.")
    with model_server(unreadable) as server:
        end = passed(store, server, "hallucinated-values", again=True)
    assert (len(server.asked), end.report.unreadable) == (3, 3)
    assert (end.report.places, end.report.unscored, end.report.findings) == (1, 1, 0)
    assert end.report.mean_score is None


def test_turns_are_asked_by_what_annotators_want_of_the_tools_that_are_called(
    store: Store,
) -> None:
    add_episodes(store, 1)
    ann = Person(store, "Ann")
    edit_item(store, ann.info, ItemEdit("i1", "get_weather", "the city is the one named"))
    edit_item(store, ann.info, ItemEdit("i2", "book_table", "the table is free"))
    with model_server(answering("tool-item-1")) as server:
        end = passed(store, server, "turn-checklist", tool_items=True)
    assert names_asked(server.asked[0])[-1] == "tool-item-1"
    system = server.asked[0]["messages"][0]["content"]
    assert "In every call of get_weather, is this so: the city is the one named?" in system
    assert "the table is free" not in system
    # Weights 3 + 2 + 3 + 2 + 2 + 1 hold, and 1 does not: 13 / 14.
    assert end.report.mean_score == pytest.approx(13 / 14)
    (line,) = pass_lines(store)
    assert (line.turn, line.message_index, line.rubric) == (1, CALL_AT, "turn-checklist@2")
    assert [item.holds for item in line.items] == [True] * 6 + [False]
    assert line.passes is True


def test_lists_of_ones_own_are_asked_of_their_turns_alone(store: Store, tmp_path: Path) -> None:
    add_episodes(store, 3)
    own = tmp_path / "lists.jsonl"
    items = [
        {"question": "Is the weather told?", "weight": 3, "must_hold": True},
        {"question": "Is it short?"},
    ]
    own.write_text(json.dumps({"id": "weather-1", "turn": 1, "items": items}) + "\n")
    with model_server(answering("item-1")) as server:
        end = passed(store, server, "turn-checklist", checklists=str(own))
    assert {tuple(names_asked(body)) for body in server.asked} == {("item-1", "item-2")}
    # The item of weight 3 does not hold, that of 1 does.
    assert (end.report.places, end.report.mean_score, end.report.passing) == (1, 0.25, 0)
    (line,) = pass_lines(store)
    assert (line.source_id, line.items[0].question) == ("weather-1", "Is the weather told?")
    with model_server(answering()) as server:
        own.write_text(json.dumps({"id": "weather-1", "turn": 1, "items": items[:1]}) + "\n")
        other = passed(store, server, "turn-checklist", checklists=str(own))
    assert other.run_id != end.run_id, "other questions are another run"


def test_what_got_no_reply_is_asked_again_when_the_same_is_asked_for(store: Store) -> None:
    add_episodes(store, 2)
    odd = failing(400, "too long for me")
    with model_server(odd) as server:
        end = passed(store, server, "hallucinated-values")
    assert (end.report.places, end.left) == (0, 2) and end.failed > 0
    with model_server(answering()) as server:
        end = passed(store, server, "hallucinated-values", base_url=server.url)
    assert (end.report.places, end.left, end.failed) == (2, 0, 0)


def test_a_budget_stops_it_and_a_larger_one_goes_on(store: Store) -> None:
    add_episodes(store, 6)
    with model_server(answering()) as server:
        end = passed(store, server, "consistency", max_tokens_total=8, concurrency=1)
        assert end.out_of_budget and end.left > 0
        asked = len(server.asked)
        end = passed(store, server, "consistency", concurrency=1)
    assert (end.left, end.report.places) == (0, 12)
    assert asked < len(server.asked) == 24, "no vote is asked twice"


def test_an_endpoint_that_admits_nobody_ends_the_pass(store: Store) -> None:
    add_episodes(store, 1)
    with model_server(failing(401, "who are you")) as server, pytest.raises(EndpointGone):
        passed(store, server, "consistency")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"rubric": "label-verification"}, RubricError),
        ({"rubric": "no-such"}, RubricError),
        ({"rubric": "consistency", "tool_items": True}, RubricError),
        ({"rubric": "turn-checklist", "checklists": "/no/such/file"}, RubricError),
        ({"rubric": "consistency", "models": ()}, SettingsError),
        ({"rubric": "consistency", "votes": 1, "least_equal": 2}, SettingsError),
    ],
)
def test_what_cannot_be_carried_out_is_refused(
    store: Store, wrong: dict[str, Any], error: type[Exception]
) -> None:
    with model_server(answering()) as server:
        with pytest.raises(error):
            passed(store, server, **wrong)
        assert server.asked == []


def test_the_command_looks_and_tells(store: Store) -> None:
    add_episodes(store, 2)
    with model_server(answering("has-a-source")) as server:
        where = {"LOOPWRIGHT_JUDGE_BASE_URL": server.url, "LOOPWRIGHT_JUDGE_API_KEY": KEY}
        asked = ("--json", "judge", "--pass", "hallucinated-values", "--model", "j")
        process = run_command(store, *asked, **where)
        out, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
        report = json.loads(out)
        assert (report["places"], report["findings"], report["votes"]) == (2, 2, 4)
        assert KEY not in told
        turns = run_command(store, "--json", "judge", "--checklists", "--model", "j", **where)
        out, told = turns.communicate(timeout=120)
        assert json.loads(out)["rubric"] == "turn-checklist@2", told
        listed = run_command(store, "passes", "--rubric", "hallucinated-values")
        out, _ = listed.communicate(timeout=120)
        assert [json.loads(one)["score"] for one in out.splitlines()] == [0.5, 0.5]


def test_a_killed_worker_loses_and_repeats_nothing_that_was_stored(store: Store) -> None:
    n = 40
    add_episodes(store, n)
    yes = answering()

    def slowly(body: dict[str, Any]) -> Step:
        return Step(yes(body).text, wait_s=0.1)

    params = {"rubric": "consistency", "models": ["j"], "concurrency": 8}
    with model_server(slowly) as server:
        where = {"LOOPWRIGHT_JUDGE_BASE_URL": server.url, "LOOPWRIGHT_JUDGE_API_KEY": KEY}
        job_id = jobs.enqueue(store, "judge-pass", params)
        worker = run_command(store, "worker", **where)
        _wait_for(lambda: len(rows(store, vote.c.id)) >= 40)
        worker.send_signal(signal.SIGKILL)
        worker.communicate(timeout=30)
        stored, asked = len(rows(store, vote.c.id)), len(server.asked)
        assert 40 <= stored < 4 * n
        _silence(store, job_id)
        second = run_command(store, "worker", **where)
        _wait_for(lambda: jobs.get_job(store, job_id).state is JobState.DONE)
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=30)
    # Two steps an episode, two votes each.
    result = jobs.get_job(store, job_id).result
    assert (result["places"], result["votes"], result["left"]) == (2 * n, 4 * n, 0)
    assert len(rows(store, vote.c.id)) == 4 * n
    assert len(server.asked) - 4 * n <= asked - stored, "only what was not stored"
