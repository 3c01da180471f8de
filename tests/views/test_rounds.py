"""The page Rounds: begin a round, try its mixture, close it, and see what it drew."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from app.flows import jobs
from app.flows import rounds as flow
from app.flows.identity import annotator_named
from app.flows.match import match
from app.flows.rule import rule
from curation.mixture import MixtureSpec, Part
from curation.rounds import RoundSetup
from curation.verdicts import Verdict
from storage.engine import Store
from tests.disputed import MODEL, fill
from tests.views.conftest import Open


@pytest.fixture
def asked(studio: Store, tmp_path: Path) -> Store:
    """Five answers, three of them right; ada ruled one PRED_WRONG, and one waits."""
    fill(studio, tmp_path, 5, matching=3)
    match(studio)
    ada = annotator_named(studio, "ada")
    rule(studio, ada, 4, Verdict.PRED_WRONG, session_id="s", n=1)
    return studio


@pytest.fixture
def drawn(asked: Store) -> Store:
    """One round closed with one error seed, and one that is open."""
    ada = annotator_named(asked, "ada")
    for _ in range(2):
        flow.start(asked, ada, RoundSetup(MODEL, ("cities",)))
    flow.close(asked, ada, 1, MixtureSpec(10))
    return asked


def _texts(page: AppTest) -> str:
    return " ".join(m.value for m in (*page.markdown, *page.caption))


def _press(page: AppTest, label: str) -> AppTest:
    (button,) = [b for b in page.button if b.label == label]
    return button.click().run()


def test_an_empty_page_teaches_the_first_act_and_does_it(asked: Store, open_page: Open) -> None:
    page = open_page("rounds", **{"as": "ada"})
    assert "No round was started yet" in _texts(page)
    page.selectbox(key="rounds-model").set_value(MODEL)
    page.multiselect(key="rounds-datasets").set_value(["cities"])
    page.text_input(key="rounds-note").set_value("the first")
    _press(page, "Start the round")
    assert not page.exception
    (one,) = flow.list_rounds(asked)
    assert (one.round.setup.model, one.round.setup.seeds, one.round.note) == (
        MODEL, ("cities",), "the first"
    )  # fmt: skip
    assert (one.counts.answered, one.counts.matched, one.counts.waiting) == (5, 3, 1)


def test_a_round_about_nothing_says_what_is_missing(asked: Store, open_page: Open) -> None:
    page = open_page("rounds")
    _press(page, "Start the round")
    assert "nothing to draw from" in page.error[0].value.replace("\\", "")
    assert flow.list_rounds(asked) == []


def test_the_table_says_how_the_answers_came_out(drawn: Store, open_page: Open) -> None:
    page = open_page("rounds")
    assert not page.exception
    table = page.dataframe[0].value
    assert list(table["round"]) == [2, 1]
    assert list(table["match rate"]) == ["60.0 %", "60.0 %"]
    assert list(table["PRED_WRONG"]) == [1, 1]
    assert list(table["drawn"]) == ["", "1"]
    links = {one.proto.label: one.proto.query_string for one in page.get("page_link")}
    assert set(links) == {"✗ Prediction wrong 1", "· Not judged 1"}
    (wrong,) = [query for label, query in links.items() if "wrong" in label]
    assert dict(parse_qsl(wrong)) == {
        "class": "PRED_WRONG", "model": MODEL, "dataset": "cities"
    }  # fmt: skip


def test_a_mixture_is_tried_before_the_round_is_closed_with_it(
    drawn: Store, open_page: Open
) -> None:
    page = open_page("rounds", **{"as": "ada", "round": "2"})
    preview = page.dataframe[1].value
    assert list(preview["drawn"]) == [1, 0, 0, 0]
    assert "999 short" in _texts(page)
    page.number_input(key="rounds-budget-2").set_value(7)
    page.selectbox(key="rounds-preset-2").set_value("D4").run()
    # 7 by the shares of D4 (20.4, 44.6, 27.3, 7.7 %): 1.4, 3.1, 1.9, 0.5
    assert list(page.dataframe[1].value["wanted"]) == [1, 3, 2, 1]
    assert flow.round_now(drawn, 2).round.is_open
    _press(page, "Close the round with it")
    assert not page.exception
    closed = flow.round_now(drawn, 2).round
    assert closed.mixture is not None
    assert (closed.mixture.spec.preset, closed.mixture.size, closed.closed_by) == ("D4", 1, "ada")


def test_the_steps_of_a_set_are_listed(drawn: Store, open_page: Open) -> None:
    page = open_page("rounds", round="1", part=Part.ERROR_SEEDS.value)
    steps = page.dataframe[-1].value
    assert list(steps["message"]) == [1]
    assert list(steps["trained on"]) == ["as it is"]
    odd = open_page("rounds", round="99999999999", part="<b>")
    assert not odd.exception
    assert odd.selectbox(key="rounds-choice-2").value == 2
    odd.selectbox(key="rounds-choice-2").set_value(1).run()
    assert odd.query_params["round"] == "1"
    assert not odd.exception


def test_a_round_is_exported_from_the_page_export(
    drawn: Store, open_page: Open, tmp_path: Path
) -> None:
    page = open_page("export", round="1")
    assert not page.exception
    page.text_input(key="export-out-round-1-sft-trl").set_value(str(tmp_path / "out"))
    _press(page, "Export")
    job = jobs.run_next(drawn)
    assert job is not None
    assert (job.state, job.result["rows"]) == ("done", 1)
    without = open_page("export")
    assert without.selectbox(key="export-round-None").value is None
