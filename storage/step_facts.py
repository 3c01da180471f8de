"""`curation.step_facts` of a page of trajectories: three narrow queries, for exports that ask."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, case, func, select

from curation.alternatives import ALTERNATIVE
from curation.standing import RulerKind
from curation.step_facts import AnswerCount, Better, StepFacts
from curation.trajectory import Message
from curation.verdicts import Verdict
from storage.candidate_facts import among
from storage.matches import gold_among
from storage.predictions import prediction

_message_decoder = msgspec.json.Decoder(Message)
_APPLIED = (RulerKind.HUMAN.value, RulerKind.AUTO.value)


def step_facts(conn: Connection, ids: Sequence[int]) -> dict[int, StepFacts]:
    """Trajectory id -> what is known of its steps; those of which nothing is known are left out."""
    golds = gold_among(conn, ids)
    answers = _answers(conn, ids)
    better = _better(conn, ids)
    return {
        one: StepFacts(golds.get(one), answers.get(one, {}), tuple(better.get(one, ())))
        for one in {*golds, *answers, *better}
    }


def _answers(conn: Connection, ids: Sequence[int]) -> dict[int, dict[int, AnswerCount]]:
    n = prediction.c.n_samples
    query = (
        select(
            prediction.c.trajectory_id,
            prediction.c.message_index,
            func.sum(n).label("n"),
            func.sum(case((prediction.c.matches_strict.is_(True), n), else_=0)).label("matched"),
            func.max(prediction.c.perplexity).label("perplexity"),
        )
        .where(
            among(prediction.c.trajectory_id, ids),
            prediction.c.matches_strict.is_not(None),
            prediction.c.model != ALTERNATIVE,  # a source's further gold, which no model answered
        )
        .group_by(prediction.c.trajectory_id, prediction.c.message_index)
    )
    found: dict[int, dict[int, AnswerCount]] = {}
    for trajectory_id, index, total, matched, perplexity in conn.execute(query):
        count = AnswerCount(int(total), int(matched), perplexity)
        found.setdefault(trajectory_id, {})[index] = count
    return found


def _better(conn: Connection, ids: Sequence[int]) -> dict[int, list[Better]]:
    """Predictions whose verdict in force, a person's or one that was applied, is LABEL_WRONG."""
    query = (
        select(
            prediction.c.trajectory_id,
            prediction.c.message_index,
            prediction.c.content,
            prediction.c.model,
        )
        .where(
            among(prediction.c.trajectory_id, ids),
            prediction.c.standing == Verdict.LABEL_WRONG.value,
            prediction.c.decided_by.in_(_APPLIED),
            prediction.c.is_disputed.is_(False),
        )
        .order_by(prediction.c.trajectory_id, prediction.c.message_index, prediction.c.id)
    )
    found: dict[int, list[Better]] = {}
    for trajectory_id, index, content, model in conn.execute(query):
        message = _message_decoder.decode(content)
        found.setdefault(trajectory_id, []).append(Better(index, message, model))
    return found
