"""Acts: any sequence of ops, delivered in any pieces and repeated, is one and the same history."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.flows import annotate
from app.flows.annotate import Op, perform
from app.flows.queue import fill_queue, queue_overview
from curation.annotation import ActKind, Annotation, fold, read_payload
from curation.trajectory import Message, Role, ToolCall
from curation.tries import try_id
from storage import acts as acts_on_record
from storage import trajectories
from storage.annotations import standing_annotations
from storage.engine import Store, open_store
from storage.predictions import add_predictions, new_prediction
from storage.tables import ActRow, AnnotationRow, RefusalRow, TaskRow, table_of
from tests.episodes import ANSWER_AT, CALL_AT, CATEGORY, Person, add_episodes, episode

UIDS = tuple(episode(i).uid for i in range(3))

steps = st.sampled_from([CALL_AT, ANSWER_AT])
verdicts = st.sampled_from(["correct", "incorrect", "unsure", None])
marks = st.builds(
    lambda mark_id, at: {"mark": {"mark_id": mark_id, **CATEGORY, "anchor": {"message_index": at}}},
    st.sampled_from(["m1", "m2"]),
    steps,
)
TRIES = tuple(
    Message(Role.ASSISTANT, None, (ToolCall("get_weather", f'{{"city": "{city}"}}'),))
    for city in ("Rome", "Bonn")
)
rulings = st.builds(
    lambda message, ruling: {
        "message_index": CALL_AT, "try_id": try_id(message), "ruling": ruling,
    },
    st.sampled_from(TRIES),
    st.sampled_from(["alternative", "rejected", None]),
)  # fmt: skip
said = st.one_of(
    st.tuples(st.just("try"), rulings),
    st.tuples(st.just("mark"), marks),
    st.tuples(st.just("unmark"), st.sampled_from(["m1", "m2"]).map(lambda m: {"mark_id": m})),
    st.tuples(
        st.just("verdicts"),
        st.dictionaries(steps.map(str), verdicts, max_size=2).map(lambda v: {"verdicts": v}),
    ),
    st.tuples(
        st.just("outcome"),
        st.sampled_from(["accept", "reject", "unsure", None]).map(lambda o: {"outcome": o}),
    ),
    st.tuples(st.just("note"), st.text(max_size=5).map(lambda n: {"note": n})),
    st.tuples(st.just("commit"), st.just({})),
    st.tuples(st.just("undo"), st.just({})),
    st.tuples(st.just("undo"), st.just({})),
    st.tuples(st.just("redo"), st.sampled_from([1, 1, 1, 2, 3])),
    st.tuples(st.just("note"), st.just({"nonsense": 1})),
)
acts = st.lists(st.tuples(st.sampled_from(UIDS), said), max_size=25)
in_two_tabs = st.lists(st.tuples(st.booleans(), st.sampled_from(UIDS), said), max_size=30)


def ops_of(drawn: list[tuple[str, tuple[str, Any]]]) -> list[Op]:
    """Ops of one page; a drawn redo says how many undos (or redos) back the one it names is."""
    ops: list[Op] = []
    for n, (uid, (kind, payload)) in enumerate(drawn, 1):
        if kind == "redo":
            steps = [op.n for op in ops if op.kind in ("undo", "redo")][::-1]
            payload = {"of": steps[payload - 1] if payload <= len(steps) else n}
        ops.append(Op(n, uid, kind, payload))
    return ops


@contextmanager
def studio(migrated_file: Path) -> Iterator[tuple[Store, Person]]:
    """A fresh store with three queued trajectories; one per example."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "loopwright.db"
        shutil.copyfile(migrated_file, path)
        store = open_store(f"sqlite:///{path}")
        try:
            assert add_episodes(store, 3) == UIDS
            fill_queue(store, "weather", policy="oldest")
            add_tries(store)
            yield store, Person(store, "Ann")
        finally:
            store.close()


def add_tries(store: Store) -> None:
    """Two other answers for the first step of each trajectory."""
    with store.write() as conn:
        rows = [
            (trajectories.id_of(conn, uid), new_prediction(CALL_AT, "m", message, None))
            for uid in UIDS
            for message in TRIES
        ]
        add_predictions(conn, rows)


class Model:
    """The plainest possible annotator: a list of acts in the order in which they were performed,
    undo that strikes the last one of a page out, redo that puts it back where it was."""

    def __init__(self) -> None:
        self.standing: list[tuple[int, str, str, ActKind, Any]] = []
        self.n_acts = 0
        self.struck: dict[str, list[tuple[int, Any, int]]] = {}
        """page -> (number of the undo, act, when): what redo can bring back, the latest last."""
        self.touched: list[tuple[int, str, str]] = []
        """(when, page, uid) of everything that was performed."""
        self.committed: dict[str, Annotation] = {}

    def draft(self, uid: str) -> Annotation:
        return fold(payload for _, _, u, _, payload in self.standing if u == uid)

    def perform(self, op: Op, page: str = "s") -> str:
        if op.payload == {"nonsense": 1}:
            return "refused"
        kind = ActKind(op.kind)
        self.n_acts += 1
        if kind is ActKind.UNDO:
            return self.undo(page, op.n)
        if kind is ActKind.REDO:
            return self.redo(page, op.payload["of"])
        if kind is ActKind.COMMIT and self.draft(op.uid).outcome is None:
            return "refused"
        self.struck[page] = []
        act = (self.n_acts, page, op.uid, kind, read_payload(kind, op.payload))
        self.standing.append(act)
        self.done(page, op.uid)
        return "ok"

    def undo(self, page: str, n: int) -> str:
        own = [act for act in self.standing if act[1] == page]
        if not self.standing:
            return "refused"
        latest = own[-1] if own else self.standing[-1]
        act = [other for other in self.standing if other[2] == latest[2]][-1]
        self.standing.remove(act)
        self.struck.setdefault(page, []).append((n, act, self.n_acts))
        self.done(page, act[2])
        return "ok"

    def redo(self, page: str, of: int) -> str:
        struck = self.struck.get(page, [])
        if not struck or struck[-1][0] != of:
            return "refused"
        _, act, when = struck[-1]
        if any(t > when and p != page and uid == act[2] for t, p, uid in self.touched):
            return "refused"
        struck.pop()
        self.standing = sorted([*self.standing, act])
        self.done(page, act[2])
        return "ok"

    def done(self, page: str, uid: str) -> None:
        """What is committed is what was said up to the latest commit that stands."""
        self.touched.append((self.n_acts, page, uid))
        mine = [(kind, payload) for _, _, u, kind, payload in self.standing if u == uid]
        commits = [i for i, (kind, _) in enumerate(mine) if kind is ActKind.COMMIT]
        if commits:
            self.committed[uid] = fold(payload for _, payload in mine[: commits[-1]])
        else:
            self.committed.pop(uid, None)


def observed(store: Store, person: Person) -> tuple[dict[str, Annotation], dict[str, Annotation]]:
    """(drafts, committed annotations) by uid."""
    drafts, committed = {}, {}
    with store.read() as conn:
        for uid in UIDS:
            row_id = trajectories.id_of(conn, uid)
            drafts[uid] = annotate.draft_of(conn, row_id, person.info.id).annotation
            for one in standing_annotations(conn, row_id):
                committed[uid] = one.annotation
    return drafts, committed


def counts(store: Store) -> list[int]:
    with store.read() as conn:
        return [
            conn.execute(select(func.count()).select_from(table_of(c))).scalar_one()
            for c in (ActRow, AnnotationRow, RefusalRow)
        ]


relaxed = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(drawn=acts)
def test_drafts_commits_and_undo_are_those_of_the_plainest_model(
    migrated_file: Path, drawn: list[Any]
) -> None:
    model, ops = Model(), ops_of(drawn)
    with studio(migrated_file) as (store, ann):
        done = perform(store, ann.info, "s", ops)
        assert [r.status for r in done.results] == [model.perform(op) for op in ops]
        drafts, committed = observed(store, ann)
        assert drafts == {uid: model.draft(uid) for uid in UIDS}
        assert committed == model.committed
        (info,) = queue_overview(store)
        task = table_of(TaskRow)
        with store.read() as conn:
            by_status = dict(
                conn.execute(select(task.c.status, func.count()).group_by(task.c.status)).all()
            )
        assert info.done == by_status.get("done", 0) == len(model.committed)
        assert info.claimed == by_status.get("claimed", 0)
        assert info.waiting == by_status.get("waiting", 0)


@relaxed
@given(drawn=in_two_tabs)
def test_two_tabs_undo_and_redo_what_the_plainest_model_says(
    migrated_file: Path, drawn: list[tuple[bool, str, Any]]
) -> None:
    model = Model()
    tabs = {
        first: iter(ops_of([(uid, what) for f, uid, what in drawn if f is first]))
        for first in (True, False)
    }
    with studio(migrated_file) as (store, ann):
        for first, _, _ in drawn:
            page, op = f"tab-{first}", next(tabs[first])
            (result,) = perform(store, ann.info, page, [op]).results
            assert result.status == model.perform(op, page), op
            again = perform(store, ann.info, page, [op])
            assert again.results == (result,), "delivered twice"
        drafts, committed = observed(store, ann)
        assert drafts == {uid: model.draft(uid) for uid in UIDS}
        assert committed == model.committed


@relaxed
@given(
    drawn=acts,
    deliveries=st.lists(st.tuples(st.integers(0, 25), st.booleans()), max_size=5),
)
def test_pieces_and_repeats_make_the_same_history_as_one_delivery(
    migrated_file: Path, drawn: list[Any], deliveries: list[tuple[int, bool]]
) -> None:
    ops = ops_of(drawn)
    with studio(migrated_file) as (store, ann):
        whole = perform(store, ann.info, "s", ops)
        expected = observed(store, ann), counts(store)
    with studio(migrated_file) as (store, ann):
        acked = 0
        for performed, answer_arrives in sorted(deliveries):
            # An outbox sends all that was not acknowledged, again when an answer was lost.
            answer = perform(store, ann.info, "s", ops[acked:performed])
            if answer_arrives:
                acked = max(acked, answer.acked)
        perform(store, ann.info, "s", ops[acked:])
        assert (observed(store, ann), counts(store)) == expected
        assert perform(store, ann.info, "s", ops).results == whole.results
        assert (observed(store, ann), counts(store)) == expected


@relaxed
@given(drawn=acts, fault_at=st.integers(0, 24))
def test_a_fault_anywhere_in_a_delivery_leaves_nothing_and_the_next_one_everything(
    migrated_file: Path, drawn: list[Any], fault_at: int
) -> None:
    ops = ops_of(drawn)
    with studio(migrated_file) as (store, ann):
        perform(store, ann.info, "s", ops)
        expected = observed(store, ann), counts(store)
    with studio(migrated_file) as (store, ann), pytest.MonkeyPatch.context() as patched:
        real, calls = acts_on_record.append_act, 0

        def failing(*args: Any, **kwargs: Any) -> int:
            nonlocal calls
            calls += 1
            act_id = real(*args, **kwargs)
            if calls == fault_at + 1:
                raise OSError("power cut")
            return act_id

        patched.setattr(acts_on_record, "append_act", failing)
        before = counts(store)
        try:
            perform(store, ann.info, "s", ops)
        except OSError:
            assert counts(store) == before
            perform(store, ann.info, "s", ops)
        assert (observed(store, ann), counts(store)) == expected
