"""From what the sets of a round's mixture are drawn, and how its model's answers came out.

Of several answers of one model to one step, a greedy one counts, and of those the latest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
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
from storage.datasets import dataset_id
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
_AS_GOOD = (Verdict.BOTH_CORRECT.value, UNSCORED, "")
"""Standings that do not speak against an answer that matches."""


def counts_of(conn: Connection, setup: RoundSetup) -> RoundCounts:
    """How the answers came out.

    Raises:
        NotFound: a dataset of the setup is not there (any more).
    """
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
        expanded=_count(conn, _unused(conn, setup, setup.expanded)),
        seed_new=_count(conn, _unused(conn, setup, setup.seeds)),
    )


def pools_of(
    conn: Connection, setup: RoundSetup, *, keep_both_correct: bool = True
) -> dict[Part, list[Step]]:
    """The steps that every set could give.

    What was rejected, and what a check calls an error in and nobody accepted, is in none. Steps
    that nobody answered have no message index yet (`curation.mixture.Step`).

    Raises:
        NotFound: a dataset of the setup is not there (any more).
    """
    family = families(conn)
    answered = _answered(conn, setup, family, keep_both_correct=keep_both_correct)
    return {
        Part.ERROR_SEEDS: answered[Part.ERROR_SEEDS],
        Part.EXPANDED: [
            Step(row_id, -n_steps, uid, family.get(group, group))
            for row_id, uid, group, n_steps in _fresh(conn, setup, setup.expanded)
        ],
        Part.HIGH_PERPLEXITY: answered[Part.HIGH_PERPLEXITY],
        Part.SEED_NEW: [
            Step(row_id, -1 - number, uid, family.get(group, group))
            for row_id, uid, group, n_steps in _fresh(conn, setup, setup.seeds)
            for number in range(n_steps)
        ],
    }


def _answered(
    conn: Connection, setup: RoundSetup, family: dict[str, str], *, keep_both_correct: bool
) -> dict[Part, list[Step]]:
    found: dict[Part, list[Step]] = {Part.ERROR_SEEDS: [], Part.HIGH_PERPLEXITY: []}
    answers = _answers(conn, setup)
    a = answers.c
    label_wrong = and_(a.standing == Verdict.LABEL_WRONG.value, a.decided_by.in_(_APPLIED))
    as_good = and_(a.matched.is_(True), a.standing.in_(_AS_GOOD))
    query = (
        select(
            a.id,
            a.trajectory_id,
            a.message_index,
            a.perplexity,
            a.standing,
            trajectory.c.uid,
            trajectory.c.group_key,
            verdict.c.annotator_id,
        )
        .join(trajectory, trajectory.c.id == a.trajectory_id)
        .outerjoin(verdict, verdict.c.id == a.verdict_id)
        .where(
            not_(a.is_disputed),
            _not_rejected(),
            or_(
                label_wrong,
                and_(
                    _without_errors(),
                    or_(
                        a.standing == Verdict.PRED_WRONG.value,
                        a.standing == Verdict.BOTH_CORRECT.value,
                        as_good,
                    ),
                ),
            ),
        )
        .order_by(a.trajectory_id, a.message_index)
    )
    rows = conn.execute(query).all()
    corrections = _corrections(
        conn,
        [(r.trajectory_id, r.annotator_id) for r in rows if r.standing == Verdict.LABEL_WRONG],
    )
    for r in rows:
        step = Step(
            r.trajectory_id,
            r.message_index,
            r.uid,
            family.get(r.group_key, r.group_key),
            r.perplexity,
            r.id,
            corrections.get((r.trajectory_id, r.annotator_id)),
        )
        match r.standing:
            case Verdict.PRED_WRONG:
                found[Part.ERROR_SEEDS].append(step)
            case Verdict.LABEL_WRONG:
                if step.result_id is not None:
                    found[Part.ERROR_SEEDS].append(step)
            case Verdict.BOTH_CORRECT if not keep_both_correct:
                pass
            case _:
                found[Part.HIGH_PERPLEXITY].append(step)
    return found


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
    conn: Connection, setup: RoundSetup, names: Sequence[str]
) -> Iterator[tuple[int, str, str, int]]:
    """(id, uid, group, steps) of trajectories that no round used and nobody asked the model."""
    query = (
        select(trajectory.c.id, trajectory.c.uid, trajectory.c.group_key, trajectory.c.n_steps)
        .where(_unused(conn, setup, names))
        .order_by(trajectory.c.id)
    )
    for row in conn.execute(query):
        yield row.id, row.uid, row.group_key, row.n_steps


def _unused(conn: Connection, setup: RoundSetup, names: Sequence[str]) -> ColumnElement[bool]:
    if not names:
        return false()
    used = select(mixture_step.c.round_id).where(mixture_step.c.trajectory_id == trajectory.c.id)
    asked = select(prediction.c.id).where(
        prediction.c.trajectory_id == trajectory.c.id, prediction.c.model == setup.model
    )
    return and_(
        _in_datasets(conn, names),
        trajectory.c.n_steps > 0,
        _not_rejected(),
        _without_errors(),
        ~used.exists(),
        ~asked.exists() if setup.model else true(),
    )


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
