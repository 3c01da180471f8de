"""What a run of a judge has yet to look at: how much work it is to find out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from curation.consensus import ConsensusRule
from curation.standing import RulerKind
from curation.trajectory import Message, Role
from curation.verdicts import Verdict
from storage.annotators import ensure_annotator
from storage.engine import Store
from storage.judging import Wanted, to_judge
from storage.predictions import add_predictions, new_prediction
from storage.runs import NewJudgeRun, add_judge_run
from storage.trajectories import add_batch, new_trajectory
from storage.verdicts import NewVerdict, add_verdicts
from tests.unit.storage.rows import weather

RUN = NewJudgeRun("", "openai", ("m",), "http://h/v1", "r@1", 1, ConsensusRule())
EVERY = 10
"""Steps of SQLite's machine that are counted as one."""


def machine_steps(store: Store, read: Callable[[Any], object]) -> int:
    """How much SQLite had to do for a query; the same on every machine."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    with store.read() as conn:
        driver = conn.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(count, EVERY)
        try:
            read(conn)
        finally:
            driver.set_progress_handler(None, EVERY)
    return counted * EVERY


def test_the_next_predictions_take_no_longer_the_more_a_run_has_said(store: Store) -> None:
    with store.write() as conn:
        batch = [new_trajectory(weather(f"City{i}"), f"g{i}") for i in range(600)]
        ids = add_batch(conn, batch).ids
        wrong = Message(Role.ASSISTANT, "No.")
        add_predictions(conn, [(i, new_prediction(1, "m", wrong, None)) for i in ids])
        run = add_judge_run(conn, RUN)
        judge = ensure_annotator(conn, "judge", "judge").id

    def next_twenty(after: int) -> int:
        return machine_steps(store, lambda conn: to_judge(conn, run, Wanted(), after, 20))

    before = next_twenty(0)
    with store.read() as conn:
        first = [one.id for one in to_judge(conn, run, Wanted(), 0, 500)]
    with store.write() as conn:
        said = [NewVerdict(i, RulerKind.JUDGE, judge, verdict=Verdict.BOTH_WRONG, run_id=run)
                for i in first]  # fmt: skip
        add_verdicts(conn, said)
    after = next_twenty(first[-1])
    assert after < 1.5 * before, "each of them once looked through all that the run had said"
