"""`scorecard` and `gate` as commands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import cli
from storage.engine import Store
from tests.courtroom import BC, LW, PW, Courtroom


@pytest.fixture
def room(store: Store) -> Courtroom:
    found = Courtroom(store, 4)
    found.judge([LW, LW, PW, None], tokens=500)
    found.people({0: LW, 1: PW, 2: PW, 3: BC})
    return found


def _run(room: Courtroom, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = cli.perform([*arguments, "--db", room.store.url])
    return code, capsys.readouterr().out


def _json(room: Courtroom, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out = _run(room, capsys, *arguments, "--json")
    assert code == 0
    return json.loads(out)


def test_scorecard_says_what_is_measured_and_what_is_not(room, capsys):
    code, out = _run(room, capsys, "scorecard")
    assert code == 0
    assert "openai: judge-1" in out
    assert "no price on record" in out
    assert "50.0 % of 2" in out, "the precision of LABEL_WRONG"
    assert "undefined (0 cases)" in out, "the precision of BOTH_WRONG"


def test_scorecard_as_json(room, capsys):
    found = _json(room, capsys, "scorecard", "--dataset", "weather")
    (card,) = found["scorecards"]
    assert found["blind_only"] is True
    assert card["judge"]["cost_usd"] is None
    assert card["measured"]["scores"][1]["precision"]["value"] == 0.5
    assert card["measured"]["scores"][3]["precision"]["value"] is None
    assert card["judged"]["unscored"] == 1


def test_scorecard_by_slice(room, capsys):
    found = _json(room, capsys, "scorecard", "--by", "model")
    assert [(card["by"], card["slice"]) for card in found["scorecards"]] == [("model", "m")]


def test_scorecard_before_any_judge_and_of_no_such_dataset(store, capsys):
    assert cli.perform(["scorecard", "--db", store.url]) == 0
    assert "No judge has judged anything" in capsys.readouterr().out
    assert cli.perform(["scorecard", "--dataset", "planes", "--db", store.url]) == 2
