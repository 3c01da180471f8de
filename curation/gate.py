"""The gate: which of a judge's verdicts may be applied without a person, and why not the others.

A verdict passes only where people confirmed it often enough on a blind sample (Wilson's lower bound
over the lead's target, methods §6.3), and for as long as the audits that go to people all the same
do not show that it got worse. What no policy names is a person's to rule on. Pure: who samples,
applies and audits is in `app/flows`.

Gold counts by its effective number of cases: steps of one trajectory, or of near-copies, tell
little more than one of them does, so a hundred steps of few trajectories prove little. Audits count
one by one, which closes the gate rather too early than too late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from curation.errors import SettingsError
from curation.intervals import Interval, effective_n, wilson
from curation.sampling import is_chosen
from curation.verdicts import Verdict

LEAST_AUDITS = 10
"""Audits before the gate can close on them: under so few, one mistake would."""


class VerdictPolicy(Struct, frozen=True):
    """What has to be true before one verdict is applied without a person."""

    target: float = 0.9
    """Precision that the lower bound has to reach, above 0 and below 1."""
    least_gold: int = 100
    """Cases that people ruled on, at least; those of one group do not count in full."""
    audit_share: float = 0.05
    """Share of the applied cases that goes to people for good, above 0 up to 1."""
    drift_window: int = 100
    """How many of the latest audits are looked at."""
    confidence: float = 0.95
    """Of both bounds, two-sided."""

    def __post_init__(self) -> None:
        _refuse_unless(0 < self.target < 1, "target", "above 0 and below 1")
        _refuse_unless(self.least_gold >= 1, "least gold", "at least 1")
        _refuse_unless(0 < self.audit_share <= 1, "audit share", "above 0 and at most 1")
        _refuse_unless(
            self.drift_window >= LEAST_AUDITS, "drift window", f"at least {LEAST_AUDITS}"
        )
        _refuse_unless(0.5 <= self.confidence < 1, "confidence", "at least 0.5 and below 1")


def _refuse_unless(is_good: bool, name: str, rule: str) -> None:
    if not is_good:
        raise SettingsError(f"The {name} of an auto-apply policy is out of range.", hint=f"{rule}.")


class GatePolicy(Struct, frozen=True):
    """A policy for every verdict that may be applied without a person; the others never are."""

    verdicts: dict[Verdict, VerdictPolicy] = {}


class Tally(Struct, frozen=True):
    """Blind gold of one verdict: the cases the judge gave it and people ruled on."""

    right: int = 0
    """People gave the same verdict."""
    n: int = 0
    clusters: int | None = None
    """Groups of trajectories that the cases are of; None: every case is one."""
    effective: float | None = None
    """Independent cases they are worth (`effective_n`); None: all of them."""

    @property
    def worth(self) -> float:
        """Independent cases, at most `n`."""
        return self.n if self.effective is None else self.effective


def tally_of(cases: Iterable[tuple[bool, str]]) -> Tally:
    """Count cases, each whether people gave the same verdict and the group it is of."""
    listed = list(cases)
    sizes = Counter(cluster for _, cluster in listed).values()
    return Tally(sum(right for right, _ in listed), len(listed), len(sizes), effective_n(sizes))


class GateReason(StrEnum):
    """What decided."""

    PROVEN = "proven"
    NO_POLICY = "no policy"
    TOO_LITTLE_GOLD = "too little gold"
    BELOW_TARGET = "below target"
    DRIFT = "drift"


class GateState(Struct, frozen=True):
    """Whether one verdict passes."""

    verdict: Verdict
    is_open: bool
    reason: GateReason
    why: str
    """The same in words with the numbers."""
    gold: Tally = Tally()
    lower_bound: float | None = None
    """Of the precision on gold; None without gold or policy."""
    audits: Tally = Tally()
    """The latest ones, as many as the window holds."""
    audit_upper_bound: float | None = None
    """Of the precision on those audits; None without audits or policy."""


def gate(
    policy: GatePolicy,
    gold: Mapping[Verdict, Tally],
    audits: Mapping[Verdict, Sequence[bool]],
) -> dict[Verdict, GateState]:
    """Open or closed, for each of the four verdicts.

    Args:
        gold: of the blind sample, per verdict of the judge.
        audits: per verdict of the judge, whether people gave the same, oldest first: audits, and
            the rulings made while the gate was closed, so that it can open again.
    """
    return {
        verdict: _state(
            verdict,
            policy.verdicts.get(verdict),
            gold.get(verdict, Tally()),
            audits.get(verdict, ()),
        )
        for verdict in Verdict
    }


def _state(
    verdict: Verdict, policy: VerdictPolicy | None, gold: Tally, audits: Sequence[bool]
) -> GateState:
    if policy is None:
        why = f"No policy lets {verdict} be applied without a person."
        return GateState(verdict, False, GateReason.NO_POLICY, why, gold)
    proven = _proven(gold, policy.confidence)
    latest = audits[-policy.drift_window :]
    recent = Tally(sum(latest), len(latest))
    seen = wilson(recent.right, recent.n, policy.confidence)
    low = None if proven is None else proven.low
    high = None if seen is None else seen.high
    is_open, reason, why = _decide(policy, gold, low, recent, high)
    return GateState(verdict, is_open, reason, why, gold, low, recent, high)


def _proven(gold: Tally, confidence: float) -> Interval | None:
    """Of the share that is right, as if it had been seen in so many independent cases."""
    return wilson(gold.right / gold.n * gold.worth, gold.worth, confidence) if gold.n else None


def _decide(
    policy: VerdictPolicy, gold: Tally, low: float | None, recent: Tally, high: float | None
) -> tuple[bool, GateReason, str]:
    # A sum of ratios may fall short of a whole number by its last digit.
    if low is None or gold.worth + 1e-9 < policy.least_gold:
        return False, GateReason.TOO_LITTLE_GOLD, _too_little(policy, gold)
    seen = f"{gold.right} of {gold.n} right{_in_groups(gold)} is at least {_percent(low)}"
    target = _percent(policy.target)
    if low < policy.target:
        why = f"{seen} with {policy.confidence:.0%} confidence, below the target of {target}."
        return False, GateReason.BELOW_TARGET, why
    if high is not None and recent.n >= LEAST_AUDITS and high < policy.target:
        why = (
            f"Of the latest {recent.n} audits {recent.right} were right, at most {_percent(high)}, "
            f"below the target of {target}: the judge or the data has changed."
        )
        return False, GateReason.DRIFT, why
    return True, GateReason.PROVEN, f"{seen}, the target is {target}."


def _too_little(policy: VerdictPolicy, gold: Tally) -> str:
    if gold.worth < gold.n:
        return (
            f"People ruled on {gold.n} cases{_in_groups(gold)} of the {policy.least_gold} it "
            "takes; more are needed, of other trajectories."
        )
    return (
        f"People ruled on {gold.n} of the {policy.least_gold} cases it takes; "
        f"{policy.least_gold - gold.n} more are needed."
    )


def _in_groups(gold: Tally) -> str:
    """What cases that are not independent are worth; "" when all are."""
    if gold.worth >= gold.n:
        return ""
    worth = int(gold.worth * 10 + 1e-9) / 10
    return f" (in {gold.clusters} groups, which counts as {worth:g})"


def _percent(share: float) -> str:
    """Rounded down, so that a bound below its target never reads as if it reached it."""
    return f"{int(share * 1000 + 1e-9) / 10:.1f} %"


def is_audited(key: str, share: float, salt: str) -> bool:
    """Whether an applied case goes to people all the same.

    Args:
        key: of the case; the same key always gets the same answer.
        share: see `VerdictPolicy.audit_share`; raising it keeps those that were chosen before.
        salt: of the studio, and not known to whoever makes the data, so that no case can be made to
            escape.
    """
    return is_chosen(key, share, f"audit:{salt}")
