"""The overview's numbers, counted by hand on a store that was filled through the flows."""

from __future__ import annotations

import pytest

from app.flows import overview as flow
from app.flows.annotate import claim_next, perform
from app.flows.browse import find
from app.flows.bulk import Action, bulk
from app.flows.check import check
from app.flows.correct import propose_correction
from app.flows.overview import overview
from app.flows.queue import fill_queue
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory
from storage.browse import Filter
from storage.engine import Store
from tests.episodes import CALL_AT, Person, add_episodes, add_trajectories, episode
from tests.revisions import arguments, revised


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
    # Two trajectories with two errors each, all in calls of one tool: trajectories are counted.
    assert [(bar.label, bar.n) for bar in numbers.findings_by_tool] == [("get_weather", 2)]


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


def two_calls(i: int) -> Trajectory:
    """A sound call of `get_weather` and a broken one of `get_tide`, which no other row calls."""
    first = episode(i)
    tide = ToolSpec("get_tide", "Tide of a coast", {"type": "object", "required": ["coast"]})
    calls = (*first.messages[CALL_AT].tool_calls, ToolCall("get_tide", "{}", "c2"))
    messages = list(first.messages)
    messages[CALL_AT] = Message(role=Role.ASSISTANT, tool_calls=calls)
    return Trajectory(messages=tuple(messages), tools=(*first.tools, tide))


@pytest.mark.parametrize("dataset", [None, "weather", "other"])
def test_every_mark_of_every_chart_leads_to_as_many_trajectories(
    store: Store, dataset: str | None
) -> None:
    # Everything that can set a number apart from a list: two errors in one call, an error beside
    # a sound call, two marks of one category, two annotators who agree, a decision that
    # overrules them, cases past the stage that is counted, a second dataset, no queue at all.
    uids = add_trajectories(
        store,
        [episode(1, '{"days": "x"}'), two_calls(2), *[episode(i) for i in range(3, 8)]],
    )
    add_episodes(store, 4, "other", first=100)
    check(store, processes=1)
    fill_queue(store, "weather", policy="oldest", overlap=2, decide_alone=False)
    for person in (Person(store, "ada"), Person(store, "ben")):
        for uid in uids[:3]:
            claim_next(store, person.info, "weather")
            marks = [
                person.mark(uid, f"{person.info.name}-{uid}-{n}", message_index=CALL_AT)
                for n in range(2)
            ]
            ops = [*marks, person.op("outcome", uid, outcome="reject"), person.op("commit", uid)]
            assert all(
                r.status == "ok" for r in perform(store, person.info, person.session, ops).results
            )
    bulk(store, Filter(dataset="weather", said="reject"), Action.ACCEPT, by="lead")
    bulk(store, Filter(dataset="other", max_messages=0), Action.ACCEPT, by="lead")
    # A dispute; a correction in no dataset that still has the other call's error.
    for name, outcome in (("cara", "accept"), ("dan", "reject")):
        person = Person(store, name)
        claim_next(store, person.info, "weather")
        ops = [person.op("outcome", uids[3], outcome=outcome), person.op("commit", uids[3])]
        perform(store, person.info, person.session, ops)
    edit = revised(5, arguments(CALL_AT, '{"city": "Rome", "days": 9}'))
    done = propose_correction(store, person.info, "other", 1, uids[1], edit, "another city")
    assert done.correction_uid is not None
    report = check(store, processes=1)
    assert report.trajectories == find(store, Filter()).count.n
    assert report.trajectories_with_errors == find(store, Filter(with_errors=True)).count.n
    numbers = flow.overview(store, dataset)
    behind = [
        *[(bar, flow.behind_stage(bar, dataset)) for bar in numbers.funnel],
        *[(bar, flow.behind_check(bar, dataset)) for bar in numbers.findings_by_check],
        *[(bar, flow.behind_tool(bar, dataset)) for bar in numbers.findings_by_tool],
        *[(bar, flow.behind_category(bar, dataset)) for bar in numbers.marks_by_category],
        *[(bar, flow.behind_outcome(bar, dataset)) for bar in numbers.outcomes_by_day],
        *[(bar, flow.behind_annotator(bar, dataset)) for bar in numbers.annotations_by_annotator],
    ]
    assert [(bar, find(store, wanted).count.n) for bar, wanted in behind] == [
        (bar, bar.n) for bar, _ in behind
    ]
    if dataset != "other":
        stages = {bar.label: bar.n for bar in numbers.funnel}
        assert (stages["queued"], stages["annotated"], stages["accepted"]) == (7, 4, 3)
        assert {bar.label: bar.n for bar in numbers.findings_by_tool} == {
            "get_weather": 1,
            "get_tide": 1,
        }
        assert [bar.n for bar in numbers.marks_by_category] == [3]
        assert [(count.part, count.n) for count in numbers.outcomes_by_day] == [
            ("accept", 1),
            ("reject", 4),
        ]
