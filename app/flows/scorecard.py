"""Scorecards: every judge measured against people, on all data or slice by slice.

What both ruled on is weighted by how many of the judge's verdicts each case stands for, because
people rule on some classes more than on others. How often it gives no verdict, and whether it says
the same in both orders, takes no people: those figures are of everything that it judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from curation.calibration import Calibration, GoldCase, calibrate
from curation.confusion import VERDICTS
from curation.errors import NotFound
from curation.intervals import Figure, wilson
from curation.judge_identity import JudgeIdentity
from curation.sampling import stratum_weights
from curation.verdicts import Verdict
from storage.datasets import dataset_id
from storage.engine import Store
from storage.gold import (
    GoldRow,
    OrderCount,
    SliceKind,
    Within,
    gold_rows,
    judged_counts,
    order_counts,
)
from storage.runs import JudgeRun, list_judge_runs

NO_PRICE = "no price on record"
MOST_RUNS = 10_000

__all__ = [
    "NO_PRICE",
    "GoldRow",
    "JudgeOnRecord",
    "Scorecard",
    "SliceKind",
    "cases_behind",
    "judge_called",
    "judges_on_record",
    "scorecards",
]


class JudgeOnRecord(Struct, frozen=True):
    """A judge and what its runs cost, all data together."""

    identity: JudgeIdentity
    key: str
    who: str
    how: str
    runs: tuple[int, ...]
    tokens_in: int
    tokens_out: int
    cost_usd: float | None
    """None: no price on record for any of its runs."""
    unpriced_runs: int
    """Runs that used tokens and have no price: their cost is not in the sum."""
    last_run_at: datetime

    @property
    def cost(self) -> str:
        """The cost in words."""
        if self.cost_usd is None:
            return "nothing asked of a model" if not self.unpriced_runs else NO_PRICE
        part = f"; {self.unpriced_runs} of its runs: {NO_PRICE}" if self.unpriced_runs else ""
        return f"{self.cost_usd:.4f} USD{part}"


class Scorecard(Struct, frozen=True):
    """One judge in one slice."""

    judge: JudgeOnRecord
    by: SliceKind
    slice: str
    """"" for all data."""
    judged: dict[str, int]
    """How often it gave each verdict; "unscored" for none."""
    gold: int
    """Cases that people ruled on too."""
    uncovered: tuple[str, ...]
    """Verdicts it gave of which people ruled on no case: the figures say nothing of them."""
    measured: Calibration
    """`order_consistency` and `unscored` are of everything it judged, the rest is of gold."""

    @property
    def n_judged(self) -> int:
        """Everything it judged, unscored included."""
        return sum(self.judged.values())


def judges_on_record(store: Store) -> list[JudgeOnRecord]:
    """Every judge that ever ran, the latest first."""
    with store.read() as conn:
        return judges_of(conn)


def judges_of(conn: Connection) -> list[JudgeOnRecord]:
    """The same inside a transaction."""
    found: dict[JudgeIdentity, list[JudgeRun]] = {}
    for run in list_judge_runs(conn, MOST_RUNS):
        one = JudgeIdentity(
            run.backend, tuple(sorted(run.models)), run.rubric, run.rubric_version, run.rule
        )
        found.setdefault(one, []).append(run)
    return [_on_record(identity, runs) for identity, runs in found.items()]


def _on_record(identity: JudgeIdentity, runs: Sequence[JudgeRun]) -> JudgeOnRecord:
    priced = [run.cost_usd for run in runs if run.cost_usd is not None]
    unpriced = [r for r in runs if r.cost_usd is None and r.tokens_in + r.tokens_out > 0]
    return JudgeOnRecord(
        identity,
        identity.key,
        identity.who,
        identity.how,
        tuple(sorted(run.id for run in runs)),
        sum(run.tokens_in for run in runs),
        sum(run.tokens_out for run in runs),
        sum(priced) if priced else None,
        len(unpriced),
        max(run.created_at for run in runs),
    )


def judge_called(judges: Sequence[JudgeOnRecord], key: str) -> JudgeOnRecord:
    """The judge with this key.

    Raises:
        NotFound: none has it.
    """
    for one in judges:
        if one.key == key:
            return one
    known = ", ".join(f"{one.key} ({one.who})" for one in judges)
    raise NotFound(
        f"There is no judge {key!r}.",
        hint=f"Known are {known}." if known else "Run one with `loopwright judge`.",
    )


def scorecards(
    store: Store,
    *,
    dataset: str | None = None,
    by: SliceKind = SliceKind.ALL,
    blind_only: bool = True,
) -> list[Scorecard]:
    """Measure every judge that judged something there, in one snapshot.

    Args:
        dataset: only predictions of its trajectories.
        by: a scorecard for each dataset, tool or model; a trajectory that is in two counts in both.
        blind_only: only rulings given before the judge's verdict was shown are gold.

    Raises:
        NotFound: there is no such dataset.
    """
    with store.read() as conn:
        if dataset is not None:
            dataset_id(conn, dataset)
        return [
            card
            for judge in judges_of(conn)
            for card in _cards(conn, judge, dataset, by, blind_only)
        ]


def _cards(
    conn: Connection, judge: JudgeOnRecord, dataset: str | None, by: SliceKind, blind_only: bool
) -> list[Scorecard]:
    within = Within(judge.runs, dataset)
    judged = judged_counts(conn, within, by)
    orders = order_counts(conn, within, by)
    gold: dict[str, list[GoldRow]] = {}
    for row in gold_rows(conn, within, by, blind_only=blind_only):
        gold.setdefault(row.slice, []).append(row)
    return [
        _card(judge, by, name, judged[name], gold.get(name, []), orders.get(name))
        for name in sorted(judged)
    ]


def _card(
    judge: JudgeOnRecord,
    by: SliceKind,
    name: str,
    judged: Counter[Verdict | None],
    gold: Sequence[GoldRow],
    orders: OrderCount | None,
) -> Scorecard:
    weights = stratum_weights(judged, Counter(row.judge for row in gold))
    cases = [GoldCase(row.judge, row.human, row.family, weights.weights[row.judge]) for row in gold]
    measured = calibrate(cases, {verdict: judged[verdict] for verdict in VERDICTS})
    n = judged.total()
    return Scorecard(
        judge,
        by,
        name,
        {_name(said): judged[said] for said in (*VERDICTS, None)},
        len(gold),
        tuple(_name(said) for said in (*VERDICTS, None) if said in weights.uncovered),
        msgspec.structs.replace(
            measured,
            order_consistency=_consistency(orders),
            unscored=Figure(judged[None] / n if n else None, n, wilson(judged[None], n)),
        ),
    )


def _name(said: Verdict | None) -> str:
    return "unscored" if said is None else said.value


def _consistency(orders: OrderCount | None) -> Figure:
    """Wilson's interval as if every prediction had one vote: several on one are not independent."""
    if orders is None:
        return Figure(None, 0)
    share = orders.same / orders.n
    return Figure(share, orders.n, wilson(share * orders.predictions, orders.predictions))


def cases_behind(
    store: Store,
    card: Scorecard,
    *,
    human: Verdict,
    said: Verdict | None,
    dataset: str | None = None,
    blind_only: bool = True,
    limit: int = 200,
) -> list[GoldRow]:
    """The cases of one cell of a scorecard's confusion table, the latest rulings first."""
    with store.read() as conn:
        within = Within(card.judge.runs, dataset)
        rows = gold_rows(conn, within, card.by, blind_only=blind_only)
    found = [r for r in rows if (r.slice, r.human, r.judge) == (card.slice, human, said)]
    return found[::-1][:limit]
