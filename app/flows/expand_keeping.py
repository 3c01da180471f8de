"""Storing what a run of expansion comes by: replies, votes, ends, admitted samples, and the
cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from app.flows.expand_growing import Ended, Kept
from app.flows.preparing import group_key
from app.flows.spending import Price, Tokens
from curation.expansion.lineage import ChildState
from curation.importing import Imported
from storage import datasets, expansion_runs, expansions, trajectories
from storage.datasets import NewItem
from storage.expansion_runs import ExpansionRun, ExpansionSpending
from storage.expansion_votes import NewChildVote, add_child_votes
from storage.expansions import ChildEnd, ChildKey, NewChild
from storage.trajectories import new_trajectory

FORMAT = "expanded"
"""Of datasets of new samples."""


def keep(
    conn: Connection, run: ExpansionRun, prices: Mapping[str, Price], batch: Sequence[Kept]
) -> int:
    """Store a batch within the caller's transaction; returns how many children came to an end."""
    children = [one for one in batch if isinstance(one, NewChild)]
    votes = [one for one in batch if isinstance(one, NewChildVote)]
    ended = [one for one in batch if isinstance(one, Ended)]
    expansions.add_children(conn, run.id, children)
    add_child_votes(conn, run.id, votes)
    ids = _admit(conn, run, [one for one in ended if one.sample is not None])
    expansions.end_children(conn, run.id, [_with_place(one.end, ids) for one in ended])
    taken = [
        (run.model, Tokens(one.prompt_tokens, one.completion_tokens))
        for one in children
        if one.reply is not None
    ]
    taken += [
        (one.vote.model, Tokens(one.vote.prompt_tokens, one.vote.completion_tokens))
        for one in votes
        if one.vote.reply is not None
    ]
    expansion_runs.add_expansion_spending(conn, run.id, _spent(taken, prices))
    return len(ended) + sum(one.state is ChildState.REFUSED for one in children)


def _spent(taken: Sequence[tuple[str, Tokens]], prices: Mapping[str, Price]) -> ExpansionSpending:
    priced = [
        price.of(tokens)
        for model, tokens in taken
        if tokens.is_known and (price := prices.get(model)) is not None
    ]
    return ExpansionSpending(
        len(taken),
        len(taken) - len(priced),
        sum(tokens.prompt or 0 for _, tokens in taken),
        sum(tokens.completion or 0 for _, tokens in taken),
        sum(priced),
    )


def _admit(conn: Connection, run: ExpansionRun, admitted: Sequence[Ended]) -> dict[ChildKey, int]:
    """Let samples join the run's dataset, each in the group of its parent and in that of its own
    request, so that what is imported with the same request never straddles splits either."""
    if not admitted:
        return {}
    rows = []
    for one in admitted:
        assert one.sample is not None
        own = group_key(Imported(one.sample, ""))
        rows.append(new_trajectory(one.sample, one.sown.group_key, own))
    added = trajectories.add_batch(conn, rows)
    number = datasets.ensure_dataset(conn, run.target, FORMAT)
    items = [
        NewItem(row_id, _source_id(one), f"grown from {one.sown.parent_uid}", _source(one, run))
        for row_id, one in zip(added.ids, admitted, strict=True)
    ]
    datasets.add_items(conn, number, items)
    return {one.end.key: row_id for row_id, one in zip(added.ids, admitted, strict=True)}


def _with_place(end: ChildEnd, ids: Mapping[ChildKey, int]) -> ChildEnd:
    return replace(end, trajectory_id=ids.get(end.key))


def _source_id(one: Ended) -> str:
    return f"{one.sown.seed_id[6:18]}-{one.end.key.number + 1}"


def _source(one: Ended, run: ExpansionRun) -> bytes:
    """What is shown beside the sample."""
    return msgspec.json.encode(
        {
            "expanded_from": one.sown.parent_uid,
            "expanded_from_message": one.sown.message_index,
            "verdict": one.sown.seed.verdict.value,
            "generator": run.model,
            "similarity_to_parent": round(one.end.similarity or 0.0, 4),
        }
    )
