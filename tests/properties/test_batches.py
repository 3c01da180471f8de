"""A batch, its undo and its redo: what stood stands again, in drafts, commits and the queue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.flows.annotate import Op, perform
from app.flows.queue import queue_overview
from storage import trajectories
from storage.engine import Store
from tests.episodes import CALL_AT, CATEGORY, Person
from tests.properties.test_acts import UIDS, acts, observed, ops_of, relaxed, studio

batches = st.lists(
    st.tuples(
        st.sampled_from(UIDS),
        st.sampled_from([None, "/city", "/days"]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def batch_ops(first: int, drawn: list[Any]) -> list[Op]:
    """A mark at each place; then perhaps the step's verdict; then perhaps outcome and commit."""
    ops: list[Op] = []

    def add(uid: str, kind: str, payload: dict[str, Any]) -> None:
        ops.append(Op(first + len(ops), uid, kind, payload, "b"))

    for i, (uid, pointer, verdict, commit) in enumerate(drawn):
        anchor = {"message_index": CALL_AT, "call_index": 0, "pointer": pointer}
        add(uid, "mark", {"mark": {"mark_id": f"b{i}", **CATEGORY, "anchor": anchor}})
        if verdict:
            add(uid, "verdicts", {"verdicts": {str(CALL_AT): "incorrect"}})
        if commit:
            add(uid, "outcome", {"outcome": "reject"})
            add(uid, "commit", {})
    return ops


def everything(store: Store, person: Person) -> Any:
    with store.read() as conn:
        loaded = [trajectories.load(conn, uid) for uid in UIDS]
    states = [(one.state, one.outcome) for one in loaded]
    (queue,) = queue_overview(store)
    return observed(store, person), states, queue.done


@relaxed
@given(before=acts, drawn=batches)
def test_undoing_a_batch_leaves_everything_as_it_was(
    migrated_file: Path, before: list[Any], drawn: list[Any]
) -> None:
    with studio(migrated_file) as (store, ann):
        perform(store, ann.info, "s", ops_of(before))
        stood = everything(store, ann)
        ops = batch_ops(100, drawn)
        done = perform(store, ann.info, "s", ops)
        if all(result.status == "refused" for result in done.results):
            assert everything(store, ann) == stood
            return
        decided = everything(store, ann)
        undo = Op(200, UIDS[0], "undo", {"batch": "b"})
        taken = perform(store, ann.info, "s", [undo, undo])
        assert taken.results[0].status == "ok"
        assert everything(store, ann) == stood
        assert perform(store, ann.info, "s", [undo, *ops]).acked == 200
        assert everything(store, ann) == stood
        redo = Op(201, UIDS[0], "redo", {"of": 200})
        again = perform(store, ann.info, "s", [redo, redo])
        assert (again.results[0].status, again.results[0].redone) == ("ok", taken.results[0].undone)
        assert everything(store, ann) == decided
        assert perform(store, ann.info, "s", [undo, redo]).results == (
            taken.results[0],
            again.results[0],
        )
        last = perform(store, ann.info, "s", [Op(202, UIDS[0], "undo", {"batch": "b"})])
        assert last.results[0].status == "ok"
        assert everything(store, ann) == stood
