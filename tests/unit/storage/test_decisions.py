"""Decisions on record, and the list of cases."""

from __future__ import annotations

import pytest

from curation.annotation import Annotation, Outcome
from curation.queueing import State
from storage import decisions, trajectories
from storage.engine import Store
from tests.episodes import Person, add_episodes


def decide(
    store: Store, outcome: Outcome | None, by: int | None = None, trajectory_id: int = 1
) -> None:
    with store.write() as conn:
        decisions.append_decision(
            conn,
            trajectory_id=trajectory_id,
            outcome=outcome,
            result_id=trajectory_id if outcome else None,
            adopted=Annotation(outcome=outcome),
            decided_by=by,
            rule="" if by else "alone",
            note="why",
        )


def test_the_latest_decision_counts_and_history_is_kept(store: Store) -> None:
    (uid,) = add_episodes(store, 1)
    lee = Person(store, "Lee").info
    decide(store, Outcome.ACCEPT)
    decide(store, Outcome.REJECT, lee.id)
    decide(store, None, lee.id)
    with store.read() as conn:
        history = decisions.decisions_of(conn, 1)
        latest = decisions.latest_decision(conn, 1)
    assert [d.outcome for d in history] == [None, Outcome.REJECT, Outcome.ACCEPT]
    assert [d.decided_by for d in history] == ["Lee", "Lee", None]
    assert [d.result_uid for d in history] == [None, uid, uid]
    assert history[1].annotation == Annotation(outcome=Outcome.REJECT)
    assert latest == history[0]


def test_without_a_decision_there_is_none(store: Store) -> None:
    add_episodes(store, 1)
    with store.read() as conn:
        assert decisions.latest_decision(conn, 1) is None


@pytest.mark.parametrize("state", list(State))
def test_only_disputed_and_annotated_trajectories_are_cases(store: Store, state: State) -> None:
    (uid,) = add_episodes(store, 1)
    with store.write() as conn:
        decisions.project_state(conn, 1, state, Outcome.ACCEPT)
    with store.read() as conn:
        stored = trajectories.load(conn, uid)
        cases = decisions.list_cases(conn, dataset_id=None, after_id=0, limit=5)
        assert decisions.count_cases(conn, None) == len(cases)
    assert (stored.state, stored.outcome) == (state, Outcome.ACCEPT)
    assert bool(cases) is (state in (State.DISPUTED, State.ANNOTATED))


def test_counting_cases_stops_at_the_cap(store: Store) -> None:
    add_episodes(store, 4)
    with store.write() as conn:
        for i in range(1, 5):
            decisions.project_state(conn, i, State.DISPUTED, None)
    with store.read() as conn:
        assert decisions.count_cases(conn, None, cap=3) == 3
        assert decisions.count_cases(conn, 1) == 4
        assert decisions.count_cases(conn, 2) == 0
