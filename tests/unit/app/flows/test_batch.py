"""Acts decided as one: refused where others have a say, undone and redone as one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.flows.annotate import Op, Performed, claim_next, open_trajectory, perform
from app.flows.queue import fill_queue, queue_overview
from curation.annotation import ActKind, Outcome
from curation.queueing import State
from storage import trajectories
from storage.annotations import standing_annotations
from storage.engine import Store
from tests.episodes import CALL_AT, CATEGORY, Person, add_episodes


@pytest.fixture
def uids(any_store: Store) -> tuple[str, ...]:
    found = add_episodes(any_store, 4)
    fill_queue(any_store, "weather", policy="oldest")
    return found


@pytest.fixture
def ann(any_store: Store) -> Person:
    return Person(any_store, "Ann")


def in_batch(
    person: Person, uids: tuple[str, ...], *, commit: bool = False, batch: str = "b1"
) -> list[Op]:
    ops = []
    for uid in uids:
        n = person.next_number()
        anchor = {"message_index": CALL_AT, "call_index": 0, "pointer": "/city"}
        mark = {"mark_id": f"m{n}", **CATEGORY, "anchor": anchor}
        ops.append(Op(n, uid, "mark", {"mark": mark}, batch))
        if commit:
            outcome = {"outcome": "reject"}
            ops.append(Op(person.next_number(), uid, "outcome", outcome, batch))
            ops.append(Op(person.next_number(), uid, "commit", outcome, batch))
    return ops


def do(store: Store, person: Person, *ops: Op) -> Performed:
    return perform(store, person.info, person.session, ops)


def undo(person: Person, **payload: object) -> Op:
    return Op(person.next_number(), "", "undo", payload)


def states(store: Store, uids: tuple[str, ...]) -> list[tuple[str, str | None]]:
    with store.read() as conn:
        found = [trajectories.load(conn, uid) for uid in uids]
    return [(one.state, one.outcome) for one in found]


def test_one_undo_takes_back_every_act_of_a_batch(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    do(any_store, ann, ann.op("note", uids[0], note="before"))
    before = states(any_store, uids), queue_overview(any_store)
    done = do(any_store, ann, *in_batch(ann, uids[1:], commit=True))
    assert {r.status for r in done.results} == {"ok"}
    assert states(any_store, uids[1:]) == [(State.DECIDED, "reject")] * 3
    taken = do(any_store, ann, undo(ann, batch="b1"))
    (result,) = taken.results
    assert result.undone is not None
    assert result.undone.batch_marks == 3
    assert set(taken.annotations) == set(uids[1:])
    assert all(draft.annotation.is_empty for draft in taken.annotations.values())
    assert (states(any_store, uids), queue_overview(any_store)) == before
    with any_store.read() as conn:
        for uid in uids[1:]:
            assert standing_annotations(conn, trajectories.id_of(conn, uid)) == []
    kept = open_trajectory(any_store, uids[0], ann.info).draft.annotation
    assert kept.note == "before"


def test_an_undo_that_names_no_batch_takes_the_whole_of_the_latest_one(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    do(any_store, ann, *in_batch(ann, uids))
    taken = do(any_store, ann, undo(ann))
    assert len(taken.annotations) == 4
    assert all(draft.annotation.is_empty for draft in taken.annotations.values())
    assert do(any_store, ann, undo(ann)).results[0].status == "refused"


def test_undoing_a_batch_again_says_the_same_and_does_nothing(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    do(any_store, ann, *in_batch(ann, uids))
    back = undo(ann, batch="b1")
    first, second = do(any_store, ann, back), do(any_store, ann, back)
    assert first.results[0].undone is not None
    assert second.results[0].undone is not None
    assert first.results[0].undone.batch_marks == second.results[0].undone.batch_marks == 4
    other = do(any_store, ann, undo(ann, batch="b1")).results[0]
    assert (other.status, other.undone) == ("refused", None)


def test_what_was_said_by_itself_after_a_batch_stays_when_the_batch_goes(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    do(any_store, ann, *in_batch(ann, uids[:2]))
    do(any_store, ann, ann.op("outcome", uids[0], outcome="accept"), ann.op("commit", uids[0]))
    done = do(any_store, ann, undo(ann, batch="b1"))
    said = done.annotations[uids[0]].annotation
    assert (said.outcome, said.marks) == (Outcome.ACCEPT, ())
    with any_store.read() as conn:
        (standing,) = standing_annotations(conn, trajectories.id_of(conn, uids[0]))
    assert standing.annotation == said
    assert states(any_store, uids[:1]) == [(State.DECIDED, "accept")]


def test_one_redo_brings_back_every_act_of_a_batch(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    do(any_store, ann, *in_batch(ann, uids[1:], commit=True))
    decided = states(any_store, uids), queue_overview(any_store)
    for _ in range(2):
        back = undo(ann, batch="b1")
        do(any_store, ann, back)
        again = do(any_store, ann, Op(ann.next_number(), "", "redo", {"of": back.n}))
        (result,) = again.results
        assert result.redone is not None, result
        assert result.redone.batch_marks == 3
        assert set(again.annotations) == set(uids[1:])
        assert (states(any_store, uids), queue_overview(any_store)) == decided


def test_a_batch_comes_back_under_what_was_said_by_itself_after_it(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    do(any_store, ann, *in_batch(ann, uids[:1]))
    do(any_store, ann, ann.op("outcome", uids[0], outcome="accept"), ann.op("commit", uids[0]))
    back = undo(ann, batch="b1")
    do(any_store, ann, back)
    done = do(any_store, ann, Op(ann.next_number(), "", "redo", {"of": back.n}))
    assert done.results[0].status == "ok"
    with any_store.read() as conn:
        (standing,) = standing_annotations(conn, trajectories.id_of(conn, uids[0]))
    assert standing.annotation == done.annotations[uids[0]].annotation
    assert len(standing.annotation.marks) == 1


def test_a_batch_does_not_come_back_over_what_somebody_took_in_hand(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    do(any_store, ann, *in_batch(ann, uids, commit=True))
    back = undo(ann, batch="b1")
    do(any_store, ann, back)
    assert claim_next(any_store, Person(any_store, "Bob").info, "weather") is not None
    done = do(any_store, ann, Op(ann.next_number(), "", "redo", {"of": back.n}))
    assert (done.results[0].status, done.annotations) == ("refused", {})
    assert "somebody else" in done.results[0].message


def test_a_batch_leaves_alone_what_is_decided_held_or_committed(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    bob = Person(any_store, "Bob")
    held = claim_next(any_store, bob.info, "weather", lease=timedelta(seconds=-1))
    assert held is not None, "a lease that ran out"
    assert held.opened.uid == uids[0]
    do(any_store, bob, bob.op("outcome", uids[1], outcome="accept"), bob.op("commit", uids[1]))
    do(any_store, ann, ann.op("outcome", uids[2], outcome="unsure"), ann.op("commit", uids[2]))
    results = do(any_store, ann, *in_batch(ann, uids)).results
    assert [r.status for r in results] == ["refused", "refused", "refused", "ok"]
    words = ["somebody else's hands", "decided", "committed by you already"]
    for result, why in zip(results, words, strict=False):
        assert why in result.message


def test_a_plain_act_is_undone_alone(any_store: Store, uids: tuple[str, ...], ann: Person) -> None:
    do(any_store, ann, *in_batch(ann, uids[:2]), ann.op("note", uids[3], note="x"))
    done = do(any_store, ann, undo(ann))
    assert done.results[0].undone is not None
    assert done.results[0].undone.kind is ActKind.NOTE
    assert done.results[0].undone.batch_marks == 0
    assert len(open_trajectory(any_store, uids[0], ann.info).draft.annotation.marks) == 1
