"""Votes: every reply of a judge, kept as it came. What they amount to is in `storage/verdicts.py`.

A question of a run is answered once: storing its vote again changes nothing, which is what lets a
run that was killed go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, select

from curation.judging import JudgeReply, Omission, Order, Unscored, Vote, VoteKey
from curation.verdicts import Verdict
from storage.bulk import MAX_KEYS, insert_new, stored_time
from storage.compression import pack, unpack
from storage.runs import judge_run
from storage.tables import VoteRow, table_of

vote = table_of(VoteRow)

_COLUMNS = (
    "run_id",
    "prediction_id",
    "model",
    "order",
    "number",
    "verdict",
    "unscored",
    "detail",
    "error_analysis",
    "correct_approach",
    "reply",
    "omitted",
    "prompt_tokens",
    "completion_tokens",
    "latency_s",
    "created_at",
)
_reply = msgspec.json.Decoder(JudgeReply)
_omitted = msgspec.json.Decoder(tuple[Omission, ...])


class NewVote(Struct, frozen=True):
    """A vote to be stored."""

    prediction_id: int
    vote: Vote
    latency_s: float | None = None
    """Seconds until the reply was there; None when nothing was asked."""


class StoredVote(Struct, frozen=True):
    """A vote on record."""

    id: int
    run_id: int
    prediction_id: int
    vote: Vote
    latency_s: float | None
    created_at: datetime


def add_votes(conn: Connection, run_id: int, votes: Sequence[NewVote]) -> int:
    """Store votes of a run; returns how many were not there yet."""
    now = stored_time(conn, datetime.now(UTC))
    return insert_new(
        conn, vote, _COLUMNS, [(run_id, one.prediction_id, *_values(one), now) for one in votes]
    )


def _values(new: NewVote) -> tuple[Any, ...]:
    said = new.vote
    return (
        said.key.model,
        said.key.order.value,
        said.key.number,
        said.verdict.value if said.verdict else None,
        said.unscored.value if said.unscored else None,
        _storable(said.detail),
        _storable(said.error_analysis),
        _storable(said.correct_approach),
        pack(msgspec.json.encode(said.reply)) if said.reply else None,
        msgspec.json.encode(said.omitted).decode(),
        said.prompt_tokens,
        said.completion_tokens,
        new.latency_s,
    )


def _storable(text: str) -> str:
    """A model's words without what no database stores: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def votes_of(conn: Connection, prediction_id: int) -> list[StoredVote]:
    """All votes on a prediction, run by run."""
    query = _VOTES.where(vote.c.prediction_id == prediction_id)
    return [_stored(row) for row in conn.execute(query)]


def votes_of_run(
    conn: Connection, run_id: int, prediction_ids: Sequence[int]
) -> dict[int, list[StoredVote]]:
    """The votes of one run on these predictions; predictions without any are absent."""
    found: dict[int, list[StoredVote]] = {}
    for start in range(0, len(prediction_ids), MAX_KEYS):
        some = prediction_ids[start : start + MAX_KEYS]
        query = _VOTES.where(vote.c.run_id == run_id, vote.c.prediction_id.in_(some))
        for row in conn.execute(query):
            found.setdefault(row.prediction_id, []).append(_stored(row))
    return found


def _stored(row: Row[Any]) -> StoredVote:
    return StoredVote(
        id=row.id,
        run_id=row.run_id,
        prediction_id=row.prediction_id,
        vote=Vote(
            VoteKey(row.model, row.number, Order(row.order)),
            f"{row.rubric}@{row.rubric_version}",
            Verdict(row.verdict) if row.verdict else None,
            Unscored(row.unscored) if row.unscored else None,
            row.detail,
            row.error_analysis,
            row.correct_approach,
            _reply.decode(unpack(row.reply)) if row.reply else None,
            row.prompt_tokens,
            row.completion_tokens,
            _omitted.decode(row.omitted),
        ),
        latency_s=row.latency_s,
        created_at=row.created_at,
    )


_VOTES = (
    select(vote, judge_run.c.rubric, judge_run.c.rubric_version)
    .join(judge_run, judge_run.c.id == vote.c.run_id)
    .order_by(vote.c.run_id, vote.c.number, vote.c.model, vote.c.order.desc())
)
