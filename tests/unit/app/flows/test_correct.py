"""Corrections: what an edit changes, what is refused, and what stays untouched."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import func, select

from app.flows.annotate import open_trajectory, perform
from app.flows.correct import (
    Corrected,
    StaleEdit,
    check_revision,
    propose_correction,
)
from app.flows.queue import fill_queue
from curation.annotation import ActKind
from curation.errors import AnnotationError, NotFound
from curation.revising import CallRevision, MessageRevision
from storage import acts, trajectories
from storage.corrections import attested_of, corrections_of
from storage.decisions import latest_decision
from storage.engine import Store
from storage.findings import findings_of
from storage.tables import ActRow, CorrectionRow, TrajectoryRow, table_of
from tests import revisions
from tests.episodes import ANSWER_AT, CALL_AT, Person, add_episodes, add_trajectories, episode


@pytest.fixture
def uid(store: Store) -> str:
    (found,) = add_episodes(store, 1)
    return found


@pytest.fixture
def ann(store: Store) -> Person:
    return Person(store, "Ann")


def arguments(text: str) -> MessageRevision:
    return revisions.arguments(CALL_AT, text)


def content(text: str, at: int = ANSWER_AT) -> MessageRevision:
    return revisions.content(at, text)


def whole(entry: MessageRevision) -> tuple[int | MessageRevision, ...]:
    """The five messages of an episode, one of them revised."""
    return revisions.revised(5, entry)


def propose(
    store: Store,
    person: Person,
    uid: str,
    entry: MessageRevision,
    reason: str = "wrong city",
    base: str | msgspec.UnsetType | None = msgspec.UNSET,
) -> Corrected:
    return propose_correction(
        store,
        person.info,
        person.session,
        person.next_number(),
        uid,
        whole(entry),
        reason,
        base=base,
    )


def rows(store: Store, *row_classes: type) -> list[int]:
    with store.read() as conn:
        return [
            conn.execute(select(func.count()).select_from(table_of(c))).scalar_one()
            for c in row_classes
        ]


def load(store: Store, uid: str) -> trajectories.StoredTrajectory:
    with store.read() as conn:
        return trajectories.load(conn, uid)


def test_a_correction_is_a_new_trajectory_that_differs_in_the_typed_text_only(
    store: Store, uid: str, ann: Person
) -> None:
    typed = '\n{ "city":  "Rome",\n  "days": 2 }  '
    done = propose(store, ann, uid, arguments(typed))
    assert done.changed
    assert done.correction_uid is not None
    parent, corrected = load(store, uid), load(store, done.correction_uid)
    assert corrected.parent_uid == uid
    assert corrected.group_key == parent.group_key
    call = corrected.trajectory.messages[CALL_AT].tool_calls[0]
    assert call.raw_arguments == typed.strip(), "as typed, not prettified"
    restored = msgspec.structs.replace(
        call, raw_arguments=parent.trajectory.messages[CALL_AT].tool_calls[0].raw_arguments
    )
    message = msgspec.structs.replace(
        corrected.trajectory.messages[CALL_AT], tool_calls=(restored,)
    )
    assert corrected.trajectory.replace_message(CALL_AT, message) == parent.trajectory
    with store.read() as conn:
        (proposed,) = corrections_of(conn, parent.id)
    assert (proposed.author, proposed.reason) == ("Ann", "wrong city")


@pytest.mark.parametrize(
    "edit",
    [
        arguments('{"city": "City 0", "days": 2}'),
        arguments(' {"days":2,"city":"City 0"} '),
        content("The sky over City 0 is clear."),
        content("", at=CALL_AT),
    ],
)
def test_saving_without_a_change_creates_nothing(
    store: Store, uid: str, ann: Person, edit: MessageRevision
) -> None:
    assert check_revision(store, uid, whole(edit), ann.info).changed is False
    done = propose(store, ann, uid, edit, reason="")
    assert (done.changed, done.correction_uid) == (False, None)
    assert rows(store, TrajectoryRow, CorrectionRow, ActRow) == [1, 0, 0]


@pytest.mark.parametrize(
    ("text", "pointer", "words"),
    [
        ("", "", "empty"),
        ('{"city": "Rome"', "", "not JSON"),
        ("[1]", "", "array"),
        ('"Rome"', "", "string"),
        ("{}", "/city", "missing"),
        ('{"city": 5}', "/city", "string"),
        ('{"city": "Rome", "days": 0}', "/days", "less"),
        ('{"city": "Rome", "dys": 2}', "/dys", "not declared"),
        ('{"city": "Rome", "place": {"zip": 5}}', "/place/zip", "string"),
        ('{"city": NaN}', "", "not JSON"),
    ],
)
def test_arguments_that_the_tool_would_refuse_cannot_be_saved(
    store: Store, uid: str, ann: Person, text: str, pointer: str, words: str
) -> None:
    report = check_revision(store, uid, whole(arguments(text)), ann.info)
    assert report.ok is False
    (problem,) = report.problems
    assert (problem.message_index, problem.call_index, problem.pointer) == (CALL_AT, 0, pointer)
    assert words in problem.message
    with pytest.raises(AnnotationError, match="cannot be saved"):
        propose(store, ann, uid, arguments(text))
    assert rows(store, TrajectoryRow, CorrectionRow, ActRow) == [1, 0, 0]


@pytest.mark.parametrize(
    "edit",
    [
        (0, 1, CALL_AT, 9),
        (-1, CALL_AT),
        (0, CALL_AT, CALL_AT),
        (0, MessageRevision(origin=CALL_AT, calls=(CallRevision(origin=1),))),
        (CALL_AT, MessageRevision(origin=1, calls=(CallRevision(name="get_weather"),))),
        (0, 1),
    ],
)
def test_a_place_that_does_not_exist_is_a_problem(
    store: Store, uid: str, edit: tuple[int | MessageRevision, ...]
) -> None:
    (problem,) = check_revision(store, uid, edit).problems
    assert problem.hint


def test_what_changed_is_the_reason_when_none_was_given(
    store: Store, uid: str, ann: Person
) -> None:
    edit = arguments('{"city": "Rome", "days": 2}')
    told = check_revision(store, uid, whole(edit), ann.info).summary
    propose(store, ann, uid, edit, reason=" \n")
    with store.read() as conn:
        (proposed,) = corrections_of(conn, load(store, uid).id)
    assert proposed.reason == told
    assert told.endswith(': city "City 0" → "Rome"')


def test_an_invalid_call_is_kept_for_a_reason_only(store: Store, uid: str, ann: Person) -> None:
    edit = revisions.arguments(CALL_AT, '{"city": 7}', keep_invalid=True)
    assert check_revision(store, uid, whole(edit), ann.info).kept_invalid
    with pytest.raises(AnnotationError, match="nobody said why"):
        propose(store, ann, uid, edit, reason=" \n")
    assert propose(store, ann, uid, edit, reason="the recorded error is the point").changed


def test_a_second_correction_adds_to_the_first_and_keeps_the_imported_parent(
    store: Store, uid: str, ann: Person
) -> None:
    first = propose(store, ann, uid, arguments('{"city": "Rome"}'))
    second = propose(store, ann, uid, content("Rome is sunny."), reason="answer too")
    assert second.correction_uid not in (None, first.correction_uid)
    stored = load(store, second.correction_uid or "")
    assert stored.parent_uid == uid
    assert stored.trajectory.messages[CALL_AT].tool_calls[0].raw_arguments == '{"city": "Rome"}'
    assert stored.trajectory.messages[ANSWER_AT].content == "Rome is sunny."
    assert len(second.changes) == 2
    assert open_trajectory(store, uid, ann.info).draft.annotation.correction_uid == stored.uid


def test_editing_back_to_the_original_leaves_no_correction(
    store: Store, uid: str, ann: Person
) -> None:
    propose(store, ann, uid, arguments('{"city": "Rome"}'))
    back = propose(store, ann, uid, arguments('{"days": 2, "city": "City 0"}'), reason="was right")
    assert (back.changed, back.correction_uid, back.changes) == (True, None, ())
    assert rows(store, TrajectoryRow, CorrectionRow, ActRow) == [2, 1, 2]


def test_undo_detaches_a_correction(store: Store, uid: str, ann: Person) -> None:
    propose(store, ann, uid, arguments('{"city": "Rome"}'))
    done = perform(store, ann.info, ann.session, [ann.op("undo")])
    assert done.results[0].undone is not None
    assert done.results[0].undone.kind is ActKind.CORRECT
    assert done.annotations[uid].annotation.correction_uid is None


def test_redo_attaches_a_correction_again(store: Store, uid: str, ann: Person) -> None:
    made = propose(store, ann, uid, arguments('{"city": "Rome"}'))
    undo = ann.op("undo")
    perform(store, ann.info, ann.session, [undo])
    done = perform(store, ann.info, ann.session, [ann.op("redo", of=undo.n)])
    assert done.results[0].redone is not None
    assert done.annotations[uid].annotation.correction_uid == made.correction_uid


def test_undo_and_redo_of_attesting_bring_back_what_was_attested(
    store: Store, uid: str, ann: Person
) -> None:
    def attested() -> tuple[int, ...]:
        shown = open_trajectory(store, uid, ann.info).correction
        assert shown is not None
        return shown.attested

    propose(store, ann, uid, arguments('{"city": "Rome"}'))
    keep = tuple(range(5))
    propose_correction(
        store, ann.info, ann.session, ann.next_number(), uid, keep, "it is true", attested=[4]
    )
    assert attested() == (4,)
    undo = ann.op("undo")
    perform(store, ann.info, ann.session, [undo])
    assert attested() == ()
    perform(store, ann.info, ann.session, [ann.op("redo", of=undo.n)])
    assert attested() == (4,)


def test_the_same_number_again_stores_nothing_and_answers_the_same(
    store: Store, uid: str, ann: Person
) -> None:
    n = ann.next_number()
    answers = [
        propose_correction(
            store, ann.info, ann.session, n, uid, whole(arguments('{"city": "Rome"}')), "why"
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert rows(store, TrajectoryRow, CorrectionRow, ActRow) == [2, 1, 1]


def test_edits_begun_before_another_tab_corrected_are_refused_with_both_shown(
    store: Store, uid: str, ann: Person
) -> None:
    first = propose(store, ann, uid, arguments('{"city": "Rome"}'), base=None)
    with pytest.raises(StaleEdit) as caught:
        propose(store, ann, uid, arguments('{"city": "Bonn"}'), base=None)
    assert (caught.value.yours, caught.value.current) == (None, first.correction_uid)
    assert str(first.correction_uid) in caught.value.message
    again = propose(store, ann, uid, arguments('{"city": "Bonn"}'), base=first.correction_uid)
    assert again.changed


def test_two_annotators_who_correct_alike_share_the_trajectory(
    store: Store, uid: str, ann: Person
) -> None:
    bob = Person(store, "Bob")
    one = propose(store, ann, uid, arguments('{"city": "Rome"}'))
    two = propose(store, bob, uid, arguments('{"city": "Rome"}'), reason="not that city")
    assert one.correction_uid == two.correction_uid
    assert rows(store, TrajectoryRow, CorrectionRow) == [2, 2]


def test_a_correction_of_a_correction_is_sent_to_the_original(
    store: Store, uid: str, ann: Person
) -> None:
    first = propose(store, ann, uid, arguments('{"city": "Rome"}'))
    with pytest.raises(AnnotationError, match=uid):
        propose(store, ann, first.correction_uid or "", content("x"))


def test_an_unknown_trajectory_is_named(store: Store, ann: Person) -> None:
    with pytest.raises(NotFound, match="tj1-no"):
        check_revision(store, "tj1-no", ())
    with pytest.raises(NotFound, match="tj1-no"):
        propose(store, ann, "tj1-no", content("x"))


def test_a_corrected_trajectory_is_checked_at_once(store: Store, ann: Person) -> None:
    (uid,) = add_trajectories(store, [episode(0, '{"city": ')])
    done = propose(store, ann, uid, arguments('{"city": ""}'))
    stored = load(store, done.correction_uid or "")
    with store.read() as conn:
        found = findings_of(conn, stored.id)
    assert [f.check for f in found] == ["calls/empty-value"]
    assert stored.suspicion > 0


def test_an_accepted_correction_is_the_result_of_the_decision(
    store: Store, uid: str, ann: Person
) -> None:
    fill_queue(store, "weather")
    done = propose(store, ann, uid, arguments('{"city": "Rome"}'))
    perform(
        store,
        ann.info,
        ann.session,
        [ann.op("outcome", uid, outcome="accept"), ann.op("commit", uid)],
    )
    with store.read() as conn:
        decision = latest_decision(conn, 1)
    assert decision is not None
    assert decision.result_uid == done.correction_uid


def test_a_failure_half_way_leaves_no_trajectory_behind(
    store: Store, uid: str, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk went away")

    monkeypatch.setattr(acts, "append_act", broken)
    with pytest.raises(OSError, match="went away"):
        propose(store, ann, uid, arguments('{"city": "Rome"}'))
    assert rows(store, TrajectoryRow, CorrectionRow, ActRow) == [1, 0, 0]


def test_what_was_attested_can_be_taken_back_and_said_twice_is_no_change(
    store: Store, uid: str, ann: Person
) -> None:
    first = propose(store, ann, uid, arguments('{"city": "Rome"}'))
    corrected = load(store, first.correction_uid or "")

    def attest(*indexes: int) -> Corrected:
        n, kept = ann.next_number(), tuple(range(5))
        return propose_correction(
            store, ann.info, ann.session, n, uid, kept, "looked", attested=indexes
        )

    def attested() -> frozenset[int]:
        with store.read() as conn:
            return attested_of(conn, [corrected.id]).get(corrected.id, frozenset())

    assert attest(3, 4).changed and attested() == {3, 4}
    assert not attest(4, 3).changed
    assert attest(3).changed and attested() == {3}
    assert attest().changed and attested() == frozenset()
    assert not attest().changed
