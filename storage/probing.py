"""What a probe asks, which questions got no answer, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import Connection, Float, and_, cast, delete, func, or_, select, update

from curation.predictions import PredictionKind
from storage.bulk import insert_many, stored_time
from storage.matches import MATCHED
from storage.predictions import prediction
from storage.runs import probe_run
from storage.tables import ItemRow, ProbeFailureRow, TrajectoryRow, table_of
from storage.trajectories import StoredTrajectory, load_many

trajectory = table_of(TrajectoryRow)
item = table_of(ItemRow)
probe_failure = table_of(ProbeFailureRow)


class ProbeFailure(Struct, frozen=True):
    """A question of a probe that got no answer."""

    trajectory_id: int
    message_index: int
    kind: PredictionKind
    fault: str
    """`curation.model_faults.ModelFault`."""
    detail: str


def trajectories_to_probe(
    conn: Connection, dataset_id: int | None, after: int, limit: int
) -> list[StoredTrajectory]:
    """The next trajectories of a dataset (None: of all datasets) that have steps, by id."""
    member = select(item.c.trajectory_id).where(item.c.trajectory_id == trajectory.c.id)
    if dataset_id is not None:
        member = member.where(item.c.dataset_id == dataset_id)
    query = (
        select(trajectory.c.id)
        .where(trajectory.c.id > after, trajectory.c.n_steps > 0, member.exists())
        .order_by(trajectory.c.id)
        .limit(limit)
    )
    return load_many(conn, list(conn.execute(query).scalars()))


def count_steps(conn: Connection, dataset_id: int | None) -> int:
    """How many steps there are to be probed."""
    member = select(item.c.trajectory_id).where(item.c.trajectory_id == trajectory.c.id)
    if dataset_id is not None:
        member = member.where(item.c.dataset_id == dataset_id)
    query = select(func.coalesce(func.sum(trajectory.c.n_steps), 0)).where(member.exists())
    return int(conn.execute(query).scalar_one())


def replace_failures(
    conn: Connection,
    run_id: int,
    answered: Sequence[tuple[int, int, PredictionKind]],
    failures: Sequence[ProbeFailure],
) -> None:
    """Note failures; a question that was answered now, or failed again, has none of before.

    Args:
        answered: (trajectory, message index, kind) of what was answered.
    """
    again = {*answered, *((f.trajectory_id, f.message_index, f.kind) for f in failures)}
    failed = select(probe_failure.c.trajectory_id).where(
        probe_failure.c.run_id == run_id,
        probe_failure.c.trajectory_id.in_({place[0] for place in again}),
    )
    before = set(conn.execute(failed).scalars())
    for trajectory_id, message_index, kind in (one for one in again if one[0] in before):
        conn.execute(
            delete(probe_failure).where(
                probe_failure.c.run_id == run_id,
                probe_failure.c.trajectory_id == trajectory_id,
                probe_failure.c.message_index == message_index,
                probe_failure.c.kind == kind.value,
            )
        )
    now = stored_time(conn, datetime.now(UTC))
    latest = {(f.trajectory_id, f.message_index, f.kind): f for f in failures}
    insert_many(
        conn,
        probe_failure,
        ("run_id", "trajectory_id", "message_index", "kind", "fault", "detail", "created_at"),
        [
            (run_id, f.trajectory_id, f.message_index, f.kind.value, f.fault, f.detail, now)
            for f in latest.values()
        ],
    )


def failures_of(conn: Connection, run_id: int, limit: int = 1_000) -> list[ProbeFailure]:
    """Questions of a run that got no answer."""
    query = (
        select(
            probe_failure.c.trajectory_id,
            probe_failure.c.message_index,
            probe_failure.c.kind,
            probe_failure.c.fault,
            probe_failure.c.detail,
        )
        .where(probe_failure.c.run_id == run_id)
        .order_by(probe_failure.c.id)
        .limit(limit)
    )
    return [
        ProbeFailure(a, b, PredictionKind(kind), fault, detail)
        for a, b, kind, fault, detail in conn.execute(query)
    ]


def count_failures(conn: Connection, run_id: int) -> int:
    """How many questions of a run got no answer."""
    query = select(func.count()).select_from(probe_failure)
    return int(conn.execute(query.where(probe_failure.c.run_id == run_id)).scalar_one())


class ProbeSpending(Struct, frozen=True):
    """What a probe cost so far."""

    answers: int
    """Those of which the endpoint reported tokens, or not."""
    unpriced: int
    """Of them: without a price."""
    tokens_in: int
    tokens_out: int
    cost_usd: float


def add_probe_spending(conn: Connection, run_id: int, more: ProbeSpending) -> None:
    """Add the cost of answers, in the transaction that stores them."""
    changes = {
        name: probe_run.c[name] + getattr(more, name)
        for name in ("answers", "unpriced", "tokens_in", "tokens_out", "cost_usd")
    }
    conn.execute(update(probe_run).where(probe_run.c.id == run_id).values(changes))


def probe_spending(conn: Connection, run_id: int) -> ProbeSpending:
    """What the run cost so far."""
    row = conn.execute(
        select(
            probe_run.c.answers,
            probe_run.c.unpriced,
            probe_run.c.tokens_in,
            probe_run.c.tokens_out,
            probe_run.c.cost_usd,
        ).where(probe_run.c.id == run_id)
    ).one()
    return ProbeSpending(*row)


def spending_on(conn: Connection, model: str) -> ProbeSpending:
    """What all probes of a model cost so far."""
    columns = (
        probe_run.c.answers,
        probe_run.c.unpriced,
        probe_run.c.tokens_in,
        probe_run.c.tokens_out,
        probe_run.c.cost_usd,
    )
    sums = [func.coalesce(func.sum(column), 0) for column in columns]
    found = conn.execute(select(*sums).where(probe_run.c.model == model)).one()
    answers, unpriced, tokens_in, tokens_out, cost_usd = found
    return ProbeSpending(int(answers), int(unpriced), int(tokens_in), int(tokens_out), cost_usd)


class ProbeCounts(Struct, frozen=True):
    """What is on record of a model's answers to the steps of a dataset."""

    greedy: int
    """Steps with a greedy answer."""
    matched: int
    """Of them: the answer matches."""
    with_perplexity: int
    mean_perplexity: float | None
    samples: int
    """Rollouts."""
    sampled_steps: int
    pass_rate: float | None
    """Mean over the steps of the share of rollouts that match."""
    pass_variance: float | None
    """Mean over the steps of p (1 - p), the variance of one rollout's success."""
    undecided_steps: int
    """Steps that some rollouts pass and some do not: where there is something to learn."""


def probe_counts(
    conn: Connection, model: str, dataset_id: int | None, mastered_by: str = "strict"
) -> ProbeCounts:
    """Counted over the stored predictions of a model.

    Args:
        mastered_by: the matcher whose match counts; a key of `storage.matches.MATCHED`.
    """
    of_model = prediction.c.model == model
    if dataset_id is not None:
        member = select(item.c.trajectory_id).where(
            item.c.trajectory_id == prediction.c.trajectory_id, item.c.dataset_id == dataset_id
        )
        of_model = and_(of_model, member.exists())
    matched = MATCHED[mastered_by].is_(True)
    greedy = conn.execute(
        select(
            func.count(),
            func.count().filter(matched),
            func.count(prediction.c.perplexity),
            func.avg(prediction.c.perplexity),
        ).where(of_model, prediction.c.kind == PredictionKind.GREEDY.value)
    ).one()
    n = func.sum(prediction.c.n_samples)
    passed = func.coalesce(n.filter(matched), 0)
    steps = (
        select(n.label("n"), (cast(passed, Float) / n).label("p"))
        .where(of_model, prediction.c.kind == PredictionKind.SAMPLED.value)
        .group_by(prediction.c.trajectory_id, prediction.c.message_index)
        .subquery()
    )
    p = steps.c.p
    rollouts = conn.execute(
        select(
            func.coalesce(func.sum(steps.c.n), 0),
            func.count(),
            func.avg(p),
            func.avg(p * (1 - p)),
            func.count().filter(and_(p > 0, p < 1)),
        )
    ).one()
    return ProbeCounts(
        greedy[0],
        greedy[1],
        greedy[2],
        None if greedy[3] is None else float(greedy[3]),
        int(rollouts[0]),
        rollouts[1],
        None if rollouts[2] is None else float(rollouts[2]),
        None if rollouts[3] is None else float(rollouts[3]),
        rollouts[4],
    )


def count_samples(conn: Connection, model: str, dataset_id: int | None, rollouts: int) -> int:
    """How many of the wanted samples of a model are on record: at most one greedy answer and
    `rollouts` sampled ones a step."""
    of_model = prediction.c.model == model
    if dataset_id is not None:
        member = select(item.c.trajectory_id).where(
            item.c.trajectory_id == prediction.c.trajectory_id, item.c.dataset_id == dataset_id
        )
        of_model = and_(of_model, member.exists())
    kinds = (PredictionKind.GREEDY.value, PredictionKind.SAMPLED.value)
    steps = (
        select(prediction.c.kind, func.sum(prediction.c.n_samples).label("n"))
        .where(of_model, or_(*(prediction.c.kind == kind for kind in kinds)))
        .group_by(prediction.c.trajectory_id, prediction.c.message_index, prediction.c.kind)
    )
    found = 0
    for kind, n in conn.execute(steps.execution_options(yield_per=5_000)):
        found += min(int(n), 1 if kind == PredictionKind.GREEDY.value else rollouts)
    return found
