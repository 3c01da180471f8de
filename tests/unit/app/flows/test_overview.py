"""The overview's numbers, counted by hand on a store that was filled through the flows."""

from __future__ import annotations

from app.flows.annotate import claim_next, perform
from app.flows.bulk import Action, bulk
from app.flows.check import check
from app.flows.overview import overview
from app.flows.queue import fill_queue
from storage.browse import Filter
from storage.engine import Store
from tests.episodes import CALL_AT, Person, add_episodes, add_trajectories, episode


def test_the_funnel_counts_each_stage_as_a_part_of_the_one_before(store: Store) -> None:
    # 8 imported; all checked; 5 of them queued ("weather"); 2 annotated alone: one accept, one
    # reject, both decided by the rule; so accepted = 1. "other" is imported and checked only.
    uids = add_episodes(store, 5, "weather")
    add_episodes(store, 3, "other", first=100)
    check(store, processes=1)
    fill_queue(store, "weather", policy="oldest")
    ada = Person(store, "ada")
    for uid, outcome in zip(uids, ("accept", "reject"), strict=False):
        claim_next(store, ada.info, "weather")
        perform(
            store,
            ada.info,
            ada.session,
            [ada.op("outcome", uid, outcome=outcome), ada.op("commit", uid)],
        )
    stages = {bar.label: bar.n for bar in overview(store).funnel}
    assert stages == {
        "imported": 8,
        "checked": 8,
        "queued": 5,
        "annotated": 2,
        "decided": 2,
        "accepted": 1,
    }
    only = {bar.label: bar.n for bar in overview(store, "other").funnel}
    assert (only["imported"], only["queued"]) == (3, 0)


def test_findings_are_counted_by_trajectory_and_errors_by_tool(store: Store) -> None:
    add_trajectories(store, [episode(1, '{"days": "x"}'), episode(2, '{"days": "y"}'), episode(3)])
    check(store, processes=1)
    numbers = overview(store)
    by_check = {bar.label: (bar.part, bar.n) for bar in numbers.findings_by_check}
    assert by_check["calls/missing-required"] == ("error", 2)
    assert by_check["calls/wrong-type"] == ("error", 2)
    # Two trajectories with two errors each, all in calls of one tool.
    assert [(bar.label, bar.n) for bar in numbers.findings_by_tool] == [("get_weather", 4)]


def test_marks_and_outcomes_follow_the_latest_revision(store: Store) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather")
    ada = Person(store, "ada")
    claim_next(store, ada.info, "weather")
    perform(
        store,
        ada.info,
        ada.session,
        [
            ada.mark(uid, "m1", message_index=CALL_AT),
            ada.op("outcome", uid, outcome="reject"),
            ada.op("commit", uid),
            ada.op("unmark", uid, mark_id="m1"),
            ada.op("outcome", uid, outcome="accept"),
            ada.op("commit", uid),
        ],
    )
    numbers = overview(store)
    assert numbers.marks_by_category == []
    assert [(d.part, d.n) for d in numbers.outcomes_by_day] == [("accept", 1)]
    assert [(d.part, d.n) for d in numbers.annotations_by_annotator] == [("ada", 1)]


def test_an_undone_commit_counts_nowhere(store: Store) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather")
    ada = Person(store, "ada")
    claim_next(store, ada.info, "weather")
    perform(
        store,
        ada.info,
        ada.session,
        [
            ada.mark(uid, "m1", message_index=CALL_AT),
            ada.op("outcome", uid, outcome="reject"),
            ada.op("commit", uid),
            ada.op("undo"),
        ],
    )
    numbers = overview(store)
    assert numbers.outcomes_by_day == []
    assert numbers.marks_by_category == []


def test_a_bulk_decision_shows_in_the_funnel(store: Store) -> None:
    add_episodes(store, 3)
    bulk(store, Filter(), Action.ACCEPT, by="lead")
    assert {b.label: b.n for b in overview(store).funnel}["accepted"] == 3
