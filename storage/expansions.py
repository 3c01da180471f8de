"""Children of verified errors: asked for once, every reply kept, with what became of each.

A child of a run is known by its seed and its number. What is stored again changes nothing, which is
what lets a run that was killed go on. Admitted samples are ordinary trajectories in the group of
their parent; where they come from stands here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, delete, func, select, update

from curation.expansion.lineage import ChildState, Lineage
from curation.judging import JudgeReply, Omission
from curation.verdicts import Verdict
from storage.bulk import MAX_KEYS, insert_new, stored_time
from storage.compression import pack, unpack
from storage.expansion_runs import expansion_run
from storage.tables import ExpansionRow, TrajectoryRow, VerdictRow, table_of

expansion = table_of(ExpansionRow)
trajectory = table_of(TrajectoryRow)
verdict = table_of(VerdictRow)

_reply = msgspec.json.Decoder(JudgeReply)


class ChildKey(Struct, frozen=True):
    """Which child of a run."""

    seed_id: str
    number: int


class NewChild(Struct, frozen=True):
    """A child that was asked for."""

    key: ChildKey
    prediction_id: int
    verdict_id: int
    parent_id: int
    message_index: int
    directive: str
    """`name@version`."""
    state: ChildState
    reason: str = ""
    detail: str = ""
    reply: JudgeReply | None = None
    omitted: tuple[Omission, ...] = ()
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class ChildEnd(Struct, frozen=True):
    """What became of a child."""

    key: ChildKey
    state: ChildState
    reason: str = ""
    detail: str = ""
    similarity: float | None = None
    nearest: float | None = None
    nearest_to: str = ""
    trajectory_id: int | None = None


class StoredChild(Struct, frozen=True):
    """A child on record, as far as it matters to a run that goes on."""

    id: int
    key: ChildKey
    state: ChildState
    reply: JudgeReply | None


def add_children(conn: Connection, run_id: int, children: Sequence[NewChild]) -> None:
    """Store what came back; a child that failed before makes room for its reply."""
    for one in children:
        conn.execute(
            delete(expansion).where(
                expansion.c.run_id == run_id,
                expansion.c.seed_id == one.key.seed_id,
                expansion.c.number == one.key.number,
                expansion.c.state == ChildState.FAILED.value,
            )
        )
    now = stored_time(conn, datetime.now(UTC))
    insert_new(
        conn,
        expansion,
        (
            "run_id",
            "seed_id",
            "number",
            "prediction_id",
            "verdict_id",
            "parent_id",
            "message_index",
            "directive",
            "state",
            "reason",
            "detail",
            "nearest_to",
            "reply",
            "omitted",
            "prompt_tokens",
            "completion_tokens",
            "created_at",
        ),
        [
            (run_id, one.key.seed_id, one.key.number, one.prediction_id, one.verdict_id,
             one.parent_id, one.message_index, one.directive, one.state.value, one.reason,
             storable(one.detail), "", packed_reply(one.reply),
             msgspec.json.encode(one.omitted).decode(), one.prompt_tokens,
             one.completion_tokens, now)
            for one in children
        ],
    )  # fmt: skip


def end_children(conn: Connection, run_id: int, ends: Sequence[ChildEnd]) -> None:
    """Record what became of children; one that came to an end stays as it is."""
    for one in ends:
        conn.execute(
            update(expansion)
            .where(
                expansion.c.run_id == run_id,
                expansion.c.seed_id == one.key.seed_id,
                expansion.c.number == one.key.number,
                expansion.c.state == ChildState.WRITTEN.value,
            )
            .values(
                state=one.state.value,
                reason=one.reason,
                detail=storable(one.detail),
                similarity=one.similarity,
                nearest=one.nearest,
                nearest_to=one.nearest_to,
                trajectory_id=one.trajectory_id,
            )
        )


def children_of(
    conn: Connection, run_id: int, seed_ids: Sequence[str]
) -> dict[str, list[StoredChild]]:
    """Seed -> its children in this run, by number; seeds without any are absent."""
    found: dict[str, list[StoredChild]] = {}
    for start in range(0, len(seed_ids), MAX_KEYS):
        query = (
            select(
                expansion.c.id,
                expansion.c.seed_id,
                expansion.c.number,
                expansion.c.state,
                expansion.c.reply,
            )
            .where(
                expansion.c.run_id == run_id,
                expansion.c.seed_id.in_(seed_ids[start : start + MAX_KEYS]),
            )
            .order_by(expansion.c.seed_id, expansion.c.number)
        )
        for row_id, seed_id, number, state, reply in conn.execute(query):
            key = ChildKey(seed_id, number)
            one = StoredChild(row_id, key, ChildState(state), _unpacked(reply))
            found.setdefault(seed_id, []).append(one)
    return found


def ids_of_children(conn: Connection, run_id: int, keys: Sequence[ChildKey]) -> dict[ChildKey, int]:
    """Key -> row id, of those that are there."""
    seeds = sorted({key.seed_id for key in keys})
    found: dict[ChildKey, int] = {}
    for start in range(0, len(seeds), MAX_KEYS):
        query = select(expansion.c.seed_id, expansion.c.number, expansion.c.id).where(
            expansion.c.run_id == run_id,
            expansion.c.seed_id.in_(seeds[start : start + MAX_KEYS]),
        )
        found.update({ChildKey(seed, n): row_id for seed, n, row_id in conn.execute(query)})
    return found


class Tokens(Struct, frozen=True):
    """Of a prompt and its reply."""

    prompt: int
    completion: int


class ExpansionCounts(Struct, frozen=True):
    """What a run came to."""

    asked: int
    """Children of which there is a reply."""
    admitted: int
    refused: dict[str, int]
    """Reason -> how many, the most frequent first."""
    open: int
    """With a reply, but not settled yet."""
    failed: int
    """Without a reply."""


def expansion_counts(conn: Connection, run_id: int) -> ExpansionCounts:
    """Counted over the children of a run."""
    query = (
        select(expansion.c.state, expansion.c.reason, func.count(), func.count(expansion.c.reply))
        .where(expansion.c.run_id == run_id)
        .group_by(expansion.c.state, expansion.c.reason)
    )
    states: Counter[ChildState] = Counter()
    refused: Counter[str] = Counter()
    asked = 0
    for state, reason, n, replies in conn.execute(query):
        states[ChildState(state)] += n
        asked += replies
        if state == ChildState.REFUSED.value:
            refused[reason] += n
    return ExpansionCounts(
        asked,
        states[ChildState.ADMITTED],
        dict(sorted(refused.items(), key=lambda pair: (-pair[1], pair[0]))),
        states[ChildState.WRITTEN],
        states[ChildState.FAILED],
    )


def usual_sample_tokens(conn: Connection, model: str) -> Tokens | None:
    """What samples of a model took, on average; None while none is on record."""
    row = conn.execute(
        select(func.avg(expansion.c.prompt_tokens), func.avg(expansion.c.completion_tokens))
        .join(expansion_run, expansion_run.c.id == expansion.c.run_id)
        .where(expansion_run.c.model == model)
    ).one()
    return None if None in row else Tokens(*(round(float(value)) for value in row))


def lineage_of(conn: Connection, trajectory_id: int) -> Lineage | None:
    """Where a trajectory comes from, told of its latest run; None for one that was not grown."""
    query = (
        select(
            trajectory.c.uid,
            expansion.c.message_index,
            verdict.c.verdict,
            expansion.c.directive,
            expansion_run.c.model,
            expansion.c.similarity,
        )
        .join(trajectory, trajectory.c.id == expansion.c.parent_id)
        .join(expansion_run, expansion_run.c.id == expansion.c.run_id)
        .join(verdict, verdict.c.id == expansion.c.verdict_id)
        .where(expansion.c.trajectory_id == trajectory_id)
        .order_by(expansion.c.id.desc())
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    uid, index, said, directive, model, how_like = row
    return Lineage(uid, index, Verdict(said) if said else None, directive, model, how_like)


def grown_from(conn: Connection, parent_id: int) -> list[str]:
    """uids of the samples that were admitted from errors of this trajectory, the oldest first."""
    query = (
        select(trajectory.c.uid)
        .join(expansion, and_(expansion.c.trajectory_id == trajectory.c.id))
        .where(expansion.c.parent_id == parent_id)
        .order_by(expansion.c.id)
    )
    return list(dict.fromkeys(conn.execute(query).scalars()))


def packed_reply(reply: JudgeReply | None) -> bytes | None:
    """As it is stored."""
    return None if reply is None else pack(msgspec.json.encode(reply))


def storable(text: str) -> str:
    """A model's words without what no database stores: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _unpacked(reply: bytes | None) -> JudgeReply | None:
    return None if reply is None else _reply.decode(unpack(reply))
