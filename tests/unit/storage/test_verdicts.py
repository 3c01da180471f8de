"""Runs, votes and verdicts: stored once, appended, told back as they were."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from curation.consensus import ConsensusRule
from curation.errors import NotFound
from curation.judging import (
    JudgeReply,
    Omission,
    OmissionKind,
    Order,
    Unscored,
    Vote,
    VoteKey,
)
from curation.predictions import PredictionKind
from curation.standing import UNSCORED, RulerKind, RulingAction
from curation.trajectory import Message, Role, ToolCall
from curation.verdicts import Verdict
from storage.annotators import ensure_annotator
from storage.datasets import NewItem, add_items, ensure_dataset
from storage.engine import Store
from storage.predictions import (
    add_predictions,
    get_prediction,
    new_prediction,
    predictions_of,
    samples_of,
)
from storage.runs import (
    NewJudgeRun,
    NewProbeRun,
    add_judge_run,
    add_probe_run,
    add_spending,
    get_judge_run,
    get_probe_run,
    judge_run_of_job,
    list_judge_runs,
    list_probe_runs,
)
from storage.trajectories import add_batch, new_trajectory
from storage.verdicts import (
    NewVerdict,
    add_verdicts,
    append_verdict,
    iter_verdict_lines,
    verdict_by_op,
    verdicts_of,
)
from storage.votes import NewVote, add_votes, votes_of, votes_of_run
from tests.unit.storage.rows import weather

RUN = NewJudgeRun("d", "openai", ("m1", "m2"), "http://h/v1", "looptool", 2, ConsensusRule())


def _answer(city: str) -> Message:
    return Message(Role.ASSISTANT, None, (ToolCall("get_weather", f'{{"city": "{city}"}}'),))


def _predictions(store: Store, *cities: str) -> list[int]:
    with store.write() as conn:
        (row_id,) = add_batch(conn, [new_trajectory(weather("Oslo"), "g")]).ids
        add_items(conn, ensure_dataset(conn, "d", ""), [NewItem(row_id, "s1", "f:1", b"{}")])
        add_predictions(conn, [(row_id, new_prediction(1, "m", _answer(c), None)) for c in cities])
        return [one.id for one in predictions_of(conn, row_id)]


def test_no_key_is_stored_with_a_run(any_store: Store) -> None:
    with any_store.write() as conn:
        url = "https://me:sk-secret@host:8443/v1?key=sk-secret#sk-secret"
        probe = add_probe_run(conn, NewProbeRun("d", "m", url, {"temperature": 0.7}))
        judge = add_judge_run(conn, NewJudgeRun("", "openai", ("m",), url, "r", 1, ConsensusRule()))
        assert get_probe_run(conn, probe).base_url == "https://host:8443/v1"
        assert get_judge_run(conn, judge).base_url == "https://host:8443/v1"
        assert get_probe_run(conn, probe).parameters == {"temperature": 0.7}
        assert [run.id for run in list_probe_runs(conn)] == [probe]
        with pytest.raises(NotFound, match="probe"):
            get_probe_run(conn, probe + 1)
        with pytest.raises(NotFound, match="judge"):
            get_judge_run(conn, judge + 1)


def test_a_run_sums_what_votes_cost_and_has_no_cost_without_a_price(any_store: Store) -> None:
    with any_store.write() as conn:
        run = add_judge_run(conn, RUN)
        add_spending(conn, run, 100, 20, None)
        found = get_judge_run(conn, run)
        assert (found.tokens_in, found.tokens_out, found.cost_usd) == (100, 20, None)
        assert found.rule == ConsensusRule()
        assert found.models == ("m1", "m2")
        add_spending(conn, run, 1, 2, 0.25)
        add_spending(conn, run, 1, 2, 0.5)
        found = list_judge_runs(conn)[0]
        assert (found.tokens_in, found.tokens_out, found.cost_usd) == (102, 24, 0.75)
        assert judge_run_of_job(conn, 4) is None


def test_a_vote_is_kept_as_it_came_and_once(any_store: Store) -> None:
    (case,) = _predictions(any_store, "Rome")
    said = Vote(
        VoteKey("m1", 0, Order.PREDICTION_FIRST),
        "looptool@2",
        Verdict.LABEL_WRONG,
        detail="a\x00b",
        error_analysis="The city is another. \ud800",
        correct_approach="Rome",
        reply=JudgeReply('{"verdict": "…"}', "stop"),
        prompt_tokens=900,
        completion_tokens=70,
        omitted=(Omission(OmissionKind.RESULT, 4000, 2),),
    )
    silent = Vote(VoteKey("m1", 0, Order.REFERENCE_FIRST), "looptool@2", unscored=Unscored.REFUSED)
    with any_store.write() as conn:
        run = add_judge_run(conn, RUN)
        assert add_votes(conn, run, [NewVote(case, said, 0.5), NewVote(case, silent)]) == 2
        assert add_votes(conn, run, [NewVote(case, silent), NewVote(case, said, 9.0)]) == 0
        assert add_votes(conn, add_judge_run(conn, RUN), [NewVote(case, said)]) == 1
        found = votes_of_run(conn, run, [case, case + 1])
        assert len(votes_of(conn, case)) == 3
    assert list(found) == [case]
    first, second = found[case]
    assert (first.vote, first.latency_s) == (silent, None)
    assert second.latency_s == 0.5
    assert second.vote.detail == "a\N{REPLACEMENT CHARACTER}b"
    assert second.vote.error_analysis == "The city is another. ?"
    assert second.vote.reply == said.reply
    assert second.vote.omitted == said.omitted
    assert (second.vote.prompt_tokens, second.vote.completion_tokens) == (900, 70)


def test_verdicts_are_appended_and_the_prediction_tells_what_is_in_force(any_store: Store) -> None:
    rome, bonn, lima = _predictions(any_store, "Rome", "Bonn", "Lima")
    with any_store.write() as conn:
        run = add_judge_run(conn, RUN)
        judge = ensure_annotator(conn, "m1 looptool@2", "judge").id
        mara = ensure_annotator(conn, "Mara").id
        add_verdicts(
            conn,
            [
                NewVerdict(rome, RulerKind.JUDGE, judge, Verdict.LABEL_WRONG, run_id=run),
                NewVerdict(bonn, RulerKind.JUDGE, judge, unscored="tie", run_id=run),
            ],
        )
        ruled = append_verdict(
            conn,
            NewVerdict(
                rome,
                RulerKind.HUMAN,
                mara,
                Verdict.PRED_WRONG,
                is_blind=True,
                note="a\x00b",
                action=RulingAction(acts=(3, 4), is_error_seed=True),
                session_id="s",
                n=1,
            ),
        )
        now = get_prediction(conn, rome)
        assert (now.standing, now.decided_by, now.verdict_id) == ("PRED_WRONG", "human", ruled)
        assert get_prediction(conn, bonn).standing == UNSCORED
        assert get_prediction(conn, bonn).is_disputed
        assert get_prediction(conn, lima).standing == ""
        stored = verdict_by_op(conn, "s", 1)
        assert stored is not None
        assert (stored.id, stored.annotator, stored.is_blind) == (ruled, "Mara", True)
        assert stored.note == "a\N{REPLACEMENT CHARACTER}b"
        assert stored.action == RulingAction(acts=(3, 4), is_error_seed=True)
        assert verdict_by_op(conn, "s", 2) is None
        lines = list(iter_verdict_lines(conn))
        assert [(one.verdict, one.decided_by, one.consensus) for one in lines] == [
            (Verdict.PRED_WRONG, "Mara", None),
            (None, "m1 looptool@2", "tie"),
        ]
        assert (lines[0].dataset, lines[0].source_id, lines[0].message_index) == ("d", "s1", 1)

        append_verdict(conn, NewVerdict(rome, RulerKind.HUMAN, mara, withdraws=ruled))
        now = get_prediction(conn, rome)
        assert (now.standing, now.decided_by) == ("LABEL_WRONG", "judge")
        assert [one.is_withdrawn for one in verdicts_of(conn, rome)] == [False, True, False]
        consensus = next(iter_verdict_lines(conn)).consensus
        assert consensus == "agreed"
        assert list(iter_verdict_lines(conn, 99)) == []


def test_a_greedy_answer_and_a_sampled_one_are_two_even_when_they_say_the_same(
    any_store: Store,
) -> None:
    with any_store.write() as conn:
        (row_id,) = add_batch(conn, [new_trajectory(weather("Oslo"), "g")]).ids
        run = add_probe_run(conn, NewProbeRun("d", "m", "http://h/v1"))
        greedy = new_prediction(
            1, "m", _answer("Rome"), None,
            kind=PredictionKind.GREEDY, n_tokens=2, sum_logprob=-2.0,
        )  # fmt: skip
        sampled = new_prediction(1, "m", _answer("Rome"), None, kind=PredictionKind.SAMPLED)
        rows = [(row_id, greedy), (row_id, sampled), (row_id, sampled)]
        assert add_predictions(conn, rows, run_id=run, counting=True) == 2
        more = [(row_id, sampled)]
        assert add_predictions(conn, more, run_id=run, counting=True) == 0
        first, second = predictions_of(conn, row_id)
        assert (first.kind, first.n_tokens, first.sum_logprob, first.run_id) == (
            PredictionKind.GREEDY, 2, -2.0, run,
        )  # fmt: skip
        assert first.perplexity == pytest.approx(2.718281828)  # exp(2 / 2)
        assert (second.n_samples, second.matches["strict"]) == (3, None)
        assert samples_of(conn, "m", [row_id]) == {
            (row_id, 1, PredictionKind.GREEDY): 1,
            (row_id, 1, PredictionKind.SAMPLED): 3,
        }
        assert samples_of(conn, "other", [row_id]) == {}


def test_a_verdict_of_an_op_cannot_be_there_twice(any_store: Store) -> None:
    (rome,) = _predictions(any_store, "Rome")
    with any_store.write() as conn:
        mara = ensure_annotator(conn, "Mara").id
        new = NewVerdict(rome, RulerKind.HUMAN, mara, Verdict.PRED_WRONG, session_id="s", n=1)
        append_verdict(conn, new)
    with pytest.raises(IntegrityError), any_store.write() as conn:
        append_verdict(conn, new)
    with any_store.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM verdict")).scalar_one() == 1
