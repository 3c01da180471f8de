"""A judge measured against people: every figure of its scorecard, from the cases both ruled on.

Compute it per judge, rubric version and slice of the data, and anew when any of them changes
(methods §6.3). The cases must be a sample that was drawn without regard to how they would turn out
(`curation/sampling.py`), ruled on by people who did not see the judge's verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from curation.confusion import VERDICTS, Confusion, Ruled, confusion_of
from curation.intervals import RESAMPLES, Figure, Vector, cluster_bootstrap
from curation.judge_scores import VerdictScore, agreement, cohen_kappa, macro_f1, score_of
from curation.label_noise import ErrorRate, Swaps, error_rate, swaps_of
from curation.verdicts import Verdict

OrderPair = tuple[Verdict | None, Verdict | None]
"""What one vote said with the reference shown first, and with the prediction shown first; both in
terms of reference and prediction, None for a reply that named no verdict."""


class GoldCase(Struct, frozen=True):
    """One prediction that a judge and people ruled on."""

    judge: Verdict | None
    """The consensus of its votes; None is unscored."""
    human: Verdict
    cluster: str
    """What cases that are not independent share: the trajectory or its group."""
    weight: float = 1.0
    """How many cases of the whole it stands for."""
    orders: tuple[OrderPair, ...] = ()
    """One pair for each vote that was asked in both orders."""


class Calibration(Struct, frozen=True):
    """A judge's scorecard."""

    confusion: Confusion
    scores: tuple[VerdictScore, ...]
    """In the order of the verdicts."""
    macro_f1: Figure
    """Over the verdicts that occur; n says how many those are."""
    agreement: Figure
    """Share of the scored cases in which both say the same."""
    kappa: Figure
    """Cohen's; the interval is of resampled clusters."""
    order_consistency: Figure
    """Of the votes readable in both orders, the share that said the same in both; n are votes, the
    interval is of resampled clusters."""
    unscored: Figure
    swaps: Swaps
    label_errors: ErrorRate
    n_clusters: int

    @property
    def n(self) -> int:
        """Cases that both ruled on."""
        return self.confusion.n

    def score(self, verdict: Verdict) -> VerdictScore:
        """The scores of one verdict."""
        return self.scores[VERDICTS.index(verdict)]


def calibrate(
    cases: Sequence[GoldCase],
    judged: Mapping[Verdict, int] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Calibration:
    """Measure a judge.

    Args:
        cases: what both ruled on, in any order.
        judged: how often the judge gave each verdict altogether; see `error_rate`.
        seed: of the resampling; equal cases and an equal seed give equal intervals.
    """
    table = confusion_of(_ruled(cases))
    everything = [(human, judge) for human in VERDICTS for judge in (*VERDICTS, None)]
    clusters = _clusters(cases)
    scores = tuple(score_of(table, verdict) for verdict in VERDICTS)
    return Calibration(
        confusion=table,
        scores=scores,
        macro_f1=macro_f1(scores),
        agreement=agreement(table),
        kappa=Figure(
            cohen_kappa(table.flat()),
            table.n_scored,
            cluster_bootstrap(
                [confusion_of(_ruled(of_one)).flat() for of_one in clusters],
                cohen_kappa,
                seed=seed,
                resamples=resamples,
            ),
        ),
        order_consistency=_order_consistency(cases, clusters, seed, resamples),
        unscored=table.share([cell for cell in everything if cell[1] is None], everything),
        swaps=swaps_of(table),
        label_errors=error_rate(table, judged),
        n_clusters=len(clusters),
    )


def _ruled(cases: Sequence[GoldCase]) -> list[Ruled]:
    return [Ruled(case.judge, case.human, case.weight) for case in cases]


def _clusters(cases: Sequence[GoldCase]) -> list[list[GoldCase]]:
    """Cases by cluster, in an order that does not depend on theirs."""
    found: dict[str, list[GoldCase]] = {}
    for case in cases:
        found.setdefault(case.cluster, []).append(case)
    return [found[name] for name in sorted(found)]


def _order_consistency(
    cases: Sequence[GoldCase], clusters: Sequence[Sequence[GoldCase]], seed: int, resamples: int
) -> Figure:
    same, pairs = _same_in_both_orders(cases)
    if not pairs:
        return Figure(None, 0)
    interval = cluster_bootstrap(
        [_same_in_both_orders(of_one) for of_one in clusters],
        _ratio,
        seed=seed,
        resamples=resamples,
    )
    return Figure(_ratio((same, pairs)), int(pairs), interval)


def _same_in_both_orders(cases: Sequence[GoldCase]) -> tuple[float, float]:
    """(votes with one verdict in both orders, votes readable in both)."""
    read = [
        (one, other)
        for case in cases
        for one, other in case.orders
        if one is not None and other is not None
    ]
    return float(sum(one is other for one, other in read)), float(len(read))


def _ratio(sums: Vector) -> float | None:
    part, whole = sums
    return part / whole if whole else None
