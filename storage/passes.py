"""Passes of judges on record: replies to rubrics that are answered item by item, and what they
amount to at every place. The runs themselves are `storage/runs.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, select

from curation.checklist_judging import ChecklistRuling, ChecklistVote, ItemAnswer
from curation.judging import JudgeReply, Omission, Unscored
from curation.rubric import Criterion
from storage.bulk import MAX_KEYS, insert_many, insert_new, stored_time
from storage.compression import pack, unpack
from storage.preparation import plain_text
from storage.runs import judge_run
from storage.tables import (
    ChecklistRulingRow,
    ChecklistVoteRow,
    DatasetRow,
    FindingRow,
    ItemRow,
    TrajectoryRow,
    table_of,
)

vote = table_of(ChecklistVoteRow)
ruling = table_of(ChecklistRulingRow)
finding = table_of(FindingRow)
dataset = table_of(DatasetRow)
item = table_of(ItemRow)
trajectory = table_of(TrajectoryRow)

PlaceKey = tuple[int, int]
"""(trajectory id, message index)."""

_VOTE = (
    "run_id",
    "trajectory_id",
    "message_index",
    "model",
    "number",
    "items",
    "unscored",
    "detail",
    "reply",
    "omitted",
    "prompt_tokens",
    "completion_tokens",
    "latency_s",
    "created_at",
)
_RULING = (
    "run_id",
    "trajectory_id",
    "message_index",
    "turn",
    "score",
    "passes",
    "items",
    "created_at",
)
_items = msgspec.json.Decoder(tuple[ItemAnswer, ...])


class AskedItem(Struct, frozen=True, omit_defaults=True):
    """An item as it was asked, and what it was answered with."""

    name: str
    question: str
    weight: float = 1.0
    holds: bool | None = None
    evidence: str = ""

    @property
    def criterion(self) -> Criterion:
        """What was asked, without the answer."""
        return Criterion(self.name, self.question, self.weight)


class NewChecklistVote(Struct, frozen=True):
    """A reply to be stored."""

    trajectory_id: int
    message_index: int
    number: int
    vote: ChecklistVote
    latency_s: float | None = None


class NewChecklistRuling(Struct, frozen=True):
    """What the votes on a place amount to, to be stored."""

    trajectory_id: int
    message_index: int
    turn: int
    ruling: ChecklistRuling
    asked: tuple[AskedItem, ...]


def add_checklist_votes(conn: Connection, run_id: int, votes: Sequence[NewChecklistVote]) -> None:
    """Store replies of a run; one in the place of a question that got none before."""
    for one in votes:
        conn.execute(
            delete(vote).where(
                vote.c.run_id == run_id,
                vote.c.trajectory_id == one.trajectory_id,
                vote.c.message_index == one.message_index,
                vote.c.number == one.number,
                vote.c.unscored == Unscored.FAILED.value,
            )
        )
    now = stored_time(conn, datetime.now(UTC))
    insert_new(conn, vote, _VOTE, [(run_id, *_values(one), now) for one in votes])


def _values(new: NewChecklistVote) -> tuple[Any, ...]:
    said = new.vote
    return (
        new.trajectory_id,
        new.message_index,
        said.model,
        new.number,
        plain_text(msgspec.json.encode(said.items).decode()),
        said.unscored.value if said.unscored else None,
        plain_text(said.detail),
        pack(msgspec.json.encode(said.reply)) if said.reply else None,
        msgspec.json.encode(said.omitted).decode(),
        said.prompt_tokens,
        said.completion_tokens,
        new.latency_s,
    )


def add_checklist_rulings(
    conn: Connection, run_id: int, rulings: Sequence[NewChecklistRuling]
) -> None:
    """Store what a run ended with; a place has one ruling in a run."""
    now = stored_time(conn, datetime.now(UTC))
    insert_many(
        conn,
        ruling,
        _RULING,
        [
            (
                run_id,
                one.trajectory_id,
                one.message_index,
                one.turn,
                one.ruling.score,
                one.ruling.passes,
                plain_text(msgspec.json.encode(one.asked).decode()),
                now,
            )
            for one in rulings
        ],
    )


def trajectories_after(
    conn: Connection, dataset_id: int | None, after: int, limit: int
) -> list[int]:
    """Ids of imported trajectories, of one dataset or of all, in order."""
    query = select(item.c.trajectory_id).distinct().where(item.c.trajectory_id > after)
    if dataset_id is not None:
        query = query.where(item.c.dataset_id == dataset_id)
    return list(conn.execute(query.order_by(item.c.trajectory_id).limit(limit)).scalars())


def count_trajectories(conn: Connection, dataset_id: int | None) -> int:
    """How many `trajectories_after` has."""
    query = select(func.count(item.c.trajectory_id.distinct()))
    if dataset_id is not None:
        query = query.where(item.c.dataset_id == dataset_id)
    return int(conn.execute(query).scalar_one())


def names_of(conn: Connection, trajectory_ids: Sequence[int]) -> dict[int, list[str]]:
    """Trajectory id -> the ids that its sources gave it."""
    found: dict[int, list[str]] = {}
    for start in range(0, len(trajectory_ids), MAX_KEYS):
        some = trajectory_ids[start : start + MAX_KEYS]
        query = select(item.c.trajectory_id, item.c.source_id)
        for row in conn.execute(query.where(item.c.trajectory_id.in_(some))):
            found.setdefault(row.trajectory_id, []).append(row.source_id)
    return found


def ruled_places(conn: Connection, run_id: int, trajectory_ids: Sequence[int]) -> set[PlaceKey]:
    """The places of these trajectories that a run has come to an end with."""
    found: set[PlaceKey] = set()
    for start in range(0, len(trajectory_ids), MAX_KEYS):
        some = trajectory_ids[start : start + MAX_KEYS]
        query = select(ruling.c.trajectory_id, ruling.c.message_index)
        query = query.where(ruling.c.run_id == run_id, ruling.c.trajectory_id.in_(some))
        found.update((row.trajectory_id, row.message_index) for row in conn.execute(query))
    return found


def votes_on_record(
    conn: Connection, run_id: int, trajectory_ids: Sequence[int]
) -> dict[PlaceKey, list[NewChecklistVote]]:
    """The replies of a run on these trajectories; questions that got none are left out."""
    found: dict[PlaceKey, list[NewChecklistVote]] = {}
    for start in range(0, len(trajectory_ids), MAX_KEYS):
        some = trajectory_ids[start : start + MAX_KEYS]
        query = (
            select(vote, judge_run.c.rubric, judge_run.c.rubric_version)
            .join(judge_run, judge_run.c.id == vote.c.run_id)
            .where(vote.c.run_id == run_id, vote.c.trajectory_id.in_(some))
            .order_by(vote.c.number)
        )
        for row in conn.execute(query):
            if row.unscored != Unscored.FAILED.value:
                one = _stored(row)
                found.setdefault((row.trajectory_id, row.message_index), []).append(one)
    return found


def _stored(row: Row[Any]) -> NewChecklistVote:
    said = ChecklistVote(
        row.model,
        f"{row.rubric}@{row.rubric_version}",
        _items.decode(row.items),
        Unscored(row.unscored) if row.unscored else None,
        row.detail,
        _reply.decode(unpack(row.reply)) if row.reply else None,
        row.prompt_tokens,
        row.completion_tokens,
        _omitted.decode(row.omitted),
    )
    return NewChecklistVote(row.trajectory_id, row.message_index, row.number, said, row.latency_s)


_reply = msgspec.json.Decoder(JudgeReply)
_omitted = msgspec.json.Decoder(tuple[Omission, ...])


class PassCounts(Struct, frozen=True):
    """What a run came to."""

    places: int
    """Places with a ruling."""
    scored: int
    """Those of them in which every item has an answer."""
    passing: int
    """Those in which every item that must hold does."""
    mean_score: float | None
    findings: int
    """Items found wanting that stand: a later run of the same pass takes their place."""
    votes: int
    """Replies; questions that got none are not counted."""
    unreadable: int
    """Replies that answer nothing."""
    failed: int
    """Questions that got no reply."""
    uncounted: int
    """Replies whose tokens the endpoint did not report."""
    prompt_tokens: int
    completion_tokens: int


def pass_counts(conn: Connection, run_id: int) -> PassCounts:
    """Counted over what is on record of a run."""
    places, scored, passing, mean = conn.execute(
        select(
            func.count(),
            func.count(ruling.c.score),
            func.count().filter(ruling.c.passes.is_(True)),
            func.avg(ruling.c.score),
        ).where(ruling.c.run_id == run_id)
    ).one()
    findings = select(func.count()).select_from(finding).where(finding.c.run_id == run_id)
    failed = vote.c.unscored == Unscored.FAILED.value
    replied = vote.c.reply.is_not(None)
    silent = vote.c.prompt_tokens.is_(None) | vote.c.completion_tokens.is_(None)
    votes, unreadable, unanswered, uncounted, tokens_in, tokens_out = conn.execute(
        select(
            func.count().filter(replied),
            func.count().filter(replied, vote.c.unscored.is_not(None)),
            func.count().filter(failed),
            func.count().filter(replied, silent),
            func.coalesce(func.sum(vote.c.prompt_tokens), 0),
            func.coalesce(func.sum(vote.c.completion_tokens), 0),
        ).where(vote.c.run_id == run_id)
    ).one()
    return PassCounts(
        places,
        scored,
        passing,
        None if mean is None else float(mean),
        int(conn.execute(findings).scalar_one()),
        votes,
        unreadable,
        unanswered,
        uncounted,
        int(tokens_in),
        int(tokens_out),
    )


def n_failed(conn: Connection, run_id: int) -> int:
    """How many questions of the run got no reply."""
    query = select(func.count()).select_from(vote)
    failed = vote.c.unscored == Unscored.FAILED.value
    return int(conn.execute(query.where(vote.c.run_id == run_id, failed)).scalar_one())


class PassLine(Struct, frozen=True):
    """What a pass says of one place, as it is told outside."""

    dataset: str
    uid: str
    source_id: str
    message_index: int
    turn: int
    rubric: str
    """`name@version`."""
    models: tuple[str, ...]
    run: int
    score: float | None
    passes: bool | None
    items: tuple[AskedItem, ...]


def iter_pass_lines(
    conn: Connection, dataset_name: str | None = None, rubric: str | None = None
) -> Iterator[PassLine]:
    """Every ruling on record by run, trajectory and place; one of a trajectory in several datasets
    is told for each."""
    query = (
        select(
            dataset.c.name,
            trajectory.c.uid,
            item.c.source_id,
            ruling,
            judge_run.c.rubric,
            judge_run.c.rubric_version,
            judge_run.c.models,
        )
        .join(judge_run, judge_run.c.id == ruling.c.run_id)
        .join(trajectory, trajectory.c.id == ruling.c.trajectory_id)
        .join(item, item.c.trajectory_id == ruling.c.trajectory_id)
        .join(dataset, dataset.c.id == item.c.dataset_id)
        .order_by(ruling.c.run_id, ruling.c.trajectory_id, ruling.c.message_index, dataset.c.id)
        .execution_options(yield_per=500)
    )
    if dataset_name is not None:
        query = query.where(dataset.c.name == dataset_name)
    if rubric is not None:
        query = query.where(judge_run.c.rubric == rubric)
    for row in conn.execute(query):
        yield PassLine(
            row.name,
            row.uid,
            row.source_id,
            row.message_index,
            row.turn,
            f"{row.rubric}@{row.rubric_version}",
            _names.decode(row.models),
            row.run_id,
            row.score,
            row.passes,
            _asked.decode(row.items),
        )


_names = msgspec.json.Decoder(tuple[str, ...])
_asked = msgspec.json.Decoder(tuple[AskedItem, ...])
