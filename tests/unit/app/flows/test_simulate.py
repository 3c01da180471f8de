"""What the model is told about a changed call, and what a correction remembers of its answer."""

from __future__ import annotations

import json

import pytest

from app.flows import adjudicate, annotate, correct, simulate
from app.flows.export import ExportRequest, export
from app.settings import load_settings
from curation.errors import AnnotationError, SettingsError
from curation.exporting import Include
from curation.generators.simulator import Example
from curation.revising import MessageRevision
from curation.simulated import SimulatedResult
from curation.trajectory import Message, Role, Trajectory
from storage.engine import Store
from tests.episodes import CALL_AT, Person, add_episodes, add_trajectories, episode
from tests.model_server import Step, awaited, model_server
from tests.revisions import arguments, content

RESULT_AT = CALL_AT + 1
ROME = '{"city": "Rome"}'
SAID = SimulatedResult(RESULT_AT, "some-model")


@pytest.fixture
def ann(store: Store) -> Person:
    return Person(store, "Ann")


def with_rome(*more: MessageRevision) -> list[int | MessageRevision]:
    changes = {one.origin: one for one in (arguments(CALL_AT, ROME), *more)}
    return [changes.get(i, i) for i in range(5)]


def propose(
    store: Store, who: Person, uid: str, *said: SimulatedResult, text: str = '{"sky": "rain"}'
) -> correct.Corrected:
    return correct.propose_correction(
        store,
        who.info,
        who.session,
        who.next_number(),
        uid,
        with_rome(content(RESULT_AT, text)),
        "Rome was meant",
        simulated=said,
    )


def test_the_question_is_about_the_call_as_it_is_revised(store: Store, ann: Person) -> None:
    uid, *_ = add_episodes(store, 3)
    asked = simulate.question_about(store, ann.info, uid, with_rome(), RESULT_AT)
    assert asked.call.raw_arguments == ROME
    assert asked.tool is not None and asked.tool.name == "get_weather"
    assert [m.role for m in asked.before] == [Role.SYSTEM, Role.USER]
    assert Example('{"city": "City 0", "days": 2}', '{"sky": "clear"}') in asked.examples


def test_examples_are_other_calls_of_the_tool_here_and_elsewhere(store: Store, ann: Person) -> None:
    def told(i: int, text: str) -> Trajectory:
        value = episode(i)
        return value.replace_message(3, Message(Role.TOOL, text, tool_call_id="c1"))

    uid, *_ = add_trajectories(store, [told(i, f'{{"sky": "{i}"}}') for i in range(8)])
    found = simulate.question_about(store, ann.info, uid, with_rome(), RESULT_AT).examples
    results = [e.result for e in found]
    assert results[0] == '{"sky": "0"}', "what the tool answered before the change"
    assert len(results) == len(set(results)) == 1 + simulate.MOST_ELSEWHERE


def test_the_question_builds_on_the_correction_that_stands(store: Store, ann: Person) -> None:
    uid, *_ = add_episodes(store, 1)
    propose(store, ann, uid, SAID)
    asked = simulate.question_about(store, ann.info, uid, list(range(5)), RESULT_AT)
    assert asked.call.raw_arguments == ROME


@pytest.mark.parametrize("index", [0, CALL_AT, 4, 99])
def test_only_results_can_be_asked_for(store: Store, ann: Person, index: int) -> None:
    uid, *_ = add_episodes(store, 1)
    with pytest.raises(AnnotationError, match="Only the result"):
        simulate.question_about(store, ann.info, uid, with_rome(), index)


def test_without_settings_it_says_which_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BASE_URL", "MODEL"):
        monkeypatch.delenv(f"LOOPWRIGHT_SIMULATOR_{name}", raising=False)
    with pytest.raises(SettingsError) as caught:
        simulate.simulator_endpoint(load_settings())
    assert "LOOPWRIGHT_SIMULATOR_BASE_URL and LOOPWRIGHT_SIMULATOR_MODEL" in caught.value.hint
    monkeypatch.setenv("LOOPWRIGHT_SIMULATOR_BASE_URL", "http://127.0.0.1:9/v1")
    assert simulate.missing_settings(load_settings()) == ["LOOPWRIGHT_SIMULATOR_MODEL"]


def test_a_model_is_asked_with_what_settings_say(
    store: Store, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid, *_ = add_episodes(store, 2)
    asked = simulate.question_about(store, ann.info, uid, with_rome(), RESULT_AT)
    with model_server(Step('{"sky": "rain"}')) as server:
        monkeypatch.setenv("LOOPWRIGHT_SIMULATOR_BASE_URL", server.url)
        monkeypatch.setenv("LOOPWRIGHT_SIMULATOR_MODEL", "some-model")
        monkeypatch.setenv("LOOPWRIGHT_SIMULATOR_API_KEY", "sk-1")
        endpoint = simulate.simulator_endpoint(load_settings())
        made = awaited(simulate.simulate(endpoint, asked))
    assert (made.text, made.model, made.warning) == ('{"sky": "rain"}', "some-model", "")
    assert server.keys == ["Bearer sk-1"]
    assert ROME in server.prompt


def test_a_correction_remembers_what_was_simulated(store: Store, ann: Person) -> None:
    uid, *_ = add_episodes(store, 1)
    propose(store, ann, uid, SAID)
    shown = annotate.open_trajectory(store, uid, ann.info).correction
    assert shown is not None and shown.simulated == (SAID,)
    again = propose(store, ann, uid, SAID)
    assert not again.changed, "the same said twice is no change"
    edited = SimulatedResult(RESULT_AT, "some-model", edited=True)
    assert propose(store, ann, uid, edited).changed
    shown = annotate.open_trajectory(store, uid, ann.info).correction
    assert shown is not None and shown.simulated == (edited,)


def test_only_results_that_differ_from_the_tools_own_are_remembered(
    store: Store, ann: Person
) -> None:
    uid, *_ = add_episodes(store, 1)
    wrong = [SimulatedResult(i, "some-model") for i in (0, CALL_AT, 4, 77)]
    propose(store, ann, uid, SAID, *wrong)
    shown = annotate.open_trajectory(store, uid, ann.info).correction
    assert shown is not None and shown.simulated == (SAID,)
    propose(store, ann, uid, SAID, text='{"sky": "clear"}')
    shown = annotate.open_trajectory(store, uid, ann.info).correction
    assert shown is not None and shown.simulated == (), "that is what the tool itself answered"


def test_labels_and_adjudicate_say_who_made_it_up(
    store: Store, ann: Person, tmp_path_factory: pytest.TempPathFactory
) -> None:
    uid, *_ = add_episodes(store, 2)
    propose(store, ann, uid, SAID)
    accept = [ann.op("outcome", uid, outcome="accept"), ann.op("commit", uid)]
    annotate.perform(store, ann.info, ann.session, accept)
    case = adjudicate.load_case(store, uid)
    assert [c.simulated for c in case.corrections] == [(SAID,)]
    assert case.annotations[0].correction is not None
    assert case.annotations[0].correction.simulated == (SAID,)
    out = tmp_path_factory.mktemp("labels")
    request = ExportRequest(type="labels", layout="jsonl", out=str(out), include=Include.ANNOTATED)
    export(store, request, processes=1)
    rows = [json.loads(x) for f in out.glob("*.jsonl") for x in f.read_text().splitlines()]
    [row] = [r for r in rows if r.get("kind") == "simulated"]
    assert (row["value"], row["message_index"], row["annotator"]) == ("some-model", 3, "Ann")
    assert row["correction_uid"] == case.corrections[0].uid


def test_an_export_counts_the_rows_that_reach_what_was_made_up(
    store: Store, ann: Person, tmp_path_factory: pytest.TempPathFactory
) -> None:
    uid, *_ = add_episodes(store, 2)
    attested = correct.propose_correction(
        store,
        ann.info,
        ann.session,
        ann.next_number(),
        uid,
        with_rome(content(RESULT_AT, '{"sky": "rain"}'), content(4, "It rains in Rome.")),
        "Rome was meant",
        simulated=(SAID,),
    )
    assert attested.changed
    accept = [ann.op("outcome", uid, outcome="accept"), ann.op("commit", uid)]
    annotate.perform(store, ann.info, ann.session, accept)

    def exported(kind: str, **more: object) -> dict[str, int]:
        out = tmp_path_factory.mktemp(kind)
        asked = ExportRequest(kind, "trl", str(out), include=Include.ANNOTATED, **more)  # type: ignore[arg-type]
        report = export(store, asked, processes=1)
        assert report.rows == (2 if more else 1)
        return report.adapted

    assert exported("sft")["simulated-results"] == 1
    # The call of message 2 comes before the result of message 3; only the answer rests on it.
    assert exported("sft", per_step=True)["simulated-results"] == 1
    # The pair ends with the call that was changed.
    assert "simulated-results" not in exported("dpo")


@pytest.mark.postgres
def test_postgresql_remembers_the_same(postgres_store: Store) -> None:
    uid, *_ = add_episodes(postgres_store, 2)
    ann = Person(postgres_store, "Ann")
    propose(postgres_store, ann, uid, SAID)
    shown = annotate.open_trajectory(postgres_store, uid, ann.info).correction
    assert shown is not None and shown.simulated == (SAID,)
    assert simulate.question_about(postgres_store, ann.info, uid, with_rome(), RESULT_AT).examples
