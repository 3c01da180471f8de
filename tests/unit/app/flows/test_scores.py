"""Scores through the flows that make them: comparing, ruling, taking back; and read out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import delete

from app import cli
from app.flows.identity import annotator_named
from app.flows.match import match
from app.flows.rule import rule, withdraw
from app.flows.scores import ScoreOrder, prediction_lines, rollout_lines
from curation.errors import NotFound
from curation.predictions import PredictionKind
from curation.scoring import CLOSENESS
from curation.verdicts import Verdict
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction
from storage.scores import score, scores_among
from tests.disputed import MODEL, call, fill


@pytest.fixture
def compared(any_store: Store, tmp_path: Path) -> Store:
    """Four steps with a wrong prediction; of two of them there is a right one, too."""
    fill(any_store, tmp_path, 4, matching=2)
    match(any_store)
    return any_store


def _scores(store: Store) -> list[float]:
    return [line.scores[CLOSENESS] for line in prediction_lines(store)]


def test_comparing_scores_every_prediction(compared: Store) -> None:
    # Another city: names 1, keys 1, values 0 of S_max = 1 + 1 + 1, so 2/3.
    assert _scores(compared) == pytest.approx([1, 1, 2 / 3, 2 / 3])
    line = next(iter(prediction_lines(compared)))
    assert line.scores["toolrl"] == 3
    assert line.scores["tool-n1"] == line.scores["toolrm"] == line.scores["tl-training"] == 1
    assert line.matches["strict"] is True


def test_an_accepted_answer_is_scored_as_right_until_it_is_taken_back(compared: Store) -> None:
    ada = annotator_named(compared, "ada")
    line = list(prediction_lines(compared))[2]
    given = rule(compared, ada, line.id, Verdict.BOTH_CORRECT, session_id="s", n=1)
    assert _scores(compared)[2] == 1
    withdraw(compared, ada, given.id, session_id="s", n=2)
    assert _scores(compared)[2] == pytest.approx(2 / 3)


def test_what_was_compared_before_there_were_scores_is_scored_by_the_next_run(
    compared: Store,
) -> None:
    with compared.write() as conn:
        conn.execute(delete(score))
    assert match(compared).compared == 4
    assert match(compared).compared == 0
    assert len(_scores(compared)) == 4


def test_they_come_by_score_and_within_bounds(compared: Store) -> None:
    by = [
        line.scores[CLOSENESS] for line in prediction_lines(compared, order=ScoreOrder(CLOSENESS))
    ]
    assert by == sorted(by)
    first = next(iter(prediction_lines(compared, order=ScoreOrder("toolrl", highest_first=True))))
    assert first.scores["toolrl"] == 3
    wrong = ScoreOrder(CLOSENESS, low=0.5, high=0.9)
    assert len(list(prediction_lines(compared, order=wrong))) == 2
    assert list(prediction_lines(compared, model="nobody")) == []
    with pytest.raises(NotFound, match="no score 'beauty'"):
        list(prediction_lines(compared, order=ScoreOrder("beauty")))


def test_rollouts_vary_are_learnt_or_are_stuck(compared: Store) -> None:
    lines = list(prediction_lines(compared))
    with compared.write() as conn:
        places = [(line.uid, line.message_index) for line in lines]
        ids = dict(conn.exec_driver_sql("SELECT uid, id FROM trajectory").all())
        rollouts = [
            (0, "City00000", 4),
            (1, "City00001", 1),
            (1, "Elsewhere", 3),
            (2, "Elsewhere", 4),
        ]
        add_predictions(
            conn,
            [
                (
                    ids[places[at][0]],
                    new_prediction(
                        1, MODEL, call(city), None, kind=PredictionKind.SAMPLED, n_samples=n
                    ),
                )
                for at, city, n in rollouts
            ],
        )
    match(compared)
    found = {line.uid: line for line in rollout_lines(compared, "tool-n1", "cities", MODEL)}
    by_place = [found[places[at][0]] for at in range(3)]
    assert [line.fate for line in by_place] == ["learnt", "varies", "stuck"]
    assert [line.n for line in by_place] == [4, 4, 4]
    # 1, 0, 0, 0: mean 1/4, variance 3/16
    assert by_place[1].mean == pytest.approx(0.25)
    assert by_place[1].variance == pytest.approx(0.1875)
    assert next(iter(rollout_lines(compared, "tool-n1"))).fate == "varies"


def test_as_commands(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(store, tmp_path, 3, matching=1)
    match(store)
    capsys.readouterr()
    assert cli.perform(["predictions", "--by", CLOSENESS, "--db", store.url]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["source_id"] for line in lines] == ["row-1", "row-2", "row-0"]
    assert lines[0]["mismatch"] == "value"
    assert cli.perform(["predictions", "--at-least", "1", "--db", store.url]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert cli.perform(["predictions", "--by", "beauty", "--db", store.url]) == 2
    assert "There is no score 'beauty'" in capsys.readouterr().err
    assert cli.perform(["rollouts", "--db", store.url]) == 0
    assert capsys.readouterr().out == ""


def test_scores_go_with_their_predictions(compared: Store) -> None:
    ids = [line.id for line in prediction_lines(compared)]
    with compared.read() as conn:
        assert sorted(scores_among(conn, ids)) == ids
        assert scores_among(conn, []) == {}
