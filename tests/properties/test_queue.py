"""Queues: whatever people do in whatever order, no slot is held twice and none is lost."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from app.flows.annotate import claim_next, perform
from app.flows.queue import fill_queue, queue_overview, release
from storage.engine import Store, migrate, open_store
from storage.tables import TaskRow, table_of
from tests.episodes import Person, add_episodes

PEOPLE = ("Ann", "Bob", "Cyd")
people = st.sampled_from(PEOPLE)
datasets = st.sampled_from(["one", "two"])
task = table_of(TaskRow)


class Studio(RuleBasedStateMachine):
    """Two datasets that share trajectories, three people who claim, commit, undo and give back."""

    @initialize(overlap=st.integers(1, 3))
    def open(self, overlap: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "loopwright.db"
        if _template.exists():
            shutil.copyfile(_template, path)
        self.store: Store = open_store(f"sqlite:///{path}")
        migrate(self.store)
        add_episodes(self.store, 3, "one")
        add_episodes(self.store, 3, "two", first=1)
        for dataset in ("one", "two"):
            fill_queue(self.store, dataset, policy="oldest", overlap=overlap)
        self.crowd = {name: Person(self.store, name) for name in PEOPLE}
        self.held: dict[str, list[str]] = {name: [] for name in PEOPLE}
        self.done: dict[str, list[str]] = {name: [] for name in PEOPLE}

    @rule(name=people, dataset=datasets)
    def claim(self, name: str, dataset: str) -> None:
        claimed = claim_next(self.store, self.crowd[name].info, dataset, self.held[name])
        if claimed is None:
            return
        uid = claimed.opened.uid
        assert uid not in self.done[name], "asked again for what was said already"
        if uid not in self.held[name]:
            self.held[name].append(uid)

    @rule(name=people, outcome=st.sampled_from(["accept", "reject", "unsure"]))
    def commit(self, name: str, outcome: str) -> None:
        if not self.held[name]:
            return
        uid, person = self.held[name].pop(0), self.crowd[name]
        ops = [person.op("outcome", uid, outcome=outcome), person.op("commit", uid)]
        done = perform(self.store, person.info, person.session, ops)
        assert [r.status for r in done.results] == ["ok", "ok"]
        self.done[name].append(uid)

    @rule(name=people)
    def undo(self, name: str) -> None:
        person = self.crowd[name]
        (result,) = perform(self.store, person.info, person.session, [person.op("undo")]).results
        if result.undone is not None and result.undone.kind == "commit":
            self.done[name].remove(result.undone.uid)
            self.held[name].insert(0, result.undone.uid)

    @rule(name=people)
    def give_back(self, name: str) -> None:
        release(self.store, self.crowd[name].info, self.held[name])
        self.held[name].clear()

    @rule(dataset=datasets, overlap=st.integers(1, 3))
    def fill_again(self, dataset: str, overlap: int) -> None:
        fill_queue(self.store, dataset, policy="random", seed=overlap, overlap=overlap)

    @invariant()
    def nobody_has_a_trajectory_twice_in_a_dataset(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as conn:
            rows = conn.execute(
                select(task.c.annotator_id, task.c.dataset_id, task.c.trajectory_id).where(
                    task.c.status != "waiting"
                )
            ).all()
        assert all(n == 1 for n in Counter(tuple(row) for row in rows).values())

    @invariant()
    def the_projected_counts_are_those_of_the_rows(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as conn:
            rows = conn.execute(
                select(task.c.dataset_id, task.c.status, func.count()).group_by(
                    task.c.dataset_id, task.c.status
                )
            ).all()
        counted = {(dataset, status): n for dataset, status, n in rows}
        for number, info in enumerate(queue_overview(self.store), 1):
            assert info.waiting == counted.get((number, "waiting"), 0)
            assert info.claimed == counted.get((number, "claimed"), 0)
            assert info.done == counted.get((number, "done"), 0)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


_folder = tempfile.TemporaryDirectory()
_template = Path(_folder.name) / "empty.db"


def setup_module() -> None:
    store = open_store(f"sqlite:///{_template}")
    migrate(store)
    store.close()


def teardown_module() -> None:
    _folder.cleanup()


TestStudio = Studio.TestCase
TestStudio.settings = settings(
    max_examples=10,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
