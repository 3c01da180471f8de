"""Where error seeds are found: verdicts in force, and what people committed in place of a label."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, func, select

from curation.annotation import Outcome
from curation.standing import RulerKind
from curation.verdicts import Verdict
from storage.annotations import standing_among
from storage.bulk import MAX_KEYS
from storage.decisions import decisions_in_force
from storage.matches import of_dataset
from storage.predictions import COLUMNS, StoredPrediction, prediction, stored
from storage.tables import TrajectoryRow, VerdictRow, VoteRow, table_of

trajectory = table_of(TrajectoryRow)
verdict = table_of(VerdictRow)
vote = table_of(VoteRow)

ERRORS = (Verdict.PRED_WRONG, Verdict.LABEL_WRONG, Verdict.BOTH_WRONG)


class ErrorOnRecord(Struct, frozen=True):
    """A prediction with a verdict in force that names an error."""

    prediction: StoredPrediction
    verdict_id: int
    verdict: Verdict
    kind: RulerKind
    note: str
    """Why, as the person said it."""
    is_disputed: bool


def errors_on_record(
    conn: Connection,
    dataset_id: int | None,
    kinds: Collection[RulerKind],
    after: int,
    limit: int,
) -> list[ErrorOnRecord]:
    """The next ones with a prediction id above `after`, by it.

    Args:
        dataset_id: None for all data.
        kinds: on whose word the verdict is.
    """
    query = (
        select(
            *COLUMNS,
            verdict.c.verdict.label("said"),
            verdict.c.note.label("why"),
        )
        .join(verdict, verdict.c.id == prediction.c.verdict_id)
        .where(prediction.c.id > after, _is_error(dataset_id, kinds))
        .order_by(prediction.c.id)
        .limit(limit)
    )
    return [_error(row) for row in conn.execute(query).all()]


def count_errors(
    conn: Connection, dataset_id: int | None, kinds: Collection[RulerKind]
) -> dict[Verdict, int]:
    """How many there are of each verdict."""
    query = (
        select(prediction.c.standing, func.count())
        .where(_is_error(dataset_id, kinds))
        .group_by(prediction.c.standing)
    )
    return {Verdict(standing): n for standing, n in conn.execute(query)}


def _is_error(dataset_id: int | None, kinds: Collection[RulerKind]) -> ColumnElement[bool]:
    wanted = and_(
        prediction.c.standing.in_([one.value for one in ERRORS]),
        prediction.c.decided_by.in_([kind.value for kind in kinds]),
    )
    member = of_dataset(dataset_id)
    return wanted if member is None else and_(wanted, member)


def _error(row: Any) -> ErrorOnRecord:
    one = stored(row)
    assert one.verdict_id is not None
    return ErrorOnRecord(
        one, one.verdict_id, Verdict(row.said), RulerKind(one.decided_by), row.why, one.is_disputed
    )


def committed_corrections(conn: Connection, trajectory_ids: Sequence[int]) -> dict[int, int]:
    """Trajectory id -> id of what stands in its place: the correction that was decided for, else
    the latest that a person committed as accepted. Trajectories without one are absent, and so are
    those that were decided to stay as they are or to go."""
    found: dict[int, int] = {}
    decided: set[int] = set()
    uids: dict[str, int] = {}
    for start in range(0, len(trajectory_ids), 1_000):
        some = trajectory_ids[start : start + 1_000]
        for one, decision in decisions_in_force(conn, some).items():
            decided.add(one)
            if decision.result_id is not None and decision.result_id != one:
                found[one] = decision.result_id
        for one, said in standing_among(conn, some).items():
            carried = [
                a.annotation.correction_uid
                for a in sorted(said, key=lambda a: a.id)
                if a.annotator_kind == "human"
                and a.annotation.outcome is Outcome.ACCEPT
                and a.annotation.correction_uid
            ]
            if carried and one not in decided:
                uids[carried[-1]] = one
    names = sorted(uids)
    for start in range(0, len(names), MAX_KEYS):
        query = select(trajectory.c.uid, trajectory.c.id).where(
            trajectory.c.uid.in_(names[start : start + MAX_KEYS])
        )
        found.update({uids[uid]: number for uid, number in conn.execute(query)})
    return found


def analyses_of(conn: Connection, wanted: Sequence[tuple[int, Verdict]]) -> dict[int, str]:
    """Prediction id -> what a judge who came to that verdict says is wrong, in its latest words;
    predictions of which no judge says anything are absent."""
    says = {prediction_id: said.value for prediction_id, said in wanted}
    ids = sorted(says)
    found: dict[int, str] = {}
    for start in range(0, len(ids), MAX_KEYS):
        query = (
            select(vote.c.prediction_id, vote.c.verdict, vote.c.error_analysis)
            .where(
                vote.c.prediction_id.in_(ids[start : start + MAX_KEYS]),
                vote.c.error_analysis != "",
            )
            .order_by(vote.c.id)
        )
        for prediction_id, named, words in conn.execute(query):
            if named == says[prediction_id]:
                found[prediction_id] = words
    return found
