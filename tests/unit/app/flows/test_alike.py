"""The others like this: found by what a check or a call says, marked by the worker."""

from __future__ import annotations

import json

import msgspec
import pytest

from app.flows.alike import About, find_alike
from app.flows.annotate import Op, open_trajectory, perform
from app.flows.check import check
from app.flows.jobs import enqueue, run_next
from app.flows.mark_alike import Ticked, mark_alike
from app.flows.queue import fill_queue
from app.flows.running import Cancelled, Run
from curation.errors import AnnotationError
from curation.trajectory import Anchor
from storage.engine import Store
from tests.episodes import CALL_AT, CATEGORY, Person, add_trajectories, episode


@pytest.fixture
def uids(any_store: Store) -> tuple[str, ...]:
    """Five with days as a word (two of them the same word), one sound one."""
    words = ["two", "three", "two", "four", "five", None]
    values = [
        episode(i, json.dumps({"city": f"City {i}", "days": word or 2}))
        for i, word in enumerate(words)
    ]
    found = add_trajectories(any_store, values)
    check(any_store, dataset="weather", processes=1)
    fill_queue(any_store, "weather", policy="oldest")
    return found


@pytest.fixture
def ann(any_store: Store) -> Person:
    return Person(any_store, "Ann")


def days(uid: str) -> About:
    anchor = open_anchor("/days")
    return About(uid, anchor, **CATEGORY)


def open_anchor(pointer: str | None) -> Anchor:
    return Anchor(message_index=CALL_AT, call_index=0, pointer=pointer)


def test_the_same_check_at_the_same_argument_of_the_same_tool(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    found = find_alike(any_store, ann.info, days(uids[0]))
    assert [p.uid for p in found.places] == list(uids[1:5])
    assert (found.n_places, found.n_trajectories, found.left_alone) == (4, 4, {})
    assert found.grounds == (
        "The check calls/wrong-type found something at days in a call of get_weather"
    )
    first = found.places[0]
    assert (first.value, first.name, first.step, first.step_index) == (
        '"three"',
        "get_weather",
        1,
        CALL_AT,
    )
    assert first.anchor == open_anchor("/days")
    assert "three" in first.message


def test_without_a_finding_the_same_value_counts(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    more = add_trajectories(
        any_store, [episode(9, '{"city": "City 0"}'), episode(8, '{"city": "City 00"}')]
    )
    found = find_alike(any_store, ann.info, About(uids[0], open_anchor("/city")))
    assert [p.uid for p in found.places] == [more[0]]
    assert '"City 0"' in found.grounds
    whole = find_alike(any_store, ann.info, About(uids[5], open_anchor(None)))
    assert whole.places == ()


def test_what_is_not_ones_to_say_is_counted_and_left_alone(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    bob = Person(any_store, "Bob")
    said = [bob.op("outcome", uids[1], outcome="accept"), bob.op("commit", uids[1])]
    perform(any_store, bob.info, "b", said)
    place = {"message_index": CALL_AT, "call_index": 0, "pointer": "/days"}
    perform(any_store, ann.info, "a", [ann.mark(uids[2], "m", **place)])
    found = find_alike(any_store, ann.info, days(uids[0]))
    assert [p.uid for p in found.places] == list(uids[3:5])
    assert found.left_alone == {"decided": 1, "marked": 1}


def test_a_place_that_says_nothing_is_refused_with_a_remedy(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    with pytest.raises(AnnotationError, match="nothing here") as refused:
        find_alike(any_store, ann.info, About(uids[0], Anchor(message_index=1)))
    assert refused.value.hint
    with pytest.raises(AnnotationError, match="not in the call"):
        find_alike(any_store, ann.info, About(uids[0], open_anchor("/nothing")))


def marks_of(store: Store, uids: tuple[str, ...], who: Person) -> list[int]:
    return [len(open_trajectory(store, uid, who.info).draft.annotation.marks) for uid in uids]


def test_the_worker_marks_all_of_them_and_one_undo_takes_it_back(
    any_store: Store, uids: tuple[str, ...], ann: Person
) -> None:
    left_out = (uids[4], open_anchor("/days"))
    ticked = Ticked(days(uids[0]), "b7", incorrect=True, reject=True, without=(left_out,))
    enqueue(any_store, "mark-alike", {"ticked": msgspec.to_builtins(ticked), "by": "Ann"})
    job = run_next(any_store)
    assert job is not None
    assert job.result == {"batch": "b7", "trajectories": 3, "marks": 3, "refused": 0}
    assert marks_of(any_store, uids, ann) == [0, 1, 1, 1, 0, 0]
    done = open_trajectory(any_store, uids[1], ann.info).draft
    assert (done.committed, done.annotation.outcome) == (True, "reject")
    assert done.annotation.step_verdicts == {CALL_AT: "incorrect"}
    undo = Op(1, uids[0], "undo", {"batch": "b7"})
    (taken,) = perform(any_store, ann.info, "page", [undo]).results
    assert taken.undone is not None
    assert taken.undone.batch_marks == 3
    assert marks_of(any_store, uids, ann) == [0] * 6


class Interrupting(Run):
    """Keeps checkpoints as a job does, and is stopped after the first chunk."""

    def __init__(self, checkpoint: dict[str, object], stop: bool) -> None:
        self.checkpoint = dict(checkpoint)
        self.stop = stop

    def save(self, conn: object, checkpoint: dict[str, object]) -> None:
        self.checkpoint = msgspec.json.decode(msgspec.json.encode(checkpoint))

    def report(self, done: int, total: int | None = None, unit: str = "") -> None:
        if self.stop:
            raise Cancelled


def test_an_interrupted_run_goes_on_without_doing_anything_twice(
    any_store: Store, uids: tuple[str, ...], ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.mark_alike.CHUNK", 2)
    ticked = Ticked(days(uids[0]), "b8")
    first = Interrupting({}, stop=True)
    with pytest.raises(Cancelled):
        mark_alike(any_store, ticked, by="Ann", run=first)
    assert marks_of(any_store, uids, ann) == [0, 1, 1, 0, 0, 0]
    report = mark_alike(any_store, ticked, by="Ann", run=Interrupting(first.checkpoint, stop=False))
    assert (report.marks, report.refused) == (4, 0)
    assert marks_of(any_store, uids, ann) == [0, 1, 1, 1, 1, 0]
