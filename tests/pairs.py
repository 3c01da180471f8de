"""Steps with a label and a prediction that differ, for tests of the court; and votes on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.flows.identity import annotator_named
from curation.consensus import ConsensusRule, consensus
from curation.judging import JudgeReply, Omission, OmissionKind, Order, Vote, VoteKey
from curation.standing import RulerKind
from curation.verdicts import Verdict
from storage.engine import Store
from storage.predictions import predictions_of
from storage.runs import NewJudgeRun, add_judge_run
from storage.trajectories import id_of
from storage.verdicts import NewVerdict, append_verdict
from storage.votes import NewVote, add_votes

STEP = 1
"""Message index of the step that every pair is about."""
MODEL = "model-8b"
JUDGE = "judge-70b"

TABLES = {
    "type": "function",
    "function": {
        "name": "book_table",
        "description": "Books a table at a restaurant.",
        "parameters": {
            "type": "object",
            "properties": {
                "restaurant": {"type": "string"},
                "people": {"type": "integer"},
                "time": {"type": "string", "description": "ISO 8601"},
            },
            "required": ["restaurant", "people"],
        },
    },
}


def pair_rows(tag: str, n: int) -> list[dict[str, Any]]:
    """Rows to import: the label books for four, the prediction for five; one step each."""
    return [
        pair_row(f"{tag} {i}", booking(f"{tag} {i}", 4), booking(f"{tag} {i}", 5)) for i in range(n)
    ]


def booking(restaurant: str, people: Any) -> dict[str, Any]:
    """An answer that books a table."""
    arguments = json.dumps({"restaurant": restaurant, "people": people})
    call = {"type": "function", "function": {"name": "book_table", "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def pair_row(
    name: str, label: dict[str, Any], prediction: dict[str, Any], asked: str = ""
) -> dict[str, Any]:
    """One row: a question, its label, and a prediction for the same step."""
    return {
        "id": name,
        "messages": [{"role": "user", "content": asked or f"A table at {name}, please."}, label],
        "tools": [TABLES],
        "predictions": [{"message_index": STEP, "model": MODEL, "message": prediction}],
    }


def prediction_ids(store: Store, uids: Sequence[str]) -> list[int]:
    """The prediction of each of these trajectories."""
    with store.read() as conn:
        return [predictions_of(conn, id_of(conn, uid))[0].id for uid in uids]


def judged(
    store: Store, prediction_id: int, said: Verdict, analysis: str = "", judge: str = JUDGE
) -> None:
    """Two votes in both orders that agree, and the verdict that they amount to."""
    votes = [
        Vote(
            VoteKey(judge, number, order),
            "label-verification@1",
            said,
            error_analysis=analysis or f"The analysis says {said}.",
            reply=JudgeReply(f"a reply for {said} {analysis}"),
            omitted=(Omission(OmissionKind.RESULT, 1_200, 0, "search"),),
        )
        for number in range(2)
        for order in Order
    ]
    rule = ConsensusRule()
    ruling = consensus(votes, rule)
    annotator = annotator_named(store, f"judge {judge}"[:100])
    with store.write() as conn:
        run = add_judge_run(
            conn,
            NewJudgeRun(
                "", "openai", (judge,), "http://127.0.0.1/v1", "label-verification", 1, rule
            ),
        )
        add_votes(conn, run, [NewVote(prediction_id, vote) for vote in votes])
        append_verdict(
            conn,
            NewVerdict(
                prediction_id,
                RulerKind.JUDGE,
                annotator.id,
                ruling.verdict,
                detail=ruling.detail,
                run_id=run,
            ),
        )
