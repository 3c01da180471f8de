"""A person decides in the browser: what was typed counts, and there is a way back."""

from __future__ import annotations

from typing import Any

from app.flows.adjudicate import Case, load_case
from app.flows.annotate import Op, perform
from app.flows.identity import annotator_named
from app.flows.queue import fill_queue
from tests.e2e.conftest import Studio
from tests.e2e.conversations import meetings
from tests.e2e.test_story import click, until


def open_dispute(studio: Studio, page: Any, dataset: str) -> list[str]:
    """Two trajectories on which two annotators differ, opened in Adjudicate."""
    studio.fill(dataset, meetings(dataset, 2))
    fill_queue(studio.store, dataset, policy="oldest", overlap=2)
    uids = studio.uids(dataset)
    for name, outcome in (("ann", "accept"), ("bob", "reject")):
        who = annotator_named(studio.store, name)
        for number, uid in enumerate(uids):
            says = Op(2 * number + 1, uid, "outcome", {"outcome": outcome})
            commits = Op(2 * number + 2, uid, "commit")
            perform(studio.store, who, f"{dataset}-{name}", [says, commits])
    page.goto(f"{studio.url}/adjudicate?dataset={dataset}&as=lead")
    page.get_by_text("Decide as ann says").wait_for(timeout=30_000)
    return uids


def case_of(studio: Studio, uid: str) -> Case:
    return load_case(studio.store, uid)


def test_a_note_typed_just_before_the_click_is_part_of_the_decision(
    studio: Studio, page: Any
) -> None:
    uid = open_dispute(studio, page, "noted")[0]
    page.get_by_text("Decide otherwise").click()
    page.get_by_role("radio", name="reject").click()
    page.wait_for_timeout(800)
    page.get_by_label("Note").click()
    page.keyboard.type("1 2 reasons")  # digits are shortcuts, but not while a field is typed in
    page.get_by_role("button", name="Decide", exact=True).click()
    until(lambda: case_of(studio, uid).decision is not None, "the decision")
    decision = case_of(studio, uid).decision
    assert decision is not None
    assert decision.decided_by == "lead"
    assert (decision.outcome, decision.note) == ("reject", "1 2 reasons")


def test_a_decision_made_by_a_slip_of_the_finger_can_be_found_and_withdrawn(
    studio: Studio, page: Any
) -> None:
    first, second = open_dispute(studio, page, "slip")
    page.keyboard.press("2")
    until(lambda: case_of(studio, first).decision is not None, "the decision")
    page.get_by_text("Decided: reject").wait_for(timeout=10_000)
    click(page, "Back to the last decision")
    click(page, "Withdraw the decision")
    until(lambda: case_of(studio, first).decision is None, "the withdrawal")
    assert case_of(studio, second).decision is None
