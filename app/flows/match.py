"""Match: hold predictions against everything that is accepted at their step, and score them.

Three ideas of "the same" (`curation/matching.py`) are asked of every prediction; what matches is
mastered and goes to no judge. How close the others come, rewards say (`curation/scoring.py`). Runs
after predictions came in, and at a step when a person accepts a further answer there. Only what was
never compared is looked at, unless asked to look again.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.running import Run
from curation.gold import GoldCall, gold_of_only_step
from curation.matching import MATCHERS, Match, match_step
from curation.scoring import scores_of
from curation.trajectory import Message, Trajectory
from storage.datasets import dataset_id
from storage.engine import Store
from storage.matches import (
    MATCHED,
    Matched,
    VerificationCounts,
    accepted_among,
    gold_among,
    page_to_compare,
    save_matches,
    verification_counts,
)
from storage.predictions import StoredPrediction, predictions_of
from storage.scores import save_scores
from storage.trajectories import load_many

PAGE = 250
"""Predictions in one transaction: it takes long enough to be worth it, and nobody waits for it."""


class MatchReport(Struct, frozen=True):
    """What came of comparing."""

    compared: int
    """In this run."""
    counts: VerificationCounts
    """Of the dataset now."""


class Following(Run):
    """The same run, whose checkpoint is another flow's: what is compared already is skipped
    without one."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def report(self, done: int, total: int | None = None, unit: str = "") -> None:
        self._run.report(done, total, unit)


def match(
    store: Store,
    dataset: str | None = None,
    *,
    again: bool = False,
    mastered_by: str = "strict",
    run: Run = Run(),
) -> MatchReport:
    """Compare what was not compared yet.

    Args:
        dataset: its name; None for all.
        again: compare everything, because references, alternatives or matchers changed.

    Raises:
        NotFound: no such dataset.
        Cancelled: the user stopped it; what was compared stays.
    """
    with store.read() as conn:
        number = None if dataset is None else dataset_id(conn, dataset)
    after, compared = run.checkpoint.get("after", 0), run.checkpoint.get("compared", 0)
    run.report(compared, None, "predictions")
    while True:
        # Read and written in one transaction: what a person accepts meanwhile is not lost.
        with store.write() as conn:
            page = page_to_compare(conn, number, after, PAGE, again=again)
            if not page:
                break
            compare_stored(conn, page)
            after, compared = page[-1].id, compared + len(page)
            run.save(conn, {"after": after, "compared": compared})
        run.report(compared, None, "predictions")
        store.give_way()
    with store.read() as conn:
        return MatchReport(compared, verification_counts(conn, number, mastered_by))


def match_at(conn: Connection, trajectory_id: int, message_index: int) -> None:
    """Compare the predictions of one step again, within the caller's transaction."""
    compare_stored(conn, predictions_of(conn, trajectory_id, at=message_index))


def compare_stored(conn: Connection, page: Sequence[StoredPrediction]) -> None:
    """Compare these predictions and record what the matchers say, within a transaction."""
    ids = sorted({one.trajectory_id for one in page})
    bodies = {one.id: one.trajectory for one in load_many(conn, ids)}
    golds = gold_among(conn, ids)
    accepted = accepted_among(conn, ids)
    matched, scored = [], []
    for one in page:
        body = bodies[one.trajectory_id]
        further = accepted.get((one.trajectory_id, one.message_index), [])
        matched.append(compared(one, body, further, golds.get(one.trajectory_id)))
        scored.append((one.id, scored_against(one, body, further)))
    save_matches(conn, matched)
    save_scores(conn, scored)


def compared(
    one: StoredPrediction,
    trajectory: Trajectory,
    accepted: Sequence[Message],
    gold: Sequence[GoldCall] | None,
) -> Matched:
    """What all matchers say of one prediction."""
    found = {name: match_with(name, one, trajectory, accepted, gold) for name in MATCHED}
    return Matched(
        one.id,
        found["strict"].matched,
        found["looptool"].matched,
        found["bfcl"].matched,
        found["strict"].why or "",
    )


def scored_against(
    one: StoredPrediction, trajectory: Trajectory, further: Sequence[Message]
) -> dict[str, float]:
    """What all rewards say of one prediction."""
    at, messages = one.message_index, trajectory.messages
    return scores_of(one.message, (messages[at], *further), trajectory.tools, messages[at + 1 :])


def match_with(
    matcher: str,
    one: StoredPrediction,
    trajectory: Trajectory,
    accepted: Sequence[Message],
    gold: Sequence[GoldCall] | None,
) -> Match:
    """What one matcher says of a prediction."""
    return match_step(
        MATCHERS.get(matcher),
        trajectory.messages[one.message_index],
        one.message,
        alternatives=accepted,
        gold=gold_of_only_step(gold, trajectory) or None,
        tools=trajectory.tools,
    )
