"""Bulk actions: all that was found, nothing a person decided; the same again changes nothing."""

from __future__ import annotations

import pytest

from app.flows.adjudicate import decide, load_case
from app.flows.browse import find, preview
from app.flows.bulk import Action, bulk
from app.flows.queue import queue_overview
from app.flows.running import Cancelled, Run
from curation.errors import SettingsError
from storage.browse import Filter
from storage.engine import Store
from tests.episodes import Person, add_episodes


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
