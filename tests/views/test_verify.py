"""Verify: cases by class, one key a ruling, blind while a person wants to be, and an undo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.flows.court import CourtCase, CourtFilter, case_for_court, queue_of
from app.flows.identity import annotator_named
from app.flows.ingest import ingest
from app.flows.match import match
from curation.court import CourtClass, CourtOrder
from curation.trajectory import Message, Role
from curation.verdicts import Verdict
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction, predictions_of
from tests.disputed import call, fill
from tests.pairs import JUDGE, judged, pair_rows, prediction_ids
from tests.views.conftest import Open


@pytest.fixture
def court(studio: Store, tmp_path: Path) -> list[int]:
    """Four predictions; a judge says of three of them, in order, that the label is wrong, the
    prediction is, and that both are right."""
    path = tmp_path / "tables.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in pair_rows("Roma", 4)))
    assert ingest(studio, [path], dataset="tables").predictions == 4
    with studio.read() as conn:
        uids = list(conn.exec_driver_sql("SELECT uid FROM trajectory ORDER BY id").scalars())
    ids = prediction_ids(studio, uids)
    for key, verdict in zip(
        ids, (Verdict.LABEL_WRONG, Verdict.PRED_WRONG, Verdict.BOTH_CORRECT), strict=False
    ):
        judged(studio, key, verdict)
    return ids


def pressed(page: AppTest, words: str) -> AppTest:
    """Click the button that begins so."""
    (button,) = [b for b in page.button if b.label.replace("*", "").startswith(words)]
    return button.click().run()


def case(store: Store, key: int, *, blind: bool = False) -> CourtCase:
    return case_for_court(store, key, annotator_named(store, "ada"), blind=blind)


def drawn(page: AppTest) -> dict[str, Any]:
    """What the browser is given of the case on screen."""
    (component,) = [e for e in page.main if e.type == "bidi_component"] or [None]
    return {} if component is None else json.loads(component.proto.json)


def test_an_empty_court_teaches_how_predictions_get_in(studio: Store, open_page: Open) -> None:
    page = open_page("verify")
    assert not page.exception
    shown = " ".join(code.value for code in page.code)
    assert "loopwright ingest-predictions FILE --dataset DATASET --model MODEL" in shown
    assert "loopwright probe" in shown


def test_a_class_without_cases_names_the_judge(court: list[int], open_page: Open) -> None:
    page = open_page("verify", **{"class": "BOTH_WRONG"})
    assert [code.value for code in page.code] == ["loopwright judge --backend rules"]


def test_cases_come_by_class_with_counts_and_place(court: list[int], open_page: Open) -> None:
    page = open_page("verify", **{"class": "PRED_WRONG"})
    assert "**1 of 1**" in page.markdown[0].value
    page = open_page("verify")
    assert "**1 of 4**" in page.markdown[0].value
    (classes,) = page.button_group
    assert "All open 4" in classes.options


def test_a_key_rules_acts_and_goes_on_and_undo_takes_it_back(
    studio: Store, court: list[int], open_page: Open
) -> None:
    page = open_page("verify", **{"as": "ada"})
    page.text_input(key=f"court-note-{court[0]}").set_value("five came")
    pressed(page, "Label wrong")
    assert not page.exception
    own = case(studio, court[0]).own
    assert own is not None
    assert (own.verdict, own.note, own.is_blind) == (Verdict.LABEL_WRONG, "five came", False)
    assert own.action.correction_uid.startswith("tj1-")
    assert page.query_params["p"] == str(court[1])
    pressed(page, "Prediction wrong")
    action = case(studio, court[1]).own
    assert action is not None
    assert action.action.try_id
    assert action.action.is_error_seed
    assert queue_of(studio, CourtFilter(), CourtClass.OPEN).counts[CourtClass.RULED] == 2
    pressed(page, "Undo the last ruling")
    assert case(studio, court[1]).own is None
    assert page.query_params["p"] == str(court[1])
    pressed(page, "Undo the last ruling")
    assert case(studio, court[0]).own is None
    assert queue_of(studio, CourtFilter(), CourtClass.OPEN).counts[CourtClass.OPEN] == 4
    assert not page.exception


def test_blind_is_remembered_and_hides_what_the_judge_said_until_one_has_ruled(
    studio: Store, court: list[int], open_page: Open
) -> None:
    page = open_page("verify", **{"as": "ada"})
    page.toggle[0].set_value(True).run()
    page = open_page("verify", **{"as": "ada", "p": str(court[0]), "class": "LABEL_WRONG"})
    assert page.toggle[0].value is True
    (classes,) = page.button_group
    assert [option.rsplit(" ", 1)[0] for option in classes.options] == [
        "All open",
        "· Not judged",
        "✓ Ruled",
    ]
    hidden = case(studio, court[0], blind=True)
    assert (hidden.votes, hidden.verdicts) == ((), ())
    everything = json.dumps(drawn(page)) + " ".join(m.value for m in page.markdown)
    assert everything.count("A table at Roma 0") == 1
    for giveaway in ("LABEL_WRONG", "analysis says", JUDGE, "Reference", "Response 1"):
        assert giveaway not in everything
    labels = [b.label for b in page.button]
    assert not any("Label" in label or "Prediction" in label for label in labels)
    wrong = "B is wrong" if hidden.exchanged else "A is wrong"
    pressed(page, wrong)
    ruled = case(studio, court[0], blind=True)
    assert ruled.own is not None
    assert (ruled.own.verdict, ruled.own.is_blind) == (Verdict.LABEL_WRONG, True)
    assert len(ruled.votes) == 4
    page = open_page("verify", **{"as": "ada", "p": str(court[0])})
    assert "analysis says LABEL_WRONG" in json.dumps(drawn(page))


def test_a_ruling_on_what_somebody_else_ruled_meanwhile_is_refused(
    studio: Store, court: list[int], open_page: Open
) -> None:
    page = open_page("verify", **{"as": "ada"})
    bob = open_page("verify", **{"as": "bob"})
    pressed(bob, "Prediction wrong")
    pressed(page, "Label wrong")
    assert case(studio, court[0]).own is None
    assert case(studio, court[0]).prediction.standing == Verdict.PRED_WRONG


def test_a_hostile_name_in_the_address_is_ignored(court: list[int], open_page: Open) -> None:
    page = open_page("verify", **{"class": "nothing", "p": "9" * 40, "model": "<b>"})
    assert not page.exception
    assert "**1 of 4**" in page.markdown[0].value
    page = open_page("verify", p="987654")
    assert not page.exception
    assert "There is no prediction 987654" in page.error[0].value.replace("\\", "")


def test_the_most_wrong_come_first_within_a_range_and_the_address_says_so(
    studio: Store, tmp_path: Path, open_page: Open
) -> None:
    fill(studio, tmp_path, 3)
    add = [call("Elsewhere"), Message(Role.ASSISTANT, "Which city?")]
    with studio.write() as conn:
        row_id = predictions_of(conn, 1)[0].trajectory_id
        add_predictions(conn, [(row_id, new_prediction(1, "m2", one, None)) for one in add])
    match(studio)
    page = open_page("verify")
    assert "closeness 0.67" in page.markdown[0].value
    page.radio(key="court-order-came").set_value(CourtOrder.WRONG).run()
    assert not page.exception
    assert page.query_params["order"] == "wrong"
    # The answer in words makes no call at all; the others call the tool with another city.
    assert "closeness 0.00" in page.markdown[0].value
    assert "**1 of 5**" in page.markdown[0].value
    (slider,) = page.slider
    slider.set_value((0.5, 1.0)).run()
    assert not page.exception
    assert "**1 of 4**" in page.markdown[0].value
    linked = open_page("verify", order="right", score="toolrl", high="-1")
    # Only the one without a call has less than -1; the others get 6 · 2/3 - 3 = 1.
    assert "**1 of 1**" in linked.markdown[0].value
    assert [r.value for r in linked.radio] == [CourtOrder.RIGHT]
    nothing = open_page("verify", low="0.9")
    assert any("scores so" in text.value for text in nothing.markdown)
    odd = open_page("verify", order="<b>", score="beauty", low="nan", high="1e999")
    assert not odd.exception
    assert "**1 of 5**" in odd.markdown[0].value
