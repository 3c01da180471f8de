"""What a round looks at: its model's answers, and the trajectories that nobody used yet.

Of several answers of one model to one step, a greedy one counts, and of those the latest. How they
came out is `storage/round_counts.py`, what a mixture is drawn from `storage/round_pools.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

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
from curation.predictions import PredictionKind
from curation.rounds import RoundSetup
from curation.standing import RulerKind
from storage.datasets import dataset, dataset_id
from storage.expansion_runs import expansion_run
from storage.matches import MATCHED
from storage.predictions import prediction
from storage.rounds import mixture_step
from storage.tables import ItemRow, TrajectoryRow, table_of

item = table_of(ItemRow)
trajectory = table_of(TrajectoryRow)

APPLIED = (RulerKind.HUMAN.value, RulerKind.AUTO.value)
"""On whose word something was done, not only said."""


def answers_of(conn: Connection, setup: RoundSetup) -> Subquery:
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


def unused(
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
        in_datasets(conn, names),
        not_(in_datasets(conn, but)),
        trajectory.c.n_steps > 0,
        not_rejected(),
        without_errors(),
        ~used.exists(),
        ~asked.exists() if setup.model else true(),
    )


def expanded_of(conn: Connection, setup: RoundSetup) -> tuple[str, ...]:
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


def in_datasets(conn: Connection, names: Sequence[str]) -> ColumnElement[bool]:
    """That a trajectory is in one of these datasets."""
    return _is_member(trajectory.c.id, _ids(conn, names)) if names else false()


def _is_member(trajectory_id: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    return (
        select(item.c.dataset_id)
        .where(item.c.trajectory_id == trajectory_id, item.c.dataset_id.in_(ids))
        .exists()
    )


def _ids(conn: Connection, names: Sequence[str]) -> list[int]:
    return [dataset_id(conn, name) for name in names]


def not_rejected() -> ColumnElement[bool]:
    """That a trajectory was not rejected."""
    outcome = trajectory.c.outcome
    return or_(outcome.is_(None), outcome != Outcome.REJECT.value)


def without_errors() -> ColumnElement[bool]:
    """That no check calls an error in a trajectory, or somebody accepted it all the same."""
    return or_(trajectory.c.n_errors == 0, trajectory.c.outcome == Outcome.ACCEPT.value)


def count_trajectories(conn: Connection, where: ColumnElement[bool]) -> int:
    """How many trajectories meet a condition."""
    return int(conn.execute(select(func.count()).select_from(trajectory).where(where)).scalar_one())
