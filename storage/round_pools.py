"""From what the sets of a round's mixture are drawn, and how its model's answers came out.

Of several answers of one model to one step, a greedy one counts, and of those the latest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from curation.annotation import Outcome
from curation.mixture import Part, Step
from curation.predictions import PredictionKind
from curation.rounds import RoundCounts, RoundSetup
from curation.standing import UNSCORED, RulerKind
from curation.verdicts import Verdict
from storage.acts import undone
from storage.bulk import MAX_KEYS
from storage.datasets import dataset, dataset_id
from storage.expansion_runs import expansion_run
from storage.groups import families
from storage.matches import MATCHED
from storage.predictions import prediction
from storage.rounds import mixture_step
from storage.tables import CorrectionRow, ItemRow, TrajectoryRow, VerdictRow, table_of

correction = table_of(CorrectionRow)
item = table_of(ItemRow)
trajectory = table_of(TrajectoryRow)
verdict = table_of(VerdictRow)

_APPLIED = (RulerKind.HUMAN.value, RulerKind.AUTO.value)
_NOTHING_SAID = (UNSCORED, "")
"""Standings that are no verdict."""


def counts_of(conn: Connection, setup: RoundSetup) -> RoundCounts:
    """How the answers came out.

    Raises:
        NotFound: a dataset of the setup is not there (any more).
    """
    expanded = _expanded(conn, setup)
    found = _answers(conn, setup)
    a = found.c
    open_ = not_(a.is_disputed)

    def n(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    matched = a.matched.is_(True)
    row = conn.execute(
        select(
            func.count().label("answered"),
            n(a.matched.is_not(None)).label("compared"),
            n(matched).label("matched"),
            n(and_(matched, a.perplexity.is_not(None))).label("with_perplexity"),
            func.avg(case((matched, a.perplexity))).label("mean_perplexity"),
            n(and_(a.standing == UNSCORED, open_)).label("unscored"),
            n(a.is_disputed).label("disputed"),
            n(and_(a.standing == "", open_, a.matched.is_(False))).label("waiting"),
            n(
                and_(a.standing == Verdict.LABEL_WRONG.value, a.decided_by.in_(_APPLIED), open_)
            ).label("corrected"),
            *(n(and_(a.standing == v.value, open_)).label(v.value) for v in Verdict),
        )
    ).one()
    told = row._mapping
    return RoundCounts(
        trajectories=_count(conn, _in_datasets(conn, setup.datasets)),
        answered=told["answered"],
        compared=told["compared"],
        matched=told["matched"],
        with_perplexity=told["with_perplexity"],
        mean_perplexity=(
            None if told["mean_perplexity"] is None else float(told["mean_perplexity"])
        ),
        by_verdict={v: told[v.value] for v in Verdict if told[v.value]},
        unscored=told["unscored"],
        disputed=told["disputed"],
        waiting=told["waiting"],
        corrected=told["corrected"],
        expanded=_count(conn, _unused(conn, setup, expanded)),
        expanded_from=expanded,
        seed_new=_count(conn, _unused(conn, setup, setup.seeds, but=expanded)),
    )


def sizes_of_pools(
    conn: Connection, setup: RoundSetup, *, keep_both_correct: bool = True
) -> tuple[dict[Part, int], list[float]]:
    """How many steps every set could give, and the perplexities of those of high perplexity.

    Raises:
        NotFound: a dataset of the setup is not there (any more).
    """
    expanded = _expanded(conn, setup)
    a = _answers(conn, setup).c
    sure = (
        select(a.perplexity)
        .join(trajectory, trajectory.c.id == a.trajectory_id)
        .where(_is_mastered(a, keep_both_correct=keep_both_correct), a.perplexity.is_not(None))
    )
    n_new = select(func.coalesce(func.sum(trajectory.c.n_steps), 0)).where(
        _unused(conn, setup, setup.seeds, but=expanded)
    )
    sizes = {
        Part.ERROR_SEEDS: len(_error_seeds(conn, setup, families={})),
        Part.EXPANDED: _count(conn, _unused(conn, setup, expanded)),
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
    expanded = _expanded(conn, setup)
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
    a = _answers(conn, setup).c
    label_wrong = and_(a.standing == Verdict.LABEL_WRONG.value, a.decided_by.in_(_APPLIED))
    prediction_wrong = and_(a.standing == Verdict.PRED_WRONG.value, _without_errors())
    query = (
        _steps(a, verdict.c.annotator_id, a.standing)
        .outerjoin(verdict, verdict.c.id == a.verdict_id)
        .where(not_(a.is_disputed), _not_rejected(), or_(label_wrong, prediction_wrong))
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
    a = _answers(conn, setup).c
    query = _steps(a).where(_is_mastered(a, keep_both_correct=keep_both_correct))
    return [_step(row, families) for row in conn.execute(query)]


def _is_mastered(a: Any, *, keep_both_correct: bool) -> ColumnElement[bool]:
    """Right by its matcher with nobody against it, or ruled as good as the reference."""
    as_good = and_(a.matched.is_(True), a.standing.in_(_NOTHING_SAID))
    if keep_both_correct:
        as_good = or_(as_good, a.standing == Verdict.BOTH_CORRECT.value)
    return and_(not_(a.is_disputed), _not_rejected(), _without_errors(), as_good)


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


def _answers(conn: Connection, setup: RoundSetup) -> Subquery:
    """The answer of the round's model to every step that it was asked."""
    p = prediction.c
    place = (p.trajectory_id, p.message_index)
    is_greedy = case((p.kind == PredictionKind.GREEDY.value, 1), else_=0)
    latest = func.row_number().over(partition_by=place, order_by=(is_greedy.desc(), p.id.desc()))
    ranked = (
        select(
            p.id,
            p.trajectory_id,
            p.message_index,
            p.perplexity,
            MATCHED[setup.mastered_by].label("matched"),
            p.standing,
            p.decided_by,
            p.verdict_id,
            p.is_disputed,
            latest.label("rank"),
        )
        .where(
            p.model == setup.model,
            p.kind != PredictionKind.SAMPLED.value,
            _is_member(p.trajectory_id, _ids(conn, setup.datasets)) if setup.model else false(),
        )
        .subquery()
    )
    return select(ranked).where(ranked.c.rank == 1).subquery()


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
        .where(_unused(conn, setup, names, but=but))
        .order_by(trajectory.c.id)
    )
    for row in conn.execute(query):
        yield row.id, row.uid, row.group_key, row.n_steps


def _unused(
    conn: Connection, setup: RoundSetup, names: Sequence[str], *, but: Sequence[str] = ()
) -> ColumnElement[bool]:
    """Of a trajectory in the datasets `names`, and in none of `but`: no round used it, and nobody
    asked the model."""
    if not names:
        return false()
    used = select(mixture_step.c.round_id).where(mixture_step.c.trajectory_id == trajectory.c.id)
    asked = select(prediction.c.id).where(
        prediction.c.trajectory_id == trajectory.c.id, prediction.c.model == setup.model
    )
    return and_(
        _in_datasets(conn, names),
        not_(_in_datasets(conn, but)),
        trajectory.c.n_steps > 0,
        _not_rejected(),
        _without_errors(),
        ~used.exists(),
        ~asked.exists() if setup.model else true(),
    )


def _expanded(conn: Connection, setup: RoundSetup) -> tuple[str, ...]:
    """The datasets of expanded samples: those it names, else all grown from what was asked."""
    if setup.expanded is not None:
        return setup.expanded
    if not setup.datasets:
        return ()
    query = (
        select(expansion_run.c.target)
        .join(dataset, dataset.c.name == expansion_run.c.target)
        .where(expansion_run.c.dataset.in_(["", *setup.datasets]))
        .distinct()
        .order_by(expansion_run.c.target)
    )
    return tuple(conn.execute(query).scalars())


def _in_datasets(conn: Connection, names: Sequence[str]) -> ColumnElement[bool]:
    return _is_member(trajectory.c.id, _ids(conn, names)) if names else false()


def _is_member(trajectory_id: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    return (
        select(item.c.dataset_id)
        .where(item.c.trajectory_id == trajectory_id, item.c.dataset_id.in_(ids))
        .exists()
    )


def _ids(conn: Connection, names: Sequence[str]) -> list[int]:
    return [dataset_id(conn, name) for name in names]


def _not_rejected() -> ColumnElement[bool]:
    outcome = trajectory.c.outcome
    return or_(outcome.is_(None), outcome != Outcome.REJECT.value)


def _without_errors() -> ColumnElement[bool]:
    return or_(trajectory.c.n_errors == 0, trajectory.c.outcome == Outcome.ACCEPT.value)


def _count(conn: Connection, where: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(trajectory).where(where)).scalar_one())
