"""Cases and decisions: who differs, who decides, and what is refused."""

from __future__ import annotations

import pytest

from app.flows import adjudicate
from app.flows.adjudicate import decide, load_case, open_cases, withdraw
from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.queue import fill_queue
from curation.annotation import Outcome
from curation.errors import AnnotationError, NotFound, StoreError
from curation.queueing import State
from curation.trajectory import Message, Role, ToolCall
from curation.tries import try_id
from storage import trajectories
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction
from tests import revisions
from tests.episodes import ANSWER_AT, CALL_AT, Person, add_episodes


@pytest.fixture
def people(store: Store) -> tuple[Person, Person, Person]:
    return Person(store, "Ann"), Person(store, "Bob"), Person(store, "Lee")


@pytest.fixture
def uids(store: Store) -> tuple[str, ...]:
    found = add_episodes(store, 4)
    fill_queue(store, "weather", policy="oldest", overlap=2)
    return found


def commit(store: Store, person: Person, uid: str, outcome: str) -> None:
    ops = [person.op("outcome", uid, outcome=outcome), person.op("commit", uid)]
    perform(store, person.info, person.session, ops)


def correct(store: Store, person: Person, uid: str, city: str) -> str:
    edit = revisions.revised(5, revisions.arguments(CALL_AT, f'{{"city": "{city}"}}'))
    done = propose_correction(
        store,
        person.info,
        person.session,
        person.next_number(),
        uid,
        edit,
        "wrong city",
        attested=[3, 4],
    )
    assert done.correction_uid is not None
    return done.correction_uid


def test_a_case_shows_who_said_what_and_where_they_differ(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, bob, _ = people
    perform(
        store,
        ann.info,
        ann.session,
        [
            ann.mark(uids[0], "m", message_index=CALL_AT, call_index=0),
            ann.op("verdicts", uids[0], verdicts={CALL_AT: "incorrect", ANSWER_AT: "correct"}),
        ],
    )
    perform(
        store,
        bob.info,
        bob.session,
        [bob.op("verdicts", uids[0], verdicts={CALL_AT: "correct", ANSWER_AT: "correct"})],
    )
    corrected = correct(store, ann, uids[0], "Rome")
    commit(store, ann, uids[0], "reject")
    commit(store, bob, uids[0], "accept")
    case = load_case(store, uids[0])
    assert case.state is State.DISPUTED
    assert [a.annotator for a in case.annotations] == ["Ann", "Bob"]
    assert case.annotations[0].correction is not None
    assert case.annotations[0].correction.uid == corrected
    assert case.annotations[0].correction.changes
    assert case.annotations[1].correction is None
    assert [o.value for o in case.differences.outcomes] == [Outcome.REJECT, Outcome.ACCEPT]
    assert [d.message_index for d in case.differences.steps] == [CALL_AT]
    assert len(case.differences.marks) == 1
    assert [o.value for o in case.differences.corrections] == [corrected, None]
    assert (case.dataset, case.source_id) == ("weather", "weather-0")


def test_two_corrections_are_compared_with_each_other(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, bob, lee = people
    correct(store, ann, uids[0], "Rome")
    correct(store, bob, uids[0], "Bonn")
    for person in (ann, bob, lee):
        commit(store, person, uids[0], "accept")
    (apart,) = load_case(store, uids[0]).apart
    assert (apart.one, apart.other) == ("Ann", "Bob")
    (change,) = apart.changes
    (argument,) = change.calls[0].arguments
    # The original has another city and two days; between the two only the city differs.
    assert (argument.pointer, argument.before, argument.after) == ("/city", "Rome", "Bonn")


def test_equal_corrections_are_not_apart(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    for person in people[:2]:
        correct(store, person, uids[0], "Rome")
        commit(store, person, uids[0], "accept")
    assert load_case(store, uids[0]).apart == ()


def test_rulings_on_a_try_that_differ_are_a_dispute(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    rome = Message(Role.ASSISTANT, None, (ToolCall("get_weather", '{"city": "Rome"}'),))
    with store.write() as conn:
        row_id = trajectories.id_of(conn, uids[0])
        add_predictions(conn, [(row_id, new_prediction(CALL_AT, "m", rome, None))])
    for person, ruling in zip(people, ("rejected", "alternative"), strict=False):
        ruled = {"message_index": CALL_AT, "try_id": try_id(rome), "ruling": ruling}
        perform(store, person.info, person.session, [person.op("try", uids[0], **ruled)])
        commit(store, person, uids[0], "accept")
    case = load_case(store, uids[0])
    assert case.state is State.DISPUTED
    (difference,) = case.differences.tries
    assert [o.value for o in difference.opinions] == ["rejected", "alternative"]
    assert case.tries[CALL_AT].find(difference.try_id) is not None


def test_open_cases_are_disputed_or_undecided_and_come_page_by_page(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, bob, _ = people
    for uid, (one, other) in zip(
        uids, [("accept", "reject"), ("accept", "accept"), ("unsure", "unsure")], strict=False
    ):
        commit(store, ann, uid, one)
        commit(store, bob, uid, other)
    commit(store, ann, uids[3], "reject")
    cases = open_cases(store)
    assert [(c.uid, c.state) for c in cases] == [
        (uids[0], State.DISPUTED),
        (uids[2], State.ANNOTATED),
    ]
    assert [c.uid for c in open_cases(store, limit=1)] == [uids[0]]
    assert [c.uid for c in open_cases(store, after_id=cases[0].id)] == [uids[2]]
    assert [c.uid for c in open_cases(store, "weather")] == [uids[0], uids[2]]
    assert adjudicate.count_cases(store) == 2
    add_episodes(store, 1, "other", first=9)
    assert open_cases(store, "other") == []
    with pytest.raises(NotFound, match="'wether'"):
        open_cases(store, "wether")


def test_a_person_adopts_one_annotation_with_its_correction(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, bob, lee = people
    corrected = correct(store, ann, uids[0], "Rome")
    commit(store, ann, uids[0], "accept")
    commit(store, bob, uids[0], "reject")
    done = decide(
        store,
        uids[0],
        decided_by=lee.info,
        outcome="accept",
        adopt_annotator="Ann",
        note="Ann is right",
    )
    assert done.state is State.DECIDED
    case = load_case(store, uids[0])
    assert case.decision is not None
    assert (case.decision.decided_by, case.decision.rule) == ("Lee", "")
    assert case.decision.result_uid == corrected
    assert case.decision.annotation == case.annotations[0].annotation
    assert case.outcome is Outcome.ACCEPT
    assert open_cases(store) == []


def test_a_chosen_result_wins_over_the_adopted_correction(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, _, lee = people
    correct(store, ann, uids[0], "Rome")
    commit(store, ann, uids[0], "accept")
    done = decide(
        store,
        uids[0],
        decided_by=lee.info,
        outcome=Outcome.ACCEPT,
        result_uid=uids[0],
        adopt_annotator="Ann",
    )
    assert done.decision is not None
    assert done.decision.result_uid == uids[0]


def test_a_persons_decision_stands_whatever_is_committed_later(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, bob, lee = people
    decide(store, uids[0], decided_by=lee.info, outcome="reject")
    commit(store, ann, uids[0], "accept")
    commit(store, bob, uids[0], "accept")
    case = load_case(store, uids[0])
    assert (case.state, case.outcome) == (State.DECIDED, Outcome.REJECT)
    assert len(case.history) == 1


def test_a_withdrawn_decision_is_a_persons_again_until_somebody_commits(
    store: Store, people: tuple[Person, Person, Person]
) -> None:
    (uid,) = add_episodes(store, 1)
    fill_queue(store, "weather")
    ann, _, lee = people
    commit(store, ann, uid, "accept")
    assert load_case(store, uid).decision is not None
    assert withdraw(store, uid, lee.info, "look again").state is State.ANNOTATED
    case = load_case(store, uid)
    assert case.decision is None
    assert [d.outcome for d in case.history] == [None, Outcome.ACCEPT]
    assert [c.uid for c in open_cases(store)] == [uid]
    commit(store, ann, uid, "reject")
    assert load_case(store, uid).outcome is Outcome.REJECT
    assert load_case(store, uid).state is State.DECIDED


def test_a_decision_on_what_is_no_longer_there_is_refused(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, _, lee = people
    seen = load_case(store, uids[0]).fingerprint
    commit(store, ann, uids[0], "reject")
    with pytest.raises(StoreError, match="since you opened it"):
        decide(store, uids[0], decided_by=lee.info, outcome="accept", seen=seen)
    now = load_case(store, uids[0]).fingerprint
    decide(store, uids[0], decided_by=lee.info, outcome="accept", seen=now)
    with pytest.raises(StoreError, match="since you opened it"):
        decide(store, uids[0], decided_by=ann.info, outcome="reject", seen=now)


def test_a_withdrawal_of_a_decision_that_was_not_on_the_page_is_refused(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, bob, lee = people
    decide(store, uids[0], decided_by=ann.info, outcome="reject")
    seen = load_case(store, uids[0]).fingerprint
    withdraw(store, uids[0], lee.info, seen=seen)
    decide(store, uids[0], decided_by=lee.info, outcome="accept")
    with pytest.raises(StoreError, match="since you opened it"):
        withdraw(store, uids[0], bob.info, seen=seen)
    case = load_case(store, uids[0])
    assert case.outcome is Outcome.ACCEPT
    withdraw(store, uids[0], bob.info, seen=case.fingerprint)
    assert load_case(store, uids[0]).decision is None


def test_what_is_no_decision_is_refused(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, _, lee = people
    for outcome in ("unsure", "maybe"):
        with pytest.raises(AnnotationError, match="is not a decision"):
            decide(store, uids[0], decided_by=lee.info, outcome=outcome)
    with pytest.raises(AnnotationError, match="neither this trajectory nor a correction"):
        decide(store, uids[0], decided_by=lee.info, outcome="accept", result_uid=uids[1])
    with pytest.raises(NotFound, match="Ann has no committed annotation"):
        decide(store, uids[0], decided_by=lee.info, outcome="accept", adopt_annotator="Ann")
    with pytest.raises(NotFound, match="tj1-no"):
        decide(store, "tj1-no", decided_by=lee.info, outcome="accept")
    with pytest.raises(AnnotationError, match="No decision stands"):
        withdraw(store, uids[0], ann.info)
    assert load_case(store, uids[0]).history == ()


def test_a_dispute_ends_when_one_of_them_changes_their_mind(
    store: Store, uids: tuple[str, ...], people: tuple[Person, Person, Person]
) -> None:
    ann, bob, _ = people
    commit(store, ann, uids[0], "accept")
    commit(store, bob, uids[0], "reject")
    assert load_case(store, uids[0]).state is State.DISPUTED
    commit(store, bob, uids[0], "accept")
    case = load_case(store, uids[0])
    assert case.state is State.DECIDED
    assert case.decision is not None
    assert case.decision.rule == "agreed"
    perform(store, bob.info, bob.session, [bob.op("undo")])
    case = load_case(store, uids[0])
    assert (case.state, case.decision) == (State.DISPUTED, None)
