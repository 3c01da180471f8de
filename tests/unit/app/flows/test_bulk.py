"""Bulk actions: all that was found, nothing a person decided; the same again changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.flows.adjudicate import decide, load_case, open_cases
from app.flows.annotate import perform
from app.flows.browse import find, preview
from app.flows.bulk import Action, BulkReport, bulk, foresee
from app.flows.correct import propose_correction
from app.flows.export import ExportRequest, export
from app.flows.queue import fill_queue, queue_overview
from app.flows.running import Cancelled, Run
from curation.errors import SettingsError
from storage.browse import Filter
from storage.engine import Store
from tests import revisions
from tests.episodes import CALL_AT, Person, add_episodes


def say(person: Person, uid: str, outcome: str, *, city: str = "") -> str | None:
    """Commit an outcome with one mark, and a correction of the call to `city`; its uid."""
    corrected = None
    if city:
        edit = revisions.revised(5, revisions.arguments(CALL_AT, f'{{"city": "{city}"}}'))
        number = person.next_number()
        corrected = propose_correction(
            person.store,
            person.info,
            person.session,
            number,
            uid,
            edit,
            "wrong city",
            attested=[3, 4],
        ).correction_uid
    ops = [
        person.mark(uid, f"mark-of-{uid}", message_index=CALL_AT, call_index=0),
        person.op("outcome", uid, outcome=outcome),
        person.op("commit", uid),
    ]
    done = perform(person.store, person.info, person.session, ops)
    assert [r.status for r in done.results] == ["ok"] * 3
    return corrected


@pytest.fixture
def mixed(store: Store) -> tuple[str, ...]:
    """Seven cases under a rule that leaves everything to a person: nothing said; accepted with a
    correction; rejected; two who agree; two who contradict each other; accepted by the lead;
    rejected by Cyd."""
    uids = add_episodes(store, 7, "weather")
    fill_queue(store, "weather", overlap=2, decide_alone=False)
    ann, bob = Person(store, "Ann"), Person(store, "Bob")
    say(ann, uids[1], "accept", city="Rome")
    say(ann, uids[2], "reject")
    for person in (ann, bob):
        say(person, uids[3], "accept")
    say(ann, uids[4], "accept")
    say(bob, uids[4], "reject")
    decide(store, uids[5], decided_by=Person(store, "lead").info, outcome="accept")
    decide(store, uids[6], decided_by=Person(store, "Cyd").info, outcome="reject")
    return uids


def test_accepting_all_decides_each_and_signs_it(store: Store) -> None:
    uids = add_episodes(store, 5, "weather")
    report = bulk(store, Filter(dataset="weather"), Action.ACCEPT, by="lead", note="all clean")
    assert (report.found, report.changed, report.left_alone) == (5, 5, 0)
    decision = load_case(store, uids[3]).decision
    assert decision is not None
    assert (decision.outcome, decision.decided_by, decision.note) == ("accept", "lead", "all clean")
    assert find(store, Filter(state="decided", outcome="accept")).count.n == 5


def test_a_persons_decision_is_never_overruled(store: Store) -> None:
    uids = add_episodes(store, 3, "weather")
    decide(store, uids[1], decided_by=Person(store, "ada").info, outcome="reject")
    report = bulk(store, Filter(), Action.ACCEPT, by="lead")
    assert (report.changed, report.left_alone) == (2, 1)
    decision = load_case(store, uids[1]).decision
    assert decision is not None
    assert decision.outcome == "reject"


def test_the_same_action_again_changes_nothing(store: Store) -> None:
    add_episodes(store, 4, "weather")
    bulk(store, Filter(), Action.REJECT, by="lead")
    assert bulk(store, Filter(), Action.REJECT, by="lead").changed == 0


def test_withdrawing_opens_everything_again(store: Store) -> None:
    uids = add_episodes(store, 3, "weather")
    bulk(store, Filter(), Action.ACCEPT, by="lead")
    report = bulk(store, Filter(state="decided"), Action.WITHDRAW, by="lead")
    assert report.changed == 3
    assert all(load_case(store, uid).decision is None for uid in uids)
    assert find(store, Filter(state="decided")).count.n == 0


def test_an_action_reaches_all_that_was_found_although_it_changes_what_the_filter_finds(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.bulk.CHUNK", 2)
    add_episodes(store, 7, "weather")
    assert bulk(store, Filter(outcome="none"), Action.ACCEPT, by="lead").changed == 7


def test_queueing_needs_a_dataset_and_makes_one_task_each(store: Store) -> None:
    add_episodes(store, 4, "weather")
    with pytest.raises(SettingsError, match="one dataset"):
        bulk(store, Filter(), Action.QUEUE, by="lead")
    report = bulk(store, Filter(dataset="weather"), Action.QUEUE, by="lead")
    assert report.changed == 4
    (info,) = queue_overview(store)
    assert (info.total, info.waiting) == (4, 4)
    assert bulk(store, Filter(dataset="weather"), Action.QUEUE, by="lead").changed == 0


def test_a_cancelled_action_keeps_its_finished_chunks(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.bulk.CHUNK", 2)
    add_episodes(store, 6, "weather")

    class StopAfterFour(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if done >= 4:
                raise Cancelled

    with pytest.raises(Cancelled):
        bulk(store, Filter(), Action.ACCEPT, by="lead", run=StopAfterFour())
    assert find(store, Filter(state="decided")).count.n == 4


def test_the_preview_counts_exactly_and_shows_the_first_few(store: Store) -> None:
    add_episodes(store, 9, "weather")
    shown = preview(store, Filter(dataset="weather"), n_samples=3)
    assert (shown.count.n, shown.count.is_capped, len(shown.page.rows)) == (9, False, 3)


def test_accepting_adopts_what_the_annotator_said_with_its_correction_and_marks(
    store: Store, mixed: tuple[str, ...]
) -> None:
    bulk(store, Filter(), Action.ACCEPT, by="lead")
    case = load_case(store, mixed[1])
    assert case.decision is not None
    (said,) = case.annotations
    assert case.decision.decided_by == "lead"
    assert case.decision.result_uid == said.annotation.correction_uid is not None
    assert case.decision.annotation == said.annotation
    assert len(case.decision.annotation.marks) == 1


def test_an_accepted_correction_is_what_gets_exported(
    store: Store, mixed: tuple[str, ...], tmp_path: Path
) -> None:
    bulk(store, Filter(said="accept", outcome="accept"), Action.ACCEPT, by="lead")
    export(store, ExportRequest(type="sft", layout="openai", out=str(tmp_path / "out")))
    written = "".join(
        file.read_text("utf-8")
        for file in (tmp_path / "out").glob("*.jsonl")
        if file.stem in ("train", "validation", "test")
    )
    assert "Rome" in written
    assert '\\"city\\": \\"City 1\\"' not in written


def test_rejecting_keeps_the_marks_that_say_why(store: Store, mixed: tuple[str, ...]) -> None:
    bulk(store, Filter(), Action.REJECT, by="lead")
    decision = load_case(store, mixed[2]).decision
    assert decision is not None
    assert decision.outcome == "reject"
    assert [mark.category for mark in decision.annotation.marks] == ["PARAM_VALUE"]


def test_where_annotators_agree_the_decision_unites_what_they_said(
    store: Store, mixed: tuple[str, ...]
) -> None:
    bulk(store, Filter(), Action.ACCEPT, by="lead")
    decision = load_case(store, mixed[3]).decision
    assert decision is not None
    assert len(decision.annotation.marks) == 1, "the same mark of both is one"


def test_where_annotators_contradict_each_other_the_case_stays_open(
    store: Store, mixed: tuple[str, ...]
) -> None:
    bulk(store, Filter(), Action.ACCEPT, by="lead")
    assert [case.uid for case in open_cases(store)] == [mixed[4]]


def test_what_nobody_said_anything_about_is_decided_as_it_was_imported(
    store: Store, mixed: tuple[str, ...]
) -> None:
    bulk(store, Filter(), Action.ACCEPT, by="lead")
    decision = load_case(store, mixed[0]).decision
    assert decision is not None
    assert decision.result_uid == mixed[0]
    assert decision.annotation.marks == ()


@pytest.mark.parametrize(
    ("action", "report"),
    [
        (Action.ACCEPT, BulkReport(7, 4, 3, adopted=3, overruled=1, disputed=1, by_person=1)),
        (Action.REJECT, BulkReport(7, 4, 3, adopted=3, overruled=2, disputed=1, by_person=1)),
        (Action.WITHDRAW, BulkReport(7, 1, 6, by_person=1)),
    ],
)
def test_the_counts_are_foreseen_and_nothing_is_changed_by_looking(
    store: Store, mixed: tuple[str, ...], action: Action, report: BulkReport
) -> None:
    before = [load_case(store, uid).fingerprint for uid in mixed]
    assert foresee(store, Filter(), action, by="lead") == report
    assert [load_case(store, uid).fingerprint for uid in mixed] == before
    assert bulk(store, Filter(), action, by="lead") == report


def test_withdrawing_takes_back_ones_own_decisions_and_rules_but_no_other_persons(
    store: Store, mixed: tuple[str, ...]
) -> None:
    (ruled,) = add_episodes(store, 1, "alone", first=50)
    fill_queue(store, "alone")
    say(Person(store, "Ann", "another-page"), ruled, "accept")
    assert load_case(store, ruled).decision is not None
    bulk(store, Filter(state="decided"), Action.WITHDRAW, by="lead")
    assert load_case(store, ruled).decision is None
    assert load_case(store, mixed[5]).decision is None
    theirs = load_case(store, mixed[6]).decision
    assert theirs is not None
    assert theirs.decided_by == "Cyd"


def test_queueing_counts_a_trajectory_that_lacked_one_of_its_slots(store: Store) -> None:
    add_episodes(store, 2, "weather")
    fill_queue(store, "weather", overlap=1)
    fill_queue(store, "weather", overlap=2, newer_than=10**9)
    report = bulk(store, Filter(dataset="weather"), Action.QUEUE, by="lead")
    assert (report.found, report.changed, report.left_alone) == (2, 2, 0)
