"""Acts, commits and undo through the flow that the browser and the command line use."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.flows import annotate, delivery
from app.flows.annotate import claim_next, open_trajectory, perform
from app.flows.queue import fill_queue, queue_overview
from curation.annotation import ActKind, Outcome, StepVerdict
from curation.errors import AnnotationError, NotFound
from curation.queueing import State
from curation.trajectory import Message, Role, Trajectory, quoted
from storage import decisions, tasks, trajectories
from storage.annotations import standing_annotations
from storage.engine import Store
from storage.tables import ActRow, AnnotationRow, MarkRow, table_of
from tests.episodes import ANSWER_AT, CALL_AT, CATEGORY, Person, add_episodes, add_trajectories


@pytest.fixture
def uids(store: Store) -> tuple[str, ...]:
    found = add_episodes(store, 3)
    fill_queue(store, "weather", policy="oldest")
    return found


@pytest.fixture
def ann(store: Store) -> Person:
    return Person(store, "Ann")


def do(store: Store, person: Person, *ops: annotate.Op) -> annotate.Performed:
    return perform(store, person.info, person.session, ops)


def commit(store: Store, person: Person, uid: str, outcome: str = "accept") -> annotate.Performed:
    return do(store, person, person.op("outcome", uid, outcome=outcome), person.op("commit", uid))


def look(store: Store, uid: str) -> tuple[str, str | None]:
    with store.read() as conn:
        stored = trajectories.load(conn, uid)
        return stored.state, stored.outcome


def rows(store: Store, row_class: type) -> int:
    with store.read() as conn:
        return conn.execute(select(func.count()).select_from(table_of(row_class))).scalar_one()


def test_an_accept_alone_decides_at_once(store: Store, uids: tuple[str, ...], ann: Person) -> None:
    commit(store, ann, uids[0])
    assert look(store, uids[0]) == (State.DECIDED, "accept")
    with store.read() as conn:
        decision = decisions.latest_decision(conn, 1)
    assert decision is not None
    assert (decision.rule, decision.decided_by) == ("alone", None)
    assert (decision.outcome, decision.result_uid) == (Outcome.ACCEPT, uids[0])


def test_unsure_does_not_decide(store: Store, uids: tuple[str, ...], ann: Person) -> None:
    commit(store, ann, uids[0], "unsure")
    assert look(store, uids[0]) == (State.ANNOTATED, "unsure")


def test_a_queue_that_wants_a_person_does_not_decide(store: Store, ann: Person) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather", decide_alone=False)
    commit(store, ann, uid)
    assert look(store, uid) == (State.ANNOTATED, "accept")


def test_a_trajectory_that_no_queue_asks_for_waits_for_a_person(store: Store, ann: Person) -> None:
    (uid,) = add_episodes(store, 1)
    commit(store, ann, uid)
    assert look(store, uid) == (State.ANNOTATED, "accept")


def test_a_queue_that_left_the_trajectory_out_has_no_say(store: Store, ann: Person) -> None:
    (uid,) = add_episodes(store, 1, "asks")
    add_episodes(store, 1, "leaves-out")
    fill_queue(store, "asks", overlap=1)
    fill_queue(store, "leaves-out", overlap=2, decide_alone=False, only_suspicious=True)
    commit(store, ann, uid)
    assert look(store, uid) == (State.DECIDED, "accept")


def test_what_is_opened_past_its_queue_follows_the_queues_rule(store: Store, ann: Person) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather", only_suspicious=True)
    commit(store, ann, uid)
    assert look(store, uid) == (State.DECIDED, "accept")


def test_two_that_agree_decide_and_two_that_differ_dispute(store: Store, ann: Person) -> None:
    uids = add_episodes(store, 2)
    fill_queue(store, "weather", overlap=2)
    bob = Person(store, "Bob")
    for uid in uids:
        do(store, ann, ann.mark(uid, "m1", message_index=CALL_AT, call_index=0))
        commit(store, ann, uid)
        assert look(store, uid)[0] == State.QUEUED, "a slot is still open"
    do(store, bob, bob.mark(uids[0], "m1", message_index=CALL_AT, call_index=0))
    commit(store, bob, uids[0])
    commit(store, bob, uids[1], "reject")
    assert look(store, uids[0]) == (State.DECIDED, "accept")
    assert look(store, uids[1])[0] == State.DISPUTED
    with store.read() as conn:
        agreed = decisions.latest_decision(conn, 1)
        disputed = decisions.latest_decision(conn, 2)
    assert agreed is not None
    assert agreed.rule == "agreed"
    assert len(agreed.annotation.marks) == 1
    assert disputed is None


def test_commit_without_an_outcome_is_refused_and_the_ops_after_it_go_on(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    done = do(
        store,
        ann,
        ann.op("verdicts", uids[0], verdicts={CALL_AT: "correct"}),
        ann.op("commit", uids[0]),
        ann.op("note", uids[0], note="look again"),
    )
    assert [r.status for r in done.results] == ["ok", "refused", "ok"]
    assert "outcome" in done.results[1].message
    assert done.acked == 3
    draft = done.annotations[uids[0]]
    assert (draft.annotation.note, draft.committed) == ("look again", False)
    assert rows(store, AnnotationRow) == 0


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("mark", {"mark": {"mark_id": "m", "taxonomy": "x", "category": "y", "anchor": {}}}, "'x'"),
        (
            "mark",
            {"mark": {"mark_id": "m", "taxonomy": "canonical", "category": "y", "anchor": {}}},
            "'y'",
        ),
        ("mark", {"mark": {"mark_id": "m"}}, "taxonomy"),
        ("verdicts", {"verdicts": {"1": "correct"}}, "Message 1 is not a step"),
        ("verdicts", {"verdicts": {"99": "correct"}}, "Message 99"),
        ("verdicts", {"verdicts": {str(CALL_AT): "good"}}, "good"),
        (
            "recovery",
            {"message_index": 3, "label": "corrected", "holds": True},
            "Message 3 is not a step",
        ),
        ("recovery", {"message_index": CALL_AT, "label": "ignored"}, "holds"),
        ("mark", {"mark": {"mark_id": "m", **CATEGORY, "anchor": {}, "train": False}}, "assistant"),
        (
            "mark",
            {
                "mark": {
                    "mark_id": "m",
                    **CATEGORY,
                    "anchor": {"message_index": 1},
                    "train": False,
                }
            },
            "Do not learn",
        ),
        (
            "mark",
            {
                "mark": {
                    "mark_id": "m",
                    **CATEGORY,
                    "anchor": {},
                    "expected_clarification": "x" * 20_001,
                }
            },
            "20001",
        ),
        ("outcome", {"outcome": "maybe"}, "maybe"),
        ("note", {"note": "x" * 20_001}, "20001"),
        ("note", {"text": "x"}, "text"),
        ("correct", {"correction_uid": "tj1-x"}, "'correct'"),
        ("dance", {}, "'dance'"),
        ("note", [1], "array"),
    ],
)
def test_what_cannot_be_said_is_refused_and_leaves_nothing(
    store: Store,
    uids: tuple[str, ...],
    ann: Person,
    kind: str,
    payload: dict[str, object],
    words: str,
) -> None:
    op = annotate.Op(ann.next_number(), uids[0], kind, payload)
    (result,) = do(store, ann, op).results
    assert result.status == "refused"
    assert words in result.message
    assert result.hint
    assert rows(store, ActRow) == 0


@pytest.mark.parametrize(
    ("anchor", "fits"),
    [
        ({}, True),
        ({"message_index": CALL_AT}, True),
        ({"message_index": CALL_AT, "call_index": 0}, True),
        ({"message_index": CALL_AT, "call_index": 0, "pointer": ""}, True),
        ({"message_index": CALL_AT, "call_index": 0, "pointer": "/city"}, True),
        ({"message_index": CALL_AT, "call_index": 0, "pointer": "/missing"}, True),
        ({"message_index": ANSWER_AT, "span": [4, 7]}, True),
        ({"message_index": ANSWER_AT, "span": [0, 29]}, True),
        ({"message_index": ANSWER_AT, "span": [0, 30]}, False),
        ({"message_index": ANSWER_AT, "span": [4, 7], "field": "reasoning"}, False),
        ({"message_index": ANSWER_AT, "span": [4, 7], "field": "name"}, False),
        ({"message_index": ANSWER_AT, "field": "reasoning"}, False),
        ({"message_index": ANSWER_AT, "span": [-3, 4]}, False),
        ({"message_index": CALL_AT, "call_index": 0, "span": [0, 1]}, False),
        ({"span": [0, 1]}, False),
        ({"message_index": 5}, False),
        ({"message_index": -1}, False),
        ({"call_index": 0}, False),
        ({"message_index": CALL_AT, "call_index": 1}, False),
        ({"message_index": ANSWER_AT, "call_index": 0}, False),
        ({"message_index": CALL_AT, "pointer": "/city"}, False),
        ({"message_index": CALL_AT, "call_index": 0, "pointer": "city"}, False),
        ({"message_index": CALL_AT, "call_index": 0, "pointer": "/a/b"}, False),
        ({"message_index": CALL_AT, "call_index": 0, "pointer": "/city/0"}, False),
        ({"message_index": ANSWER_AT, "span": [4, 4]}, False),
        ({"message_index": ANSWER_AT, "span": [0, 10_000]}, False),
    ],
)
def test_a_mark_needs_a_place_in_the_trajectory(
    store: Store, uids: tuple[str, ...], ann: Person, anchor: dict[str, object], fits: bool
) -> None:
    (result,) = do(store, ann, ann.mark(uids[0], "m", **anchor)).results
    assert (result.status == "ok") is fits, result


def test_an_act_on_an_unknown_trajectory_is_refused(store: Store, ann: Person) -> None:
    (result,) = do(store, ann, ann.op("note", "tj1-no", note="x")).results
    assert result.status == "refused"
    assert "tj1-no" in result.message


def test_undo_walks_back_over_trajectories_and_over_a_commit(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    claim_next(store, ann.info, "weather")
    commit(store, ann, uids[0])
    do(store, ann, ann.op("outcome", uids[1], outcome="reject"))
    first = do(store, ann, ann.op("undo", uids[1]))
    assert first.results[0].undone == annotate.Undone(uids[1], ActKind.OUTCOME)
    assert first.annotations[uids[1]].annotation.is_empty
    second = do(store, ann, ann.op("undo", uids[1]))
    assert second.results[0].undone == annotate.Undone(uids[0], ActKind.COMMIT)
    assert second.annotations[uids[0]].annotation.outcome is Outcome.ACCEPT
    assert second.annotations[uids[0]].committed is False
    assert look(store, uids[0]) == (State.QUEUED, None)
    with store.read() as conn:
        assert standing_annotations(conn, 1) == []
        withdrawn = decisions.latest_decision(conn, 1)
    assert withdrawn is not None
    assert withdrawn.outcome is None
    again = claim_next(store, ann.info, "weather")
    assert again is not None
    assert again.opened.uid == uids[0], "the task is theirs again"
    third = do(store, ann, ann.op("undo"), ann.op("undo"))
    assert [r.status for r in third.results] == ["ok", "refused"]
    assert third.annotations[uids[0]].annotation.is_empty


def test_undoing_a_second_commit_brings_the_first_one_back(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    commit(store, ann, uids[0], "accept")
    commit(store, ann, uids[0], "reject")
    assert look(store, uids[0]) == (State.DECIDED, "reject")
    done = do(store, ann, ann.op("undo"))
    assert look(store, uids[0]) == (State.DECIDED, "accept")
    assert done.annotations[uids[0]].annotation.outcome is Outcome.REJECT
    with store.read() as conn:
        (standing,) = standing_annotations(conn, 1)
    assert (standing.revision, standing.annotation.outcome) == (3, Outcome.ACCEPT)
    assert queue_overview(store)[0].done == 1


def test_undo_in_one_tab_leaves_alone_what_another_tab_said_elsewhere(
    store: Store, uids: tuple[str, ...]
) -> None:
    one, two = Person(store, "Ann", "tab one"), Person(store, "Ann", "tab two")
    do(store, one, one.op("note", uids[0], note="seen in tab one"))
    do(store, two, two.op("outcome", uids[1], outcome="reject"))
    done = do(store, one, one.op("undo", uids[0]))
    assert done.results[0].undone == annotate.Undone(uids[0], ActKind.NOTE)
    assert open_trajectory(store, uids[1], two.info).draft.annotation.outcome is Outcome.REJECT
    # Nothing of its own is left: then the latest of all goes, and the answer says which.
    again = do(store, one, one.op("undo", uids[0]))
    assert again.results[0].undone == annotate.Undone(uids[1], ActKind.OUTCOME)


def test_undo_never_reaches_under_what_another_tab_said_later_of_the_same_trajectory(
    store: Store, uids: tuple[str, ...]
) -> None:
    one, two = Person(store, "Ann", "tab one"), Person(store, "Ann", "tab two")
    do(store, one, one.op("note", uids[0], note="x"))
    commit(store, two, uids[0])
    done = do(store, one, one.op("undo", uids[0]))
    assert done.results[0].undone == annotate.Undone(uids[0], ActKind.COMMIT)
    with store.read() as conn:
        assert standing_annotations(conn, 1) == []


def test_a_commit_of_an_outcome_that_another_tab_changed_is_refused(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    tab = Person(store, "Ann", "another tab")
    do(store, ann, ann.op("outcome", uids[0], outcome="accept"))
    do(store, tab, tab.op("outcome", uids[0], outcome="reject"))
    refused = do(store, ann, ann.op("commit", uids[0], outcome="accept"))
    assert refused.results[0].status == "refused"
    assert "reject by now, not accept" in refused.results[0].message
    assert look(store, uids[0]) == (State.QUEUED, None)
    assert do(store, ann, ann.op("commit", uids[0], outcome="reject")).results[0].status == "ok"
    assert look(store, uids[0]) == (State.DECIDED, "reject")
    (bad,) = do(store, ann, ann.op("commit", uids[0], outcome="maybe")).results
    assert bad.status == "refused"
    assert "Reload the page" in bad.hint


def test_undoing_what_was_refused_takes_back_nothing_else(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    """A key and its undo in one request: the commit before it stands."""
    commit(store, ann, uids[0])
    bad = ann.op("mark", uids[1], mark={"mark_id": "m", "taxonomy": "no", "category": "X"})
    done = do(store, ann, bad, ann.op("undo", uids[1], of=bad.n))
    assert [r.status for r in done.results] == ["refused", "refused"]
    assert "never saved" in done.results[1].message
    assert look(store, uids[0])[0] == State.DECIDED
    (good,) = do(store, ann, ann.op("undo", uids[1])).results
    assert good.undone == annotate.Undone(uids[0], ActKind.COMMIT)


def test_redo_walks_forward_over_trajectories_and_over_a_commit(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    said = [
        ann.op("outcome", uids[0], outcome="accept"),
        ann.op("commit", uids[0]),
        ann.op("outcome", uids[1], outcome="reject"),
    ]
    perform(store, ann.info, ann.session, said)
    undos = [ann.op("undo") for _ in said]
    perform(store, ann.info, ann.session, undos)
    with store.read() as conn:
        assert standing_annotations(conn, 1) == []
    redos = [ann.op("redo", of=undo.n) for undo in reversed(undos)]
    done = perform(store, ann.info, ann.session, redos)
    assert [r.redone for r in done.results] == [
        annotate.Undone(uids[0], ActKind.OUTCOME),
        annotate.Undone(uids[0], ActKind.COMMIT),
        annotate.Undone(uids[1], ActKind.OUTCOME),
    ]
    assert done.annotations[uids[0]].committed
    with store.read() as conn:
        (again,) = standing_annotations(conn, 1)
        assert (again.revision, again.annotation.outcome) == (3, Outcome.ACCEPT)
        assert tasks.slots_of(conn, 1) == (0, 1)
        assert trajectories.load(conn, uids[0]).state == "decided"
    assert perform(store, ann.info, ann.session, redos).results == done.results
    undo = perform(store, ann.info, ann.session, [ann.op("undo")])
    assert undo.results[0].undone == annotate.Undone(uids[1], ActKind.OUTCOME)
    assert undo.annotations[uids[1]].annotation.is_empty


def refusal_of(store: Store, person: Person, op: annotate.Op) -> str:
    (result,) = perform(store, person.info, person.session, [op]).results
    assert result.status == "refused" and result.redone is None
    return result.message


def test_redo_is_over_when_something_else_was_said(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    undo = ann.op("undo")
    note = ann.op("note", uids[0], note="n")
    assert "nothing to redo" in refusal_of(store, ann, ann.op("redo", of=99))
    assert "nothing to undo" in refusal_of(store, ann, undo)
    assert "nothing to redo" in refusal_of(store, ann, ann.op("redo", of=undo.n))
    perform(store, ann.info, ann.session, [note, ann.op("outcome", uids[1], outcome="reject")])
    assert "nothing to redo" in refusal_of(store, ann, ann.op("redo", of=note.n))
    first, second = ann.op("undo"), ann.op("undo")
    perform(store, ann.info, ann.session, [first, second])
    assert "cannot be redone" in refusal_of(store, ann, ann.op("redo", of=first.n))
    perform(store, ann.info, ann.session, [ann.op("redo", of=second.n)])
    assert "redone already" in refusal_of(store, ann, ann.op("redo", of=second.n))
    perform(store, ann.info, ann.session, [ann.op("note", uids[2], note="else")])
    assert "said or undone since" in refusal_of(store, ann, ann.op("redo", of=first.n))
    bad = perform(store, ann.info, ann.session, [ann.op("redo"), ann.op("redo", of="x")])
    assert [r.status for r in bad.results] == ["refused", "refused"]


def test_redo_never_goes_over_what_another_tab_did_to_the_trajectory(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    tab = Person(store, "Ann", session="another-tab")
    said = [ann.op("outcome", uids[0], outcome="accept"), ann.op("commit", uids[0])]
    undo = ann.op("undo")
    perform(store, ann.info, ann.session, [*said, undo])
    perform(store, tab.info, tab.session, [tab.op("undo")])  # the outcome: a commit needs one
    assert "another tab" in refusal_of(store, ann, ann.op("redo", of=undo.n))
    assert "nothing to redo" in refusal_of(store, tab, tab.op("redo", of=undo.n))
    bob = Person(store, "Bob", session=ann.session)
    with pytest.raises(AnnotationError, match="another name"):
        perform(
            store, bob.info, bob.session, [annotate.Op(undo.n, uids[0], "redo", {"of": undo.n})]
        )


def test_redoing_a_repeated_commit_makes_no_revision(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    said = [ann.op("outcome", uids[0], outcome="accept"), ann.op("commit", uids[0])]
    again, undo = ann.op("commit", uids[0]), ann.op("undo")
    perform(store, ann.info, ann.session, [*said, again, undo, ann.op("redo", of=undo.n)])
    with store.read() as conn:
        (one,) = standing_annotations(conn, 1)
    assert one.revision == 1


def test_undo_takes_back_only_ones_own_acts(store: Store, uids: tuple[str, ...]) -> None:
    ann, bob = Person(store, "Ann"), Person(store, "Bob")
    do(store, ann, ann.op("note", uids[0], note="mine"))
    (result,) = do(store, bob, bob.op("undo", uids[0])).results
    assert result.status == "refused"


def test_committing_twice_without_a_change_makes_no_second_revision(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    commit(store, ann, uids[0])
    do(store, ann, ann.op("commit", uids[0]))
    assert rows(store, AnnotationRow) == 1
    do(store, ann, ann.op("undo"))
    assert look(store, uids[0])[0] == State.DECIDED
    assert rows(store, AnnotationRow) == 1


def test_what_is_said_after_a_commit_is_a_draft_until_the_next(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    commit(store, ann, uids[0])
    done = do(store, ann, ann.op("outcome", uids[0], outcome="reject"))
    assert done.annotations[uids[0]].committed is False
    assert look(store, uids[0]) == (State.DECIDED, "accept")


def test_spans_count_code_points_of_the_text_as_it_is_stored(store: Store, ann: Person) -> None:
    text = "👍🏽 **Ja**"  # two code points, four UTF-16 units; Markdown counts as it is written
    said = Message(Role.ASSISTANT, text, reasoning="🙂!")
    (uid,) = add_trajectories(store, [Trajectory((Message(Role.USER, "?"), said))], "spans")
    ops = [
        ann.mark(uid, "whole", message_index=1, span=[0, len(text)]),
        ann.mark(uid, "beyond", message_index=1, span=[0, len(text) + 1]),
        ann.mark(uid, "thought", message_index=1, span=[1, 2], field="reasoning"),
        ann.mark(uid, "too far", message_index=1, span=[1, 3], field="reasoning"),
    ]
    done = do(store, ann, *ops)
    assert [r.status for r in done.results] == ["ok", "refused", "ok", "refused"]
    marks = done.annotations[uid].annotation.marks
    assert [quoted((Message(Role.USER, "?"), said), m.anchor) for m in marks] == [text, "!"]


def test_setting_a_root_cause_clears_the_other_and_undo_brings_it_back(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    def root(mark_id: str) -> annotate.Op:
        op = ann.mark(uids[0], mark_id, message_index=CALL_AT)
        op.payload["mark"]["root_cause"] = True
        return op

    done = do(store, ann, root("m1"), root("m2"))
    assert [m.root_cause for m in done.annotations[uids[0]].annotation.marks] == [False, True]
    done = do(store, ann, ann.op("undo"))
    (only,) = done.annotations[uids[0]].annotation.marks
    assert (only.mark_id, only.root_cause) == ("m1", True)


def test_a_committed_annotation_has_a_row_per_mark(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    do(
        store,
        ann,
        ann.mark(uids[0], "m1", message_index=CALL_AT, call_index=0, pointer="/city"),
        ann.mark(uids[0], "m2"),
        ann.op("unmark", uids[0], mark_id="m2"),
    )
    commit(store, ann, uids[0], "reject")
    mark = table_of(MarkRow)
    with store.read() as conn:
        (row,) = conn.execute(select(mark)).all()
    assert (row.mark_id, row.message_index, row.call_index, row.pointer) == (
        "m1",
        CALL_AT,
        0,
        "/city",
    )


def test_two_tabs_of_one_person_merge(store: Store, uids: tuple[str, ...]) -> None:
    one = Person(store, "Ann", "tab-1")
    two = Person(store, "Ann", "tab-2")
    do(store, one, one.op("verdicts", uids[0], verdicts={CALL_AT: "incorrect"}))
    do(store, two, two.op("verdicts", uids[0], verdicts={ANSWER_AT: "correct"}))
    done = do(store, one, one.op("note", uids[0], note="both kept"))
    assert done.annotations[uids[0]].annotation.step_verdicts == {
        CALL_AT: StepVerdict.INCORRECT,
        ANSWER_AT: StepVerdict.CORRECT,
    }


def test_a_session_of_somebody_else_is_refused(store: Store, uids: tuple[str, ...]) -> None:
    ann, bob = Person(store, "Ann", "shared"), Person(store, "Bob", "shared")
    do(store, ann, ann.op("note", uids[0], note="x"))
    with pytest.raises(AnnotationError, match="another name"):
        do(store, bob, bob.op("note", uids[0], note="y"))


def test_an_act_renews_the_lease(store: Store, uids: tuple[str, ...]) -> None:
    ann, bob = Person(store, "Ann"), Person(store, "Bob")
    claim_next(store, ann.info, "weather", lease=timedelta(seconds=-1))
    do(store, ann, ann.op("note", uids[0], note="still here"))
    theirs = claim_next(store, bob.info, "weather")
    assert theirs is not None
    assert theirs.opened.uid == uids[1]


def test_work_on_a_lost_lease_is_kept(store: Store, ann: Person) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather")
    bob = Person(store, "Bob")
    claim_next(store, ann.info, "weather", lease=timedelta(seconds=-1))
    assert claim_next(store, bob.info, "weather") is not None
    commit(store, ann, uid)
    assert look(store, uid) == (State.QUEUED, "accept")
    commit(store, bob, uid, "reject")
    assert look(store, uid)[0] == State.DISPUTED


def test_without_a_dataset_the_queues_are_tried_one_after_the_other(
    store: Store, ann: Person
) -> None:
    first = add_episodes(store, 1, "first")
    second = add_episodes(store, 1, "second", first=1)
    for dataset in ("first", "second"):
        fill_queue(store, dataset)
    one = claim_next(store, ann.info, None)
    assert one is not None
    two = claim_next(store, ann.info, None, [one.opened.uid])
    assert two is not None
    assert (one.opened.uid, two.opened.uid) == (first[0], second[0])
    assert (one.opened.dataset, two.opened.dataset) == ("first", "second")


def test_an_unknown_dataset_or_trajectory_is_named(store: Store, ann: Person) -> None:
    with pytest.raises(NotFound, match="'wether'"):
        claim_next(store, ann.info, "wether")
    with pytest.raises(NotFound, match="tj1-no"):
        open_trajectory(store, "tj1-no", ann.info)


def test_an_opened_trajectory_shows_only_ones_own_annotation(
    store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    commit(store, ann, uids[0])
    opened = open_trajectory(store, uids[0], ann.info)
    assert opened.draft.committed is True
    assert opened.state == State.DECIDED
    assert (opened.source_id, opened.source) == ("weather-0", {"reward": 1.0})
    assert open_trajectory(store, uids[0], Person(store, "Bob").info).draft.annotation.is_empty


def test_a_failure_in_the_middle_of_a_delivery_leaves_nothing_behind(
    store: Store, uids: tuple[str, ...], ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk went away")

    ops = [
        ann.op("outcome", uids[0], outcome="accept"),
        ann.op("commit", uids[0]),
        ann.op("note", uids[1], note="after"),
    ]
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "settle_state", broken)
        with pytest.raises(OSError, match="went away"):
            do(store, ann, *ops)
    assert rows(store, ActRow) == rows(store, AnnotationRow) == 0
    assert look(store, uids[0]) == (State.QUEUED, None)
    assert queue_overview(store)[0].done == 0
    done = do(store, ann, *ops)
    assert [r.status for r in done.results] == ["ok", "ok", "ok"]
    assert look(store, uids[0]) == (State.DECIDED, "accept")


def test_twenty_people_who_commit_at_once_lose_nothing(store: Store) -> None:
    people, each = 20, 5
    uids = add_episodes(store, people * each)
    fill_queue(store, "weather", policy="oldest")
    crowd = [Person(store, f"P{i}") for i in range(people)]

    def work(person: Person) -> list[str]:
        mine: list[str] = []
        while (claimed := claim_next(store, person.info, "weather")) is not None:
            uid = claimed.opened.uid
            ops = [
                person.mark(uid, "m", message_index=CALL_AT, call_index=0),
                person.op("outcome", uid, outcome="reject"),
                person.op("commit", uid),
            ]
            for _ in range(2):  # every delivery is repeated, as after a lost answer
                done = perform(store, person.info, person.session, ops)
                assert [r.status for r in done.results] == ["ok", "ok", "ok"]
            mine.append(uid)
        return mine

    with ThreadPoolExecutor(people) as pool:
        hauls = list(pool.map(work, crowd))
    done = [uid for haul in hauls for uid in haul]
    assert sorted(done) == sorted(uids)
    assert rows(store, AnnotationRow) == rows(store, MarkRow) == len(uids)
    assert rows(store, ActRow) == 3 * len(uids)
    (info,) = queue_overview(store)
    assert (info.waiting, info.claimed, info.done) == (0, 0, len(uids))
    assert {look(store, uid) for uid in uids} == {(State.DECIDED, "reject")}
