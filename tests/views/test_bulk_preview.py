"""The preview of a bulk action says what it would do, and for what it leaves a person."""

from __future__ import annotations

from app.flows.adjudicate import decide
from app.flows.browse import find
from storage.browse import Filter
from tests.episodes import Person


def _preview(page, action):
    page.selectbox(key="bulk-action").set_value(action).run()
    next(b for b in page.button if b.label == "Preview").click().run()
    assert not page.exception
    return page


def test_accepting_all_is_foreseen_with_what_is_left_for_a_person(filled, open_page):
    uids = [row.uid for row in find(filled, Filter(state="queued")).page.rows]
    decide(filled, uids[0], decided_by=Person(filled, "bob").info, outcome="reject")
    page = _preview(open_page("browse"), "accept")
    told = "\n".join(markdown.value for markdown in page.markdown)
    assert "4 decided" in told
    assert "1 left for Adjudicate: annotators contradict each other" in told
    assert "1 left: a person decided otherwise" in told
    assert not next(b for b in page.button if b.label == "Accept 4").disabled


def test_withdrawing_offers_no_button_for_what_others_decided(filled, open_page):
    uid = find(filled, Filter(state="queued")).page.rows[0].uid
    decide(filled, uid, decided_by=Person(filled, "bob").info, outcome="reject")
    page = _preview(open_page("browse", state="decided"), "withdraw")
    told = "\n".join(markdown.value for markdown in page.markdown)
    assert "1 left: decided by another person" in told
    assert next(b for b in page.button if b.label.startswith("Withdraw")).disabled
