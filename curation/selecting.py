"""Selecting: from what is known of the candidates to those that are taken, and why not the others.

A funnel: what the export cannot use anyway, filters, gates, deduplication, thinning, then places
(caps, quotas, budget). Whoever is left out is counted by the first rule that does it. Nothing here
depends on the order of storage but `RowOrder.STORED`: ties are broken by a salted hash of the uid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from shlex import quote

import numpy as np
import numpy.typing as npt

from curation.export_reasons import DropReason
from curation.funnel import Funnel, FunnelStep
from curation.selection import (
    By,
    Dedup,
    Prefer,
    RowOrder,
    Selection,
    Sizes,
    Statistic,
    Thin,
)
from curation.selection_facts import REASONS, TAKEN, Facts, Flags, Labels, Numbers, places
from curation.selection_places import (
    Limit,
    Placed,
    Short,
    buckets,
    limits,
    place,
    shortages,
)

_CODE = {reason: number for number, reason in enumerate(REASONS)}


@dataclass(frozen=True)
class Chosen:
    """What is taken, in the order of the rows, and what is not."""

    taken: Numbers
    """Rows of the facts."""
    reasons: Numbers
    """Of every row: `TAKEN`, or an index into `REASONS`."""
    twins: Numbers
    """Of every row: the row that is kept in its place; -1 for none."""
    details: Numbers
    """Of every row: an index into `texts`."""
    texts: tuple[str, ...]
    funnel: Funnel
    buckets: dict[By, Labels]


class _Funnel:
    """The rows that are left, and who left out the others."""

    def __init__(self, facts: Facts) -> None:
        n = len(facts)
        self.facts = facts
        self.reasons = np.full(n, TAKEN, dtype=np.int64)
        self.twins = np.full(n, -1, dtype=np.int64)
        self.details = np.zeros(n, dtype=np.int64)
        self.texts: dict[str, int] = {"": 0}
        self.steps: list[FunnelStep] = []
        self.lacks: tuple[str, ...] = ()
        """What could not be done, as sentences."""

    @property
    def alive(self) -> Flags:
        found: Flags = self.reasons == TAKEN
        return found

    def drop(
        self, stage: str, rule: str, those: Flags, reason: DropReason, detail: str = ""
    ) -> None:
        """Leave out those of `those` that are left."""
        gone = those & self.alive
        self.reasons[gone] = _CODE[reason]
        self.details[gone] = self.texts.setdefault(detail, len(self.texts))
        self.count(stage, rule, int(gone.sum()))

    def count(self, stage: str, rule: str, left_out: int) -> None:
        self.steps.append(FunnelStep(stage, rule, left_out, int(self.alive.sum())))


def select(facts: Facts, asked: Selection) -> Chosen:
    """What `asked` takes of the candidates."""
    funnel = _Funnel(facts)
    _settle(funnel)
    _filter(funnel, asked)
    _gate(funnel, asked)
    _dedup(funnel, asked)
    _thin(funnel, asked)
    found = buckets(facts, asked, funnel.alive)
    those = limits(asked, found)
    short = _place(funnel, asked, those)
    return Chosen(
        _ordered(facts, asked, np.flatnonzero(funnel.alive)),
        funnel.reasons,
        funnel.twins,
        funnel.details,
        tuple(funnel.texts),
        Funnel(
            len(facts),
            tuple(funnel.steps),
            int(funnel.alive.sum()),
            funnel.lacks
            + tuple(
                f"The quota of {one.by.value} {one.value} has {one.wanted:,} places and "
                f"{one.taken:,} trajectories."
                for one in short
            ),
        ),
        found,
    )


def _settle(funnel: _Funnel) -> None:
    """What gives no row whatever is selected, each with its own reason."""
    settled = funnel.facts.settled
    for code in np.unique(settled[settled != TAKEN]).tolist():
        reason = REASONS[code]
        funnel.drop("unusable", reason.value, settled == code, reason)
    corrected = funnel.facts.result
    _keep_one(
        funnel,
        _families(corrected),
        ("unusable", DropReason.DUPLICATE.value),
        DropReason.DUPLICATE,
        seed=0,
    )


def _families(corrected: Numbers) -> Numbers:
    """A number for every correction; what was not corrected has one of its own."""
    n = len(corrected)
    _, codes = np.unique(corrected, return_inverse=True)
    return np.where(corrected != 0, codes.astype(np.int64), n + np.arange(n))


def _filter(funnel: _Funnel, asked: Selection) -> None:
    facts = funnel.facts
    if facts.where is not None:
        funnel.drop("filters", "where", ~facts.where, DropReason.FILTERED, "not where")
    if facts.unless is not None:
        funnel.drop("filters", "unless", facts.unless, DropReason.FILTERED, "unless")
    for name, statistic, is_least in _BOUNDS:
        bound = getattr(asked.sizes, name)
        if bound is not None:
            count = facts.counts[statistic]
            outside = count < bound if is_least else count > bound
            words = f"{name} = {bound}"
            funnel.drop("filters", words, outside, DropReason.FILTERED, words)


_BOUNDS = [
    (f"{end}_{statistic.value}", statistic, end == "min")
    for statistic in (Statistic.STEPS, Statistic.CALLS, Statistic.TOOLS)
    for end in ("min", "max")
]
assert {name for name, _, _ in _BOUNDS} == set(Sizes.__struct_fields__)


def _gate(funnel: _Funnel, asked: Selection) -> None:
    for rule, failing in _failing(funnel.facts, asked):
        funnel.drop("gates", rule, failing(), DropReason.GATE, rule)


def _failing(facts: Facts, asked: Selection) -> Iterator[tuple[str, Callable[[], Flags]]]:
    """Every gate with what does not pass it."""
    gates = asked.gates
    if gates.no_errors:
        yield "no errors", lambda: facts.n_errors > 0
    most = gates.max_warnings
    if most is not None:
        yield f"at most {most} warnings", lambda: facts.n_warnings > most
    for check in gates.clean:
        yield f"clean of {check}", lambda c=check: facts.found[c]  # type: ignore[misc]
    if gates.min_annotators:
        yield f"{gates.min_annotators} annotators", lambda: facts.n_said < gates.min_annotators
    if gates.min_agreement:
        yield (
            f"agreement of {gates.min_agreement:g}",
            lambda: facts.agreement < gates.min_agreement - 1e-9,
        )
    for gate in gates.scores:
        values = facts.scores[gate.score]
        # Comparing with NaN is false: what has no score does not pass.
        if gate.least is not None:
            yield f"{gate.score} from {gate.least:g}", lambda v=values, g=gate: ~(v >= g.least)  # type: ignore[misc]
        if gate.most is not None:
            yield f"{gate.score} up to {gate.most:g}", lambda v=values, g=gate: ~(v <= g.most)  # type: ignore[misc]


def _dedup(funnel: _Funnel, asked: Selection) -> None:
    facts = funnel.facts
    if asked.dedup is not Dedup.NONE and facts.exact is not None:
        rule = "dedup", "same task and calls"
        _keep_one(funnel, facts.exact, rule, DropReason.SAME_TASK_AND_CALLS, asked.seed)
    if asked.dedup is Dedup.NEAR and facts.near is not None:
        rule = "dedup", "near-duplicates"
        _keep_one(funnel, facts.near, rule, DropReason.NEAR_DUPLICATE, asked.seed)
    if asked.dedup is Dedup.EMBEDDINGS and facts.vectored is not None:
        model = facts.vectored.model
        lacking = int((facts.vectored.lacking & funnel.alive).sum())
        if lacking:
            funnel.lacks = (
                f"{lacking:,} of {int(funnel.alive.sum()):,} trajectories have no vector of "
                f"{model}, so they were compared with none and are kept. Make them with: "
                f"loopwright embed --model {quote(model)}",
            )
        rule = "dedup", f"cosine from {asked.threshold:g}"
        family, reason = facts.vectored.family, DropReason.EMBEDDING_DUPLICATE
        _keep_one(funnel, family, rule, reason, asked.seed)


def _keep_one(
    funnel: _Funnel, family: Numbers, rule: tuple[str, str], reason: DropReason, seed: int
) -> None:
    """Keep the best of every family of those that are left."""
    rows = np.flatnonzero(funnel.alive)
    own = family[rows]
    order = np.lexsort((*_best_first(funnel.facts, rows, seed), own))
    rows, own = rows[order], own[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = own[1:] != own[:-1]
    heads = rows[np.maximum.accumulate(np.where(first, np.arange(len(rows)), 0))]
    gone = rows[~first]
    funnel.reasons[gone] = _CODE[reason]
    funnel.twins[gone] = heads[~first]
    if len(gone) or rule[0] == "dedup":
        funnel.count(*rule, len(gone))


def _best_first(facts: Facts, rows: Numbers, seed: int) -> tuple[npt.NDArray[np.generic], ...]:
    """Keys of `lexsort`, the last one first: people's word, errors, warnings, then the draw."""
    return (
        places(facts.numbers[rows], seed, "keep"),
        facts.n_warnings[rows],
        facts.n_errors[rows],
        facts.standing[rows],
    )


def _thin(funnel: _Funnel, asked: Selection) -> None:
    """Keep each with probability Π(1 - r) over the rules that it falls under (CM2)."""
    if not asked.thinning:
        return
    facts = funnel.facts
    keep = np.ones(len(facts))
    for rule in asked.thinning:
        keep[_under(facts, rule)] *= 1 - rule.drop
    drawn = (places(facts.numbers, asked.seed, "thin") >> np.uint64(11)).astype(np.float64) / 2**53
    funnel.drop("thinning", "thinned", drawn >= keep, DropReason.THINNED)


def _under(facts: Facts, rule: Thin) -> Flags:
    count = facts.counts[rule.statistic]
    under = count >= rule.least
    return under if rule.most is None else under & (count <= rule.most)


def _place(funnel: _Funnel, asked: Selection, those: list[Limit]) -> tuple[Short, ...]:
    if not those and asked.budget is None:
        return ()
    rows = np.flatnonzero(funnel.alive)
    order = rows[np.lexsort(_preferred(funnel.facts, asked, rows))]
    placed = place(order.tolist(), those, asked.budget)
    _record(funnel, those, placed, has_budget=asked.budget is not None)
    return shortages(asked, those)


def _preferred(
    facts: Facts, asked: Selection, rows: Numbers
) -> tuple[npt.NDArray[np.generic], ...]:
    drawn = places(facts.numbers[rows], asked.seed, "places")
    match asked.prefer:
        case Prefer.RANDOM:
            return (drawn,)
        case Prefer.QUALITY:
            return (drawn, *_best_first(facts, rows, asked.seed)[1:])
        case Prefer.EASIEST | Prefer.HARDEST:
            assert facts.difficulty is not None
            sign = -1.0 if asked.prefer is Prefer.HARDEST else 1.0
            return (drawn, sign * facts.difficulty[rows])  # NaN sorts last either way


def _record(funnel: _Funnel, those: list[Limit], placed: Placed, *, has_budget: bool) -> None:
    by_limit: dict[int, dict[int, list[int]]] = {}
    for row, (number, code) in placed.refused.items():
        by_limit.setdefault(number, {}).setdefault(code, []).append(row)
    for number, limit in enumerate(those):
        reason = DropReason.OVER_QUOTA if limit.is_quota else DropReason.OVER_CAP
        n = 0
        for code, rows in sorted(by_limit.get(number, {}).items()):
            text = f"{limit.title}: {limit.labels.names[code]}"
            funnel.reasons[rows] = _CODE[reason]
            funnel.details[rows] = funnel.texts.setdefault(text, len(funnel.texts))
            n += len(rows)
        left = int(funnel.alive.sum())
        funnel.steps.append(FunnelStep("places", limit.title, n, left))
    funnel.reasons[placed.over] = _CODE[DropReason.OVER_BUDGET]
    if has_budget:
        funnel.count("places", "budget", len(placed.over))


def _ordered(facts: Facts, asked: Selection, rows: Numbers) -> Numbers:
    drawn = places(facts.numbers[rows], asked.seed, "order")
    match asked.order:
        case RowOrder.STORED:
            return rows
        case RowOrder.SHUFFLED:
            return rows[np.argsort(drawn, kind="stable")]
        case RowOrder.EASY_TO_HARD:
            assert facts.difficulty is not None
            return rows[np.lexsort((drawn, facts.difficulty[rows]))]
