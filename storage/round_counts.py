"""How the answers of a round's model came out."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, case, func, not_, select

from curation.rounds import RoundCounts, RoundSetup
from curation.standing import UNSCORED
from curation.verdicts import Verdict
from storage.round_answers import (
    APPLIED,
    answers_of,
    count_trajectories,
    expanded_of,
    in_datasets,
    unused,
)


def counts_of(conn: Connection, setup: RoundSetup) -> RoundCounts:
    """How the answers came out.

    Raises:
        NotFound: a dataset of the setup is not there (any more).
    """
    expanded = expanded_of(conn, setup)
    found = answers_of(conn, setup)
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
                and_(a.standing == Verdict.LABEL_WRONG.value, a.decided_by.in_(APPLIED), open_)
            ).label("corrected"),
            *(n(and_(a.standing == v.value, open_)).label(v.value) for v in Verdict),
        )
    ).one()
    told = row._mapping
    return RoundCounts(
        trajectories=count_trajectories(conn, in_datasets(conn, setup.datasets)),
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
        expanded=count_trajectories(conn, unused(conn, setup, expanded)),
        expanded_from=expanded,
        seed_new=count_trajectories(conn, unused(conn, setup, setup.seeds, but=expanded)),
    )
