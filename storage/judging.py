"""What a run of a judge still has to ask, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, delete, false, func, or_, select, true

from curation.judging import Unscored
from curation.predictions import PredictionKind
from curation.standing import UNSCORED
from storage.matches import MATCHED
from storage.predictions import COLUMNS, StoredPrediction, prediction, stored
from storage.tables import ItemRow, table_of
from storage.verdicts import verdict
from storage.votes import NewVote, vote

item = table_of(ItemRow)


class Wanted(Struct, frozen=True):
    """Which predictions a judge is to look at; those that match the reference never."""

    dataset_id: int | None = None
    """None: of all datasets."""
    with_samples: bool = False
    """Also what a model said only when it was sampled."""
    only_undecided: bool = False
    """Not those that have a verdict in force from anybody."""
    mastered_by: str = "strict"
    """The matcher whose match goes to no judge; a key of `storage.matches.MATCHED`."""


def count_to_judge(conn: Connection, wanted: Wanted) -> int:
    """How many predictions there are to be judged, whether this run did so already or not."""
    return _count(conn, wanted, _is_mismatch(wanted))


def count_matched(conn: Connection, wanted: Wanted) -> int:
    """How many are not judged because they match."""
    return _count(conn, wanted, MATCHED[wanted.mastered_by].is_(True))


def count_judged(conn: Connection, run_id: int) -> int:
    """How many predictions the run has come to an end with."""
    query = select(func.count(verdict.c.prediction_id.distinct()))
    return int(conn.execute(query.where(verdict.c.run_id == run_id)).scalar_one())


def to_judge(
    conn: Connection, run_id: int, wanted: Wanted, after: int, limit: int
) -> list[StoredPrediction]:
    """The next predictions that the run has not come to an end with, by id; and those of which it
    has, but only because a question got no reply."""
    query = (
        select(*COLUMNS)
        .where(prediction.c.id > after, _is_mismatch(wanted), _conditions(wanted))
        .where(_is_open(run_id))
        .order_by(prediction.c.id)
        .limit(limit)
    )
    return [stored(row) for row in conn.execute(query)]


def count_left(conn: Connection, run_id: int, wanted: Wanted) -> int:
    """How many predictions `to_judge` has yet to hand out."""
    return _count(conn, wanted, and_(_is_mismatch(wanted), _is_open(run_id)))


def _is_open(run_id: int) -> ColumnElement[bool]:
    said = select(verdict.c.id).where(
        verdict.c.prediction_id == prediction.c.id, verdict.c.run_id == run_id
    )
    failed = select(vote.c.id).where(
        vote.c.prediction_id == prediction.c.id,
        vote.c.run_id == run_id,
        vote.c.unscored == Unscored.FAILED.value,
    )
    return or_(~said.exists(), failed.exists())


def forget_failures(conn: Connection, run_id: int, votes: Sequence[NewVote]) -> None:
    """Make room for these votes where an earlier try at the same question got no reply."""
    failed = select(vote.c.prediction_id).where(
        vote.c.run_id == run_id,
        vote.c.unscored == Unscored.FAILED.value,
        vote.c.prediction_id.in_({new.prediction_id for new in votes}),
    )
    again = set(conn.execute(failed).scalars())
    for new in (one for one in votes if one.prediction_id in again):
        key = new.vote.key
        conn.execute(
            delete(vote).where(
                vote.c.run_id == run_id,
                vote.c.prediction_id == new.prediction_id,
                vote.c.model == key.model,
                vote.c.order == key.order.value,
                vote.c.number == key.number,
                vote.c.unscored == Unscored.FAILED.value,
            )
        )


def n_failed(conn: Connection, run_id: int) -> int:
    """How many questions of the run got no reply."""
    query = select(func.count()).select_from(vote)
    failed = vote.c.unscored == Unscored.FAILED.value
    return int(conn.execute(query.where(vote.c.run_id == run_id, failed)).scalar_one())


class RunCounts(Struct, frozen=True):
    """What a run came to."""

    by_verdict: dict[str, int]
    unscored: int
    votes: int
    """Replies; questions that got none are not counted."""
    uncounted: int
    """Replies whose tokens the endpoint did not report."""
    prompt_tokens: int
    completion_tokens: int


def run_counts(conn: Connection, run_id: int) -> RunCounts:
    """Counted over the stored votes and the latest verdict on each prediction."""
    latest = (
        select(func.max(verdict.c.id).label("id"))
        .where(verdict.c.run_id == run_id, verdict.c.withdraws.is_(None))
        .group_by(verdict.c.prediction_id)
        .subquery()
    )
    by_verdict = conn.execute(
        select(verdict.c.verdict, func.count())
        .join(latest, latest.c.id == verdict.c.id)
        .group_by(verdict.c.verdict)
    )
    verdicts: dict[str | None, int] = {}
    for named, n in by_verdict:
        verdicts[named] = n
    replied = or_(vote.c.unscored.is_(None), vote.c.unscored != Unscored.FAILED.value)
    silent = and_(
        vote.c.reply.is_not(None),
        or_(vote.c.prompt_tokens.is_(None), vote.c.completion_tokens.is_(None)),
    )
    votes, uncounted, tokens_in, tokens_out = conn.execute(
        select(
            func.count(),
            func.count().filter(silent),
            func.coalesce(func.sum(vote.c.prompt_tokens), 0),
            func.coalesce(func.sum(vote.c.completion_tokens), 0),
        ).where(vote.c.run_id == run_id, replied)
    ).one()
    unscored = verdicts.pop(None, 0)
    return RunCounts(
        {str(name): n for name, n in sorted(verdicts.items())},
        unscored,
        votes,
        uncounted,
        int(tokens_in),
        int(tokens_out),
    )


class UsualTokens(Struct, frozen=True):
    """What one question took on average."""

    prompt: float
    completion: float
    n: int
    """Answers that this is the average of."""


def usual_tokens(conn: Connection, model: str, latest: int = 500) -> UsualTokens | None:
    """What the latest replies of a judge's model took; None when none is on record."""
    counted = (
        select(vote.c.prompt_tokens, vote.c.completion_tokens)
        .where(
            vote.c.model == model,
            vote.c.prompt_tokens.is_not(None),
            vote.c.completion_tokens.is_not(None),
        )
        .order_by(vote.c.id.desc())
        .limit(latest)
        .subquery()
    )
    prompt, completion, n = conn.execute(
        select(
            func.avg(counted.c.prompt_tokens), func.avg(counted.c.completion_tokens), func.count()
        )
    ).one()
    return UsualTokens(float(prompt), float(completion), n) if n else None


def _count(conn: Connection, wanted: Wanted, more: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(prediction).where(more, _conditions(wanted))
    return int(conn.execute(query).scalar_one())


def _is_mismatch(wanted: Wanted) -> ColumnElement[bool]:
    """Compared and found different, or not compared yet."""
    matched = MATCHED[wanted.mastered_by]
    return or_(matched.is_(None), matched == false())


def _conditions(wanted: Wanted) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = [true()]
    if wanted.dataset_id is not None:
        member = select(item.c.trajectory_id).where(
            item.c.trajectory_id == prediction.c.trajectory_id,
            item.c.dataset_id == wanted.dataset_id,
        )
        found.append(member.exists())
    if not wanted.with_samples:
        found.append(prediction.c.kind != PredictionKind.SAMPLED.value)
    if wanted.only_undecided:
        found.append(prediction.c.standing.in_(("", UNSCORED)))
    return and_(*found)
