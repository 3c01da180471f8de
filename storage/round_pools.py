"""The steps that every set of a round's mixture is drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select

from curation.mixture import Part, Step
from curation.rounds import RoundSetup
from curation.standing import UNSCORED
from curation.verdicts import Verdict
from storage.acts import undone
from storage.bulk import MAX_KEYS
from storage.groups import families
from storage.round_answers import (
    APPLIED,
    answers_of,
    count_trajectories,
    expanded_of,
    not_rejected,
    unused,
    without_errors,
)
from storage.tables import CorrectionRow, TrajectoryRow, VerdictRow, table_of

correction = table_of(CorrectionRow)
trajectory = table_of(TrajectoryRow)
verdict = table_of(VerdictRow)

_NOTHING_SAID = (UNSCORED, "")
"""Standings that are no verdict."""


def sizes_of_pools(
    conn: Connection, setup: RoundSetup, *, keep_both_correct: bool = True
) -> tuple[dict[Part, int], list[float]]:
    """How many steps every set could give, and the perplexities of those of high perplexity.

    Raises:
        NotFound: a dataset of the setup is not there (any more).
    """
    expanded = expanded_of(conn, setup)
    a = answers_of(conn, setup).c
    sure = (
        select(a.perplexity)
        .join(trajectory, trajectory.c.id == a.trajectory_id)
        .where(_is_mastered(a, keep_both_correct=keep_both_correct), a.perplexity.is_not(None))
    )
    n_new = select(func.coalesce(func.sum(trajectory.c.n_steps), 0)).where(
        unused(conn, setup, setup.seeds, but=expanded)
    )
    sizes = {
        Part.ERROR_SEEDS: len(_error_seeds(conn, setup, families={})),
        Part.EXPANDED: count_trajectories(conn, unused(conn, setup, expanded)),
        Part.SEED_NEW: int(conn.execute(n_new).scalar_one()),
    }
    return sizes, list(conn.execute(sure).scalars())


def pools_of(
    conn: Connection, setup: RoundSetup, *, keep_both_correct: bool = True
) -> dict[Part, list[Step]]:
    """The steps that every set could give; no two sets hold the same.

    What was rejected, and what a check calls an error in and nobody accepted, is in none. Steps
    that nobody answered have no message index yet (`curation.mixture.Step`).

    Raises:
        NotFound: a dataset of the setup is not there (any more).
    """
    family = families(conn)
    expanded = expanded_of(conn, setup)
    return {
        Part.ERROR_SEEDS: _error_seeds(conn, setup, family),
        Part.EXPANDED: [
            Step(row_id, -n_steps, uid, family.get(group, group))
            for row_id, uid, group, n_steps in _fresh(conn, setup, expanded)
        ],
        Part.HIGH_PERPLEXITY: _mastered(conn, setup, family, keep_both_correct=keep_both_correct),
        Part.SEED_NEW: [
            Step(row_id, -1 - number, uid, family.get(group, group))
            for row_id, uid, group, n_steps in _fresh(conn, setup, setup.seeds, but=expanded)
            for number in range(n_steps)
        ],
    }


def _error_seeds(conn: Connection, setup: RoundSetup, families: dict[str, str]) -> list[Step]:
    """Steps where the prediction was wrong, or where the label was and is corrected."""
    a = answers_of(conn, setup).c
    label_wrong = and_(a.standing == Verdict.LABEL_WRONG.value, a.decided_by.in_(APPLIED))
    prediction_wrong = and_(a.standing == Verdict.PRED_WRONG.value, without_errors())
    query = (
        _steps(a, verdict.c.annotator_id, a.standing)
        .outerjoin(verdict, verdict.c.id == a.verdict_id)
        .where(not_(a.is_disputed), not_rejected(), or_(label_wrong, prediction_wrong))
    )
    rows = conn.execute(query).all()
    wrong = [(r.trajectory_id, r.annotator_id) for r in rows if r.standing == Verdict.LABEL_WRONG]
    corrections = _corrections(conn, wrong)
    found = []
    for r in rows:
        result = None
        if r.standing == Verdict.LABEL_WRONG:
            result = corrections.get((r.trajectory_id, r.annotator_id))
            if result is None:
                continue
        found.append(_step(r, families, result))
    return found


def _mastered(
    conn: Connection, setup: RoundSetup, families: dict[str, str], *, keep_both_correct: bool
) -> list[Step]:
    a = answers_of(conn, setup).c
    query = _steps(a).where(_is_mastered(a, keep_both_correct=keep_both_correct))
    return [_step(row, families) for row in conn.execute(query)]


def _is_mastered(a: Any, *, keep_both_correct: bool) -> ColumnElement[bool]:
    """Right by its matcher with nobody against it, or ruled as good as the reference."""
    as_good = and_(a.matched.is_(True), a.standing.in_(_NOTHING_SAID))
    if keep_both_correct:
        as_good = or_(as_good, a.standing == Verdict.BOTH_CORRECT.value)
    return and_(not_(a.is_disputed), not_rejected(), without_errors(), as_good)


def _steps(a: Any, *more: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            a.id,
            a.trajectory_id,
            a.message_index,
            a.perplexity,
            trajectory.c.uid,
            trajectory.c.group_key,
            *more,
        )
        .join(trajectory, trajectory.c.id == a.trajectory_id)
        .order_by(a.trajectory_id, a.message_index)
    )


def _step(row: Any, families: dict[str, str], result_id: int | None = None) -> Step:
    return Step(
        row.trajectory_id,
        row.message_index,
        row.uid,
        families.get(row.group_key, row.group_key),
        row.perplexity,
        row.id,
        result_id,
    )


def _corrections(conn: Connection, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """(trajectory, annotator) -> their latest correction of it that stands; without those in which
    a check found an error."""
    parents = sorted({parent for parent, _ in wanted})
    found: dict[tuple[int, int], int] = {}
    for start in range(0, len(parents), MAX_KEYS):
        query = (
            select(
                correction.c.parent_id,
                correction.c.annotator_id,
                correction.c.trajectory_id,
                trajectory.c.n_errors,
            )
            .join(trajectory, trajectory.c.id == correction.c.trajectory_id)
            .where(
                correction.c.parent_id.in_(parents[start : start + MAX_KEYS]),
                ~undone(correction.c.act_id),
            )
            .order_by(correction.c.id)
        )
        for parent, who, result, n_errors in conn.execute(query):
            if n_errors:
                found.pop((parent, who), None)
            else:
                found[parent, who] = result
    return found


def _fresh(
    conn: Connection, setup: RoundSetup, names: Sequence[str], *, but: Sequence[str] = ()
) -> Iterator[tuple[int, str, str, int]]:
    """(id, uid, group, steps) of trajectories that no round used and nobody asked the model."""
    query = (
        select(trajectory.c.id, trajectory.c.uid, trajectory.c.group_key, trajectory.c.n_steps)
        .where(unused(conn, setup, names, but=but))
        .order_by(trajectory.c.id)
    )
    for row in conn.execute(query):
        yield row.id, row.uid, row.group_key, row.n_steps
