"""A ruling on the only step of a trajectory says all there is to say of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from app.flows.annotate import perform
from app.flows.export import ExportRequest, export
from app.flows.ingest import ingest
from app.flows.queue import fill_queue
from app.flows.rule import rule, withdraw
from curation.annotation import Annotation, Outcome, StepVerdict
from curation.standing import RulerKind
from curation.trajectory import Message, Role
from curation.verdicts import Verdict
from storage.annotations import standing_annotations
from storage.candidate_facts import court_of
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction, predictions_of
from storage.tables import PredictionRow, TrajectoryRow, table_of
from storage.verdicts import StoredVerdict
from tests.episodes import Person
from tests.pairs import pair_rows

LABEL, PRED = Verdict.LABEL_WRONG, Verdict.PRED_WRONG
BOTH, NEITHER = Verdict.BOTH_CORRECT, Verdict.BOTH_WRONG


class Pairs:
    """Trajectories of one step, or of two, with a prediction for the first; and Mara."""

    def __init__(self, store: Store, folder: Path, n: int, *, more: bool = False) -> None:
        self.store = store
        self.mara = Person(store, "Mara")
        rows = pair_rows("t", n)
        for row in rows if more else []:
            row["messages"] += [
                {"role": "user", "content": "Thanks."},
                {"role": "assistant", "content": "With pleasure."},
            ]
        path = folder / "pairs.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        ingest(store, [path], dataset="t")
        fill_queue(store, "t")
        prediction, trajectory = table_of(PredictionRow), table_of(TrajectoryRow)
        with store.read() as conn:
            found = conn.execute(
                select(prediction.c.id, trajectory.c.id, trajectory.c.uid)
                .join(trajectory, trajectory.c.id == prediction.c.trajectory_id)
                .order_by(prediction.c.id)
            ).all()
        self.cases, self.numbers, self.uids = (list(column) for column in zip(*found, strict=True))
        self.n = 0

    def rule(self, which: int, verdict: Verdict, **more: RulerKind) -> StoredVerdict:
        self.n += 1
        who, case = self.mara.info, self.cases[which]
        return rule(self.store, who, case, verdict, session_id="s", n=self.n, **more)  # type: ignore[arg-type]

    def state(self, which: int) -> tuple[str, str | None]:
        trajectory = table_of(TrajectoryRow)
        query = select(trajectory.c.state, trajectory.c.outcome)
        with self.store.read() as conn:
            found = conn.execute(query.where(trajectory.c.id == self.numbers[which])).one()
        return tuple(found)

    def committed(self, which: int) -> list[Annotation]:
        with self.store.read() as conn:
            return [one.annotation for one in standing_annotations(conn, self.numbers[which])]


@pytest.fixture
def pairs(store: Store, tmp_path: Path) -> Pairs:
    return Pairs(store, tmp_path, 4)


@pytest.mark.parametrize("verdict", [LABEL, PRED, BOTH])
def test_a_ruling_on_the_only_step_accepts_the_trajectory(pairs: Pairs, verdict: Verdict) -> None:
    given = pairs.rule(0, verdict)
    assert given.action.is_accepted
    assert pairs.state(0) == ("decided", "accept")
    [said] = pairs.committed(0)
    assert said.outcome is Outcome.ACCEPT
    assert (said.correction_uid is not None) == (verdict is LABEL)
    assert len(said.tries) == (0 if verdict is LABEL else 1)
    pairs.n += 1
    withdraw(pairs.store, pairs.mara.info, given.id, session_id="s", n=pairs.n)
    assert pairs.committed(0) == []
    assert pairs.state(0)[1] is None
    pairs.rule(0, PRED)
    assert pairs.state(0) == ("decided", "accept")
    assert [one.outcome for one in pairs.committed(0)] == [Outcome.ACCEPT]


def test_where_something_is_left_to_say_nothing_is_committed(pairs: Pairs, tmp_path: Path) -> None:
    pairs.rule(0, NEITHER)
    assert pairs.committed(0) == [], "the third answer is to be written"
    perform(pairs.store, pairs.mara.info, pairs.mara.session,
            [pairs.mara.op("note", pairs.uids[1], note="Half read.")])  # fmt: skip
    pairs.rule(1, PRED)
    assert pairs.committed(1) == [], "she was at it in Annotate"


def test_of_several_steps_one_is_not_all(store: Store, tmp_path: Path) -> None:
    pairs = Pairs(store, tmp_path, 1, more=True)
    assert not pairs.rule(0, LABEL).action.is_accepted
    assert pairs.committed(0) == []


def test_rulings_alone_make_rows_for_every_trainer(pairs: Pairs, tmp_path: Path) -> None:
    """Label wrong, prediction wrong, both correct, both wrong: 3 targets; 2 pairs; wanted are the
    correction, the label, and the label with its alternative, unwanted what they beat."""
    for which, verdict in enumerate((LABEL, PRED, BOTH, NEITHER)):
        pairs.rule(which, verdict)
    rows = {}
    for kind in ("sft", "dpo", "kto"):
        out = tmp_path / kind
        request = ExportRequest(kind, "trl", str(out), dataset="t", include="annotated")
        export(pairs.store, request, processes=1)
        rows[kind] = [
            json.loads(line)
            for split in ("train", "validation", "test")
            for path in out.glob(f"{split}.jsonl")
            for line in path.read_text().splitlines()
        ]
    assert {kind: len(found) for kind, found in rows.items()} == {"sft": 3, "dpo": 2, "kto": 6}
    assert sorted(row["label"] for row in rows["kto"]) == [False] * 2 + [True] * 4


def test_a_label_that_was_ruled_wrong_is_no_target_before_it_is_corrected(
    pairs: Pairs, tmp_path: Path
) -> None:
    pairs.rule(0, NEITHER)
    pairs.rule(1, PRED)
    request = ExportRequest("sft", "trl", str(tmp_path / "out"), dataset="t", include="all")
    report = export(pairs.store, request, processes=1)
    assert (report.rows, report.dropped) == (3, {"no-target": 1})


def test_labels_are_right_or_wrong_only_where_all_rulings_on_them_say_so(
    store: Store, tmp_path: Path
) -> None:
    """One prediction shows the label wrong, the other loses against it: nothing is settled."""
    pairs = Pairs(store, tmp_path, 1)
    with store.write() as conn:
        other = Message(Role.ASSISTANT, "Which restaurant?")
        add_predictions(conn, [(pairs.numbers[0], new_prediction(1, "other", other, None))])
        pairs.cases.append(predictions_of(conn, pairs.numbers[0])[1].id)
    pairs.rule(0, NEITHER)
    with store.read() as conn:
        assert court_of(conn, pairs.numbers)[pairs.numbers[0]].step_verdicts == {
            1: StepVerdict.INCORRECT
        }
    pairs.rule(1, PRED)
    with store.read() as conn:
        assert court_of(conn, pairs.numbers)[pairs.numbers[0]].step_verdicts == {}
