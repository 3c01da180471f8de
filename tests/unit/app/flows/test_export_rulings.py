"""What rulings of the court make of a step: pairs, wanted and unwanted, rewards (methods §5.10)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.flows.adjudicate import decide
from app.flows.correct import propose_correction
from app.flows.export import ExportReport
from app.flows.export_forecast import forecast
from app.flows.export_request import ExportRequest
from app.flows.rule import rule, withdraw
from curation.errors import ExportError
from curation.trajectory import Message, Role, ToolCall, Trajectory
from curation.verdicts import Verdict
from storage import trajectories
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction, predictions_of
from tests.episodes import CALL_AT, Person, add_episodes, add_trajectories, episode
from tests.revisions import arguments, revised
from tests.unit.app.flows.test_export import ask, rows_of, say


def answer(city: str, text: str | None = None, days: int = 2) -> Message:
    raw = json.dumps({"city": city, "days": days})
    return Message(Role.ASSISTANT, text, (ToolCall("get_weather", raw, "p1"),))


def predicted(store: Store, uid: str, *answers: Message) -> list[int]:
    """Ids of predictions for the call of an episode."""
    with store.write() as conn:
        row_id = trajectories.id_of(conn, uid)
        add_predictions(
            conn,
            [(row_id, new_prediction(CALL_AT, f"m{n}", one, 1.5)) for n, one in enumerate(answers)],
        )
        stored = predictions_of(conn, row_id)
    return [next(p.id for p in stored if p.message == one) for one in answers]


class Court:
    """Somebody who accepted a trajectory of two steps, and somebody who rules on predictions."""

    def __init__(self, store: Store) -> None:
        self.store = store
        (self.uid,) = add_episodes(store, 1)
        self.ana, self.mara = Person(store, "ana"), Person(store, "mara")
        say(store, self.ana, self.uid, "accept")
        decide(store, self.uid, decided_by=self.ana.info, outcome="accept", adopt_annotator="ana")
        self._n = 0

    def rules(self, *rulings: tuple[Message, Verdict]) -> list[int]:
        ids = predicted(self.store, self.uid, *(message for message, _ in rulings))
        given = []
        for one, (_, verdict) in zip(ids, rulings, strict=True):
            self._n += 1
            ruled = rule(self.store, self.mara.info, one, verdict, session_id="s", n=self._n)
            given.append(ruled.id)
        return given

    def export(self, out: Path, kind: str) -> ExportReport:
        return ask(self.store, out, kind)


@pytest.fixture
def court(store: Store) -> Court:
    return Court(store)


def city(message: dict[str, object]) -> str:
    (call,) = message["tool_calls"]  # type: ignore[misc]
    return str(json.loads(call["function"]["arguments"])["city"])


def sides(out: Path) -> list[tuple[str, str]]:
    rows = rows_of(out)
    return [(city(row["chosen"][0]), city(row["rejected"][0])) for row in rows]  # type: ignore[index]


def margins(out: Path) -> list[float | None]:
    return [row["margin"] for row in rows_of(out, "index.jsonl")]  # type: ignore[misc]


def test_a_wrong_prediction_is_the_rejected_side(court: Court, tmp_path: Path) -> None:
    court.rules((answer("Rome"), Verdict.PRED_WRONG))
    court.export(tmp_path / "dpo", "dpo")
    assert sides(tmp_path / "dpo") == [("City 0", "Rome")]
    assert margins(tmp_path / "dpo") == [0.5]  # one of two arguments is equal
    court.export(tmp_path / "kto", "kto")
    labels = [(row["label"], len(row["completion"])) for row in rows_of(tmp_path / "kto")]  # type: ignore[arg-type]
    assert labels == [(True, 3), (False, 1)]
    court.export(tmp_path / "rl", "rl")
    (row,) = rows_of(tmp_path / "rl")
    assert "City 0" in str(row["ground_truth"]) and row["alternatives"] == []


def test_a_wrong_label_is_rejected_for_the_prediction_though_nobody_accepted_a_correction(
    court: Court, tmp_path: Path
) -> None:
    (given,) = court.rules((answer("Rome"), Verdict.LABEL_WRONG))
    court.export(tmp_path / "dpo", "dpo")
    assert sides(tmp_path / "dpo") == [("Rome", "City 0")]
    court.export(tmp_path / "kto", "kto")
    told = [(city(row["completion"][0]), row["label"]) for row in rows_of(tmp_path / "kto")]  # type: ignore[index]
    assert sorted(told) == [("City 0", False), ("Rome", True)]
    court.export(tmp_path / "rl", "rl")
    (row,) = rows_of(tmp_path / "rl")
    assert json.loads(str(row["ground_truth"]))[0]["arguments"]["city"] == "Rome"

    withdraw(court.store, court.mara.info, given, session_id="s", n=9)
    with pytest.raises(ExportError, match="not-corrected"):
        court.export(tmp_path / "none", "dpo")


def test_a_wrong_label_that_was_corrected_by_the_prediction_makes_one_pair(
    court: Court, tmp_path: Path
) -> None:
    court.rules((answer("Rome"), Verdict.LABEL_WRONG))
    say(court.store, court.mara, court.uid, "accept")
    decide(
        court.store,
        court.uid,
        decided_by=court.ana.info,
        outcome="accept",
        adopt_annotator="mara",
    )
    report = court.export(tmp_path / "dpo", "dpo")
    assert sides(tmp_path / "dpo") == [("Rome", "City 0")] and report.rows == 1


def test_the_only_step_of_a_trajectory_is_settled_by_its_ruling(
    store: Store, tmp_path: Path
) -> None:
    whole = episode(7)
    (uid,) = add_trajectories(store, [Trajectory(whole.messages[:3], whole.tools)])
    mara = Person(store, "mara")
    (one,) = predicted(store, uid, answer("Rome"))
    rule(store, mara.info, one, Verdict.LABEL_WRONG, session_id="s", n=1)
    for kind, n in (("dpo", 1), ("kto", 2), ("rl", 1), ("stepwise", 2)):
        assert ask(store, tmp_path / kind, kind, include="annotated").rows == n, kind
    assert sides(tmp_path / "dpo") == [("Rome", "City 7")]
    labels = [row["labels"] for row in rows_of(tmp_path / "stepwise")]
    assert labels == [[False], [True]]


def test_both_right_make_no_pair_and_both_count_for_a_reward(court: Court, tmp_path: Path) -> None:
    court.rules((answer("Rome"), Verdict.BOTH_CORRECT))
    with pytest.raises(ExportError, match="not-corrected"):
        court.export(tmp_path / "dpo", "dpo")
    court.export(tmp_path / "kto", "kto")
    assert [row["label"] for row in rows_of(tmp_path / "kto")] == [True, True]
    court.export(tmp_path / "rl", "rl")
    (row,) = rows_of(tmp_path / "rl")
    (other,) = row["alternatives"]  # type: ignore[misc]
    assert json.loads(other)[0]["arguments"]["city"] == "Rome"
    # Nobody guesses: the share is of what was compared, and both of them are right now.
    assert (row["pass_rate"], row["perplexity"]) == (1.0, 1.5)


def test_both_wrong_leave_nothing_to_prefer_until_somebody_corrects_the_step(
    court: Court, tmp_path: Path
) -> None:
    court.rules((answer("Rome"), Verdict.BOTH_WRONG))
    for kind in ("dpo", "rl"):
        with pytest.raises(ExportError, match="step-incorrect"):
            court.export(tmp_path / kind, kind)
    court.export(tmp_path / "kto", "kto")
    assert [row["label"] for row in rows_of(tmp_path / "kto")] == [False, False]
    propose_correction(
        court.store,
        court.ana.info,
        court.ana.session,
        court.ana.next_number(),
        court.uid,
        revised(5, arguments(CALL_AT, '{"city": "Oslo", "days": 2}')),
        "Oslo was meant.",
        attested=[3, 4],
    )
    say(court.store, court.ana, court.uid, "accept")
    decide(
        court.store,
        court.uid,
        decided_by=court.mara.info,
        outcome="accept",
        adopt_annotator="ana",
    )
    court.export(tmp_path / "dpo", "dpo")
    assert sides(tmp_path / "dpo") == [("Oslo", "City 0"), ("Oslo", "Rome")]


def test_what_makes_the_calls_of_an_accepted_answer_is_never_rejected(
    court: Court, tmp_path: Path
) -> None:
    court.rules(
        (answer("Rome"), Verdict.BOTH_CORRECT),
        (answer("Rome", "Let me look."), Verdict.PRED_WRONG),
        (answer("Oslo"), Verdict.PRED_WRONG),
    )
    report = court.export(tmp_path / "dpo", "dpo")
    assert sides(tmp_path / "dpo") == [("City 0", "Oslo")]
    assert report.dropped == {"rejected-is-accepted": 1}


def test_two_predictions_of_which_one_holds_the_label_right_make_no_pair_against_it(
    court: Court, tmp_path: Path
) -> None:
    court.rules((answer("Rome"), Verdict.LABEL_WRONG), (answer("Oslo"), Verdict.PRED_WRONG))
    court.export(tmp_path / "dpo", "dpo")
    assert sides(tmp_path / "dpo") == [("City 0", "Oslo")]


def test_kto_says_before_and_after_how_many_are_wanted(court: Court, tmp_path: Path) -> None:
    court.rules((answer("Rome"), Verdict.PRED_WRONG), (answer("Oslo"), Verdict.PRED_WRONG))
    request = ExportRequest("kto", "trl", str(tmp_path / "out"), shares=(1.0, 0.0, 0.0))
    assert forecast(court.store, request).text == (
        "Of 1 trajectories: 3 rows, 1 wanted and 2 unwanted."
    )
    report = court.export(tmp_path / "out", "kto")
    assert (report.balance["train"].wanted, report.balance["train"].unwanted) == (1, 2)
    said = "train: 1 wanted and 2 unwanted. Train with desirable_weight=2.00"
    assert said in (tmp_path / "out" / "README.md").read_text()
    assert forecast(court.store, ExportRequest("sft", "trl", "")).balance is None


def test_an_answer_that_was_ruled_right_leaves_redacted_like_all_else(
    court: Court, tmp_path: Path
) -> None:
    court.rules((answer("of k.lindqvist@northwind-shipping.se"), Verdict.LABEL_WRONG))
    for kind in ("rl", "dpo", "kto"):
        ask(court.store, tmp_path / kind, kind, redact=("email",))
        text = (tmp_path / kind / "train.jsonl").read_text()
        assert "northwind" not in text and '"of ' in text.replace("\\", ""), kind
