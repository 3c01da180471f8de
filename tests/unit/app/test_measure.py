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


def test_scorecard_without_gold_says_how_to_get_some(store, capsys):
    Courtroom(store, 2).judge([PW] * 2)
    assert cli.perform(["scorecard", "--db", store.url]) == 0
    assert "Only rulings made blind are gold" in capsys.readouterr().err
    assert cli.perform(["scorecard", "--seen", "--db", store.url]) == 0
    assert "Only rulings" not in capsys.readouterr().err


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


def test_gate_lets_applies_tells_and_takes_back(store, capsys):
    room = Courtroom(store, 30)
    room.judge([PW] * 30)
    room.people(dict.fromkeys(range(10), PW))
    closed = _json(room, capsys, "gate")["judges"][0]
    assert [one["state"]["is_open"] for one in closed["classes"]] == [False] * 4
    key = closed["judge"]["key"]
    policy = ["--target", "0.6", "--least-gold", "10", "--audit-share", "0.2"]
    told = _json(room, capsys, "gate", "--judge", key, "--let", "PRED_WRONG", *policy, "--apply")
    (applied,) = told["applied"]
    state = told["judges"][0]["classes"][0]
    assert state["state"]["is_open"]
    assert state["applied"] == applied["by_verdict"]["PRED_WRONG"] > 0
    assert state["audits_due"] == applied["audits"] == 20 - state["applied"]
    number = str(applied["certificates"][0])
    code, out = _run(room, capsys, "gate", "--certificate", number)
    assert code == 0
    assert out.startswith("# Certificate: PRED\\_WRONG applied without a person")
    code, out = _run(room, capsys, "gate")
    assert "open" in out
    back = _json(room, capsys, "gate", "--withdraw", number)
    assert back["withdrawn"] == state["applied"]
    never = _json(room, capsys, "gate", "--judge", key, "--never", "PRED_WRONG")
    assert not never["judges"][0]["classes"][0]["state"]["is_open"]


def test_gate_refuses_what_it_does_not_know(room, capsys):
    for arguments in (
        ["gate", "--let", "PRED_WRONG"],
        ["gate", "--judge", "nobody"],
        ["gate", "--certificate", "7"],
        ["gate", "--withdraw", "7"],
        ["gate", "--dataset", "planes"],
    ):
        assert _run(room, capsys, *arguments)[0] == 2
