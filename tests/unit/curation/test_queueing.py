"""Suspicion of trajectories and their place in a queue."""

from __future__ import annotations

from curation.checking import Finding, Severity
from curation.queueing import Policy, rank, suspicion
from curation.trajectory import Anchor


def findings(*severities: Severity) -> list[Finding]:
    return [Finding("calls/x", 1, severity, Anchor(), "…") for severity in severities]


E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741


def test_a_clean_trajectory_is_not_suspicious() -> None:
    assert suspicion([]) == 0.0


def test_suspicion_adds_up_by_severity() -> None:
    # 2 errors, 1 warning, 3 infos: 2 * 10,000 + 100 + 3
    assert suspicion(findings(E, I, W, I, E, I)) == 20_103.0


def test_no_number_of_lesser_findings_outranks_a_graver_one() -> None:
    assert suspicion(findings(E)) > suspicion(findings(*[W] * 5_000, *[I] * 5_000))
    assert suspicion(findings(W)) > suspicion(findings(*[I] * 5_000))


def ordered(policy: Policy, seed: int = 0) -> list[str]:
    rows = [("a", 0.0), ("b", 10_000.0), ("c", 100.0), ("d", 10_000.0)]
    ranked = [
        (rank(policy, suspicion=s, position=i, uid=uid, seed=seed), i, uid)
        for i, (uid, s) in enumerate(rows)
    ]
    return [uid for _, _, uid in sorted(ranked)]


def test_most_suspicious_first_and_equals_in_the_order_of_import() -> None:
    assert ordered(Policy.SUSPICIOUS) == ["b", "d", "c", "a"]


def test_oldest_first_is_the_order_of_import() -> None:
    assert ordered(Policy.OLDEST) == ["a", "b", "c", "d"]


def test_random_depends_on_the_seed_alone() -> None:
    assert ordered(Policy.RANDOM, 7) == ordered(Policy.RANDOM, 7)
    assert len({tuple(ordered(Policy.RANDOM, seed)) for seed in range(50)}) > 10


def test_random_ranks_spread_evenly_between_nought_and_one() -> None:
    ranks = [
        rank(Policy.RANDOM, suspicion=0, position=0, uid=f"tj1-{i}", seed=1) for i in range(2_000)
    ]
    assert all(0 <= r < 1 for r in ranks)
    assert 0.47 < sum(ranks) / len(ranks) < 0.53
