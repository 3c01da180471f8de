"""Votes of a judge on new samples, every reply as it came; a question is answered once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, select

from curation.checklist_judging import ChecklistVote
from curation.expansion.verdict import AnswerVerdict
from storage.bulk import MAX_KEYS, insert_new, stored_time
from storage.expansions import ChildKey, Tokens, ids_of_children, packed_reply, storable
from storage.tables import ExpansionVoteRow, table_of

expansion_vote = table_of(ExpansionVoteRow)


class NewChildVote(Struct, frozen=True):
    """A vote on a child."""

    key: ChildKey
    number: int
    """0-based, of the vote."""
    verdict: AnswerVerdict | None
    vote: ChecklistVote


def add_child_votes(conn: Connection, run_id: int, votes: Sequence[NewChildVote]) -> None:
    """Store votes on children that are on record."""
    ids = ids_of_children(conn, run_id, [one.key for one in votes])
    now = stored_time(conn, datetime.now(UTC))
    insert_new(
        conn,
        expansion_vote,
        (
            "expansion_id",
            "number",
            "model",
            "verdict",
            "unscored",
            "detail",
            "items",
            "reply",
            "omitted",
            "prompt_tokens",
            "completion_tokens",
            "created_at",
        ),
        [
            (ids[one.key], one.number, one.vote.model, one.verdict.value if one.verdict else "",
             one.vote.unscored.value if one.vote.unscored else "", storable(one.vote.detail),
             _items(one.vote), packed_reply(one.vote.reply),
             msgspec.json.encode(one.vote.omitted).decode(), one.vote.prompt_tokens,
             one.vote.completion_tokens, now)
            for one in votes
        ],
    )  # fmt: skip


def _items(vote: ChecklistVote) -> str:
    items = [msgspec.structs.replace(i, evidence=storable(i.evidence)) for i in vote.items]
    return msgspec.json.encode(items).decode()


def votes_on(
    conn: Connection, child_ids: Sequence[int]
) -> dict[int, dict[int, AnswerVerdict | None]]:
    """Child -> number of the vote -> what it says; children without votes are absent."""
    found: dict[int, dict[int, AnswerVerdict | None]] = {}
    for start in range(0, len(child_ids), MAX_KEYS):
        query = select(
            expansion_vote.c.expansion_id, expansion_vote.c.number, expansion_vote.c.verdict
        ).where(expansion_vote.c.expansion_id.in_(child_ids[start : start + MAX_KEYS]))
        for child, number, said in conn.execute(query):
            found.setdefault(child, {})[number] = AnswerVerdict(said) if said else None
    return found


def usual_vote_tokens(conn: Connection, models: Sequence[str]) -> Tokens | None:
    """What votes of these models took, on average; None while none is on record."""
    row = conn.execute(
        select(
            func.avg(expansion_vote.c.prompt_tokens), func.avg(expansion_vote.c.completion_tokens)
        ).where(expansion_vote.c.model.in_(models))
    ).one()
    return None if None in row else Tokens(*(round(float(value)) for value in row))
