"""What matchers say of predictions, and the answers they are held against besides the reference.

Further answers are those that a person accepted: tries ruled to be as good as the reference, in the
court or in Annotate. Gold is what a source carried (`ground_truth`). Comparing is
`app/flows/match.py`; results are projections and can be made again at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from curation.annotation import ActKind, TryPayload, TryRuling, read_payload
from curation.gold import GoldCall, read_ground_truth
from curation.scoring import CLOSENESS
from curation.trajectory import Message
from curation.tries import try_id
from storage.acts import act, undone
from storage.bulk import MAX_KEYS, change_many
from storage.predictions import COLUMNS, StoredPrediction, prediction, predictions_of, stored
from storage.tables import ItemRow, ScoreRow, table_of

item = table_of(ItemRow)
score = table_of(ScoreRow)

MATCHED = {
    "strict": prediction.c.matches_strict,
    "looptool": prediction.c.matches_looptool,
    "bfcl": prediction.c.matches_bfcl,
}
"""Matcher -> the column that holds what it said."""

Place = tuple[int, int]
"""Trajectory id and message index."""


class Matched(Struct, frozen=True):
    """What the matchers say of one prediction."""

    prediction_id: int
    strict: bool
    looptool: bool
    bfcl: bool
    mismatch: str
    """`curation.matching.Mismatch` of the strict matcher; "" when it matches."""


def of_dataset(dataset_id: int | None) -> ColumnElement[bool] | None:
    """That a prediction is for a trajectory of the dataset; None for all."""
    if dataset_id is None:
        return None
    return (
        select(item.c.trajectory_id)
        .where(item.c.dataset_id == dataset_id, item.c.trajectory_id == prediction.c.trajectory_id)
        .exists()
    )


def page_to_compare(
    conn: Connection, dataset_id: int | None, after: int, limit: int, *, again: bool
) -> list[StoredPrediction]:
    """The next predictions with an id above `after`, by id, that were not compared or not scored.

    Args:
        again: also those that were compared already.
    """
    query = select(*COLUMNS).where(prediction.c.id > after).order_by(prediction.c.id).limit(limit)
    member = of_dataset(dataset_id)
    if member is not None:
        query = query.where(member)
    if not again:
        # Compared by a version that kept no scores, it is compared again.
        scored = select(score.c.prediction_id).where(
            score.c.prediction_id == prediction.c.id, score.c.reward == CLOSENESS
        )
        query = query.where(or_(prediction.c.matches_strict.is_(None), ~scored.exists()))
    return [stored(row) for row in conn.execute(query)]


def save_matches(conn: Connection, matched: Sequence[Matched]) -> None:
    """Record what the matchers said."""
    change_many(
        conn,
        prediction,
        ("matches_strict", "matches_looptool", "matches_bfcl", "mismatch"),
        [(m.strict, m.looptool, m.bfcl, m.mismatch, m.prediction_id) for m in matched],
    )


def gold_among(conn: Connection, trajectory_ids: Sequence[int]) -> dict[int, tuple[GoldCall, ...]]:
    """Trajectory id -> the set-valued gold its source carried; of several datasets the oldest that
    has any. Gold is of one turn: it belongs to a trajectory's only step."""
    found: dict[int, tuple[GoldCall, ...]] = {}
    for start in range(0, len(trajectory_ids), MAX_KEYS):
        query = (
            select(item.c.trajectory_id, item.c.source)
            .where(
                item.c.trajectory_id.in_(trajectory_ids[start : start + MAX_KEYS]),
                item.c.source.contains('"ground_truth"'),
            )
            .order_by(item.c.dataset_id)
        )
        for trajectory_id, source in conn.execute(query):
            gold = read_ground_truth(msgspec.json.decode(source).get("ground_truth"))
            if gold is not None:
                found.setdefault(trajectory_id, gold)
    return found


def accepted_at(conn: Connection, trajectory_id: int, message_index: int) -> list[Message]:
    """Answers for a step, besides the reference, that a person accepted, each once."""
    return accepted_among(conn, [trajectory_id]).get((trajectory_id, message_index), [])


def accepted_among(conn: Connection, trajectory_ids: Sequence[int]) -> dict[Place, list[Message]]:
    """(trajectory id, message index) -> answers that a person accepted there; steps without any are
    absent. What one person accepts and another rejects is accepted by nobody."""
    rulings: dict[tuple[int, int, str], dict[int, TryRuling | None]] = {}
    for start in range(0, len(trajectory_ids), MAX_KEYS):
        query = (
            select(act.c.trajectory_id, act.c.annotator_id, act.c.payload)
            .where(
                act.c.trajectory_id.in_(trajectory_ids[start : start + MAX_KEYS]),
                act.c.kind == ActKind.TRY.value,
                ~undone(act.c.id),
            )
            .order_by(act.c.id)
        )
        for trajectory_id, who, data in conn.execute(query):
            said = read_payload(ActKind.TRY, msgspec.json.decode(data))
            assert isinstance(said, TryPayload)
            place = (trajectory_id, said.message_index, said.try_id)
            rulings.setdefault(place, {})[who] = said.ruling
    accepted = {
        place
        for place, by in rulings.items()
        if TryRuling.ALTERNATIVE in by.values() and TryRuling.REJECTED not in by.values()
    }
    found: dict[Place, dict[str, Message]] = {}
    for trajectory_id in sorted({place[0] for place in accepted}):
        for one in predictions_of(conn, trajectory_id):
            key = try_id(one.message)
            if (trajectory_id, one.message_index, key) in accepted:
                at = found.setdefault((trajectory_id, one.message_index), {})
                at.setdefault(key, one.message)
    return {place: list(messages.values()) for place, messages in found.items()}


class VerificationCounts(Struct, frozen=True):
    """How far the predictions of a dataset, or all, are verified."""

    predictions: int
    compared: int
    mastered: int
    """Right without a judge: they match the reference or another accepted answer."""
    by_matcher: dict[str, int]
    """Matches of every matcher."""
    judged: int
    """With a verdict, or judged without one."""
    unscored: int
    disputed: int
    by_verdict: dict[str, int]


def verification_counts(
    conn: Connection, dataset_id: int | None = None, mastered_by: str = "strict"
) -> VerificationCounts:
    """Counts over predictions, in one pass.

    Args:
        mastered_by: the matcher whose match counts as mastery; a key of `MATCHED`.
    """

    def n(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = select(
        prediction.c.standing,
        func.count(),
        n(prediction.c.matches_strict.is_not(None)),
        *(n(column.is_(True)) for column in MATCHED.values()),
        n(prediction.c.is_disputed.is_(True)),
    ).group_by(prediction.c.standing)
    member = of_dataset(dataset_id)
    if member is not None:
        query = query.where(member)
    rows = conn.execute(query).all()
    by_matcher = {name: sum(row[3 + i] for row in rows) for i, name in enumerate(MATCHED)}
    standing = {row[0]: int(row[1]) for row in rows}
    n_open, unscored = standing.pop("", 0), standing.pop("unscored", 0)
    return VerificationCounts(
        predictions=sum(standing.values()) + n_open + unscored,
        compared=sum(row[2] for row in rows),
        mastered=by_matcher[mastered_by],
        by_matcher=by_matcher,
        judged=sum(standing.values()) + unscored,
        unscored=unscored,
        disputed=sum(row[-1] for row in rows),
        by_verdict=dict(sorted(standing.items())),
    )
