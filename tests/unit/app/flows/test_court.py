"""A case for the court: what is hidden from whom, and what rules say of either answer."""

from __future__ import annotations

import pytest

from app.flows.court import CourtFilter, case_for_court, queue_of
from app.flows.identity import annotator_named
from app.flows.rule import rule, withdraw
from curation.court import CourtClass
from curation.errors import NotFound
from curation.origins import Origin
from curation.trajectory import Message, Role, ToolCall
from curation.verdicts import Verdict
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction
from storage.trajectories import id_of
from tests.episodes import CALL_AT, add_episodes
from tests.pairs import judged, prediction_ids

CALL = ToolCall("get_weather", '{"city": "Rome", "days": "2"}', "c9")
WRONG = Message(Role.ASSISTANT, None, (CALL, CALL))


@pytest.fixture
def keys(store: Store) -> list[int]:
    """Two predictions, judged."""
    uids = add_episodes(store, 2)
    with store.write() as conn:
        rows = [(id_of(conn, uid), new_prediction(CALL_AT, "m", WRONG, 1.5)) for uid in uids]
        add_predictions(conn, rows)
    ids = prediction_ids(store, uids)
    for key in ids:
        judged(store, key, Verdict.PRED_WRONG)
    return ids


def test_a_case_holds_the_context_before_the_step_and_what_rules_say(
    store: Store, keys: list[int]
) -> None:
    case = case_for_court(store, keys[0], annotator_named(store, "ada"), blind=False)
    assert [m.role for m in case.context] == [Role.SYSTEM, Role.USER]
    assert (case.step, case.n_later, case.dataset) == (1, 2, "weather")
    assert case.change is not None
    assert not case.reference.findings
    found = {f.check for f in case.answer.findings}
    assert "calls/wrong-type" in found
    assert not {"calls/duplicate-id", "calls/reused-id"} & found  # ids are no part of an answer
    assert case.answer.groundings[0].anchor.pointer == "/city"
    assert case.answer.groundings[0].origin is Origin.NOWHERE
    assert {g.origin for g in case.reference.groundings if g.anchor.pointer == "/city"} == {
        Origin.USER
    }


def test_blind_everything_others_said_is_hidden_until_one_has_ruled_and_after_taking_it_back(
    store: Store, keys: list[int]
) -> None:
    ada = annotator_named(store, "ada")
    case = case_for_court(store, keys[0], ada, blind=True)
    assert case.is_hidden
    assert (case.votes, case.verdicts) == ((), ())
    given = rule(
        store, ada, keys[0], Verdict.BOTH_WRONG, session_id="s", n=1, seen=case.seen, is_blind=True
    )
    case = case_for_court(store, keys[0], ada, blind=True)
    assert not case.is_hidden
    assert len(case.votes) == 4
    assert case_for_court(store, keys[0], annotator_named(store, "bob"), blind=True).is_hidden
    withdraw(store, ada, given.id, session_id="s", n=2)
    assert case_for_court(store, keys[0], ada, blind=True).is_hidden


def test_a_queue_knows_the_neighbours_and_says_when_a_case_has_left_it(
    store: Store, keys: list[int]
) -> None:
    ada = annotator_named(store, "ada")
    queue = queue_of(store, CourtFilter("weather"), CourtClass.PRED_WRONG)
    assert (queue.prediction_id, queue.place, queue.following) == (keys[0], 1, keys[1])
    rule(store, ada, keys[0], Verdict.BOTH_WRONG, session_id="s", n=1)
    queue = queue_of(store, CourtFilter("weather"), CourtClass.PRED_WRONG, keys[0])
    assert (queue.place, queue.following) == (0, keys[1])
    assert queue.counts[CourtClass.RULED] == 1


def test_a_prediction_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match="no prediction 7"):
        case_for_court(store, 7, annotator_named(store, "ada"), blind=False)
