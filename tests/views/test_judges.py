"""The page Judges over a store that a judge and people filled."""

from __future__ import annotations

import pytest

from app.flows import jobs
from app.flows.gate import allow, gates
from curation.gate import VerdictPolicy
from tests.courtroom import LW, PW, Courtroom


@pytest.fixture
def room(studio):
    found = Courtroom(studio, 30)
    found.judge([PW] * 28 + [LW, None], tokens=100)
    found.people(dict.fromkeys(range(10), PW) | {10: LW, 28: LW})
    return found


def _texts(page):
    return [m.value for m in (*page.markdown, *page.caption)]


def _allow(room):
    (gate,) = gates(room.store)
    allow(room.store, gate.judge.key, PW, VerdictPolicy(0.6, 10, 0.2, 10))


def test_an_empty_page_teaches_the_next_act(studio, open_page):
    page = open_page("judges")
    assert [code.value for code in page.code] == ["loopwright judge --backend rules"]


def test_the_table_and_the_gate_say_what_is_known(room, open_page):
    page = open_page("judges")
    assert not page.exception
    table = page.dataframe[0].value
    assert list(table["judged"]) == [30]
    assert list(table["gold"]) == [12]
    assert list(table["cost"]) == ["no price on record"]
    assert any("closed, no policy" in text for text in _texts(page))
    assert any("every class is closed" in text for text in _texts(page))


def test_a_cell_shows_its_cases(room, open_page):
    page = open_page("judges")
    cell = next(box for box in page.selectbox if box.key.startswith("judges-cell"))
    assert "people LABEL_WRONG, judge PRED_WRONG: 1 case" in cell.options
    cell.set_value("LABEL_WRONG|PRED_WRONG").run()
    assert not page.exception
    cases = page.dataframe[-1].value
    assert list(cases["trajectory"]) == [room.uids[10]]
    assert list(cases["ruled by"]) == ["ada"]


def test_slices_have_rows_of_their_own(room, open_page):
    other = Courtroom(room.store, 3, "trains", first=100)
    other.judge([PW] * 3)
    page = open_page("judges")
    page.selectbox(key="judges-by").set_value("dataset").run()
    assert not page.exception
    assert list(page.dataframe[0].value["slice"]) == ["trains", "weather"]
    only = open_page("judges", dataset="trains")
    assert list(only.dataframe[0].value["judged"]) == [3]


def test_a_policy_is_stored_and_what_passes_is_applied_by_a_job(room, open_page):
    page = open_page("judges")
    (gate,) = gates(room.store)
    key = f"{gate.judge.key}-PRED_WRONG"
    page.number_input(key=f"gate-target-{key}").set_value(60.0)
    page.number_input(key=f"gate-gold-{key}").set_value(10)
    page.number_input(key=f"gate-share-{key}").set_value(20.0)
    page.button(key=f"gate-save-{key}").click().run()
    assert not page.exception
    (gate,) = gates(room.store)
    assert gate.open_classes == (PW,)
    page.button(key="gate-apply").click().run()
    assert not page.exception
    job = jobs.run_next(room.store)
    assert (job.state, job.result["applied"]) == ("done", gate.classes[0].waiting)
    page = open_page("judges")
    assert any("Certificate" in text for text in _texts(page))
    (gate,) = gates(room.store)
    (certificate,) = gate.certificates
    page.button(key=f"certificate-withdraw-{certificate.id}").click().run()
    assert jobs.run_next(room.store).result["withdrawn"] == certificate.applied
    assert gates(room.store)[0].classes[0].applied == 0


def test_a_drifted_class_says_so_with_its_certificate(room, open_page):
    _allow(room)
    page = open_page("judges")
    page.button(key="gate-apply").click().run()
    jobs.run_next(room.store)
    more = Courtroom(room.store, 20, first=200)
    more.judge([PW] * 20)
    more.people(dict.fromkeys(range(12), LW))
    (gate,) = gates(room.store)
    low = VerdictPolicy(0.25, 10, 0.2, 12)
    allow(room.store, gate.judge.key, PW, low)
    page = open_page("judges")
    assert any("closed, drift" in text for text in _texts(page))
    assert any("the judge got worse" in warning.value for warning in page.warning)
