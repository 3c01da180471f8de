"""The gate: what opens it, what closes it, and what it says."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import SettingsError
from curation.gate import (
    LEAST_AUDITS,
    GatePolicy,
    GateReason,
    GateState,
    Tally,
    VerdictPolicy,
    gate,
    is_audited,
    tally_of,
)
from curation.intervals import wilson
from curation.verdicts import Verdict

L = Verdict.LABEL_WRONG


def state(
    right: int, n: int, audits: list[bool] | None = None, policy: VerdictPolicy | None = None
) -> GateState:
    """The gate for LABEL_WRONG under one policy."""
    asked = GatePolicy({L: policy or VerdictPolicy()})
    return gate(asked, {L: Tally(right, n)}, {L: audits or []})[L]


def test_a_verdict_without_a_policy_is_never_applied() -> None:
    states = gate(GatePolicy(), {v: Tally(500, 500) for v in Verdict}, {})
    assert list(states) == list(Verdict)
    assert not any(s.is_open for s in states.values())
    assert {s.reason for s in states.values()} == {GateReason.NO_POLICY}
    assert states[L].why == "No policy lets LABEL_WRONG be applied without a person."


def test_too_little_gold_keeps_it_closed_however_good() -> None:
    found = state(99, 99)
    assert (found.is_open, found.reason) == (False, GateReason.TOO_LITTLE_GOLD)
    assert found.why == "People ruled on 99 of the 100 cases it takes; 1 more are needed."
    assert state(0, 0).lower_bound is None


def test_the_lower_bound_decides_not_the_share() -> None:
    # Wilson for 95 of 100 starts at 0.8883, for 96 of 100 at 0.9016; the target is 0.9.
    below, above = state(95, 100), state(96, 100)
    assert (below.is_open, below.reason) == (False, GateReason.BELOW_TARGET)
    assert below.lower_bound == pytest.approx(0.8883, abs=1e-4)
    assert below.why == (
        "95 of 100 right is at least 88.8 % with 95% confidence, below the target of 90.0 %."
    )
    assert (above.is_open, above.reason) == (True, GateReason.PROVEN)
    assert above.lower_bound == pytest.approx(0.9016, abs=1e-4)
    assert above.why == "96 of 100 right is at least 90.1 %, the target is 90.0 %."


def test_a_bound_just_below_its_target_is_never_rounded_up_to_it() -> None:
    # 95 of 100: 0.88825.
    found = state(95, 100, policy=VerdictPolicy(target=0.8883))
    assert not found.is_open
    assert "88.8 %" in found.why


def test_gold_counts_by_groups_of_trajectories_and_not_by_cases() -> None:
    # 120 right in 120 proves 96.9 %; of 40 trajectories with 3 steps each they count as 40, and
    # 40 / (40 + 1.96²) = 0.9124.
    by_threes = tally_of((True, f"t{i // 3}") for i in range(120))
    assert (by_threes.n, by_threes.clusters, by_threes.effective) == (120, 40, 40)
    policy = VerdictPolicy(target=0.92, least_gold=40)
    found = gate(GatePolicy({L: policy}), {L: by_threes}, {})[L]
    assert (found.is_open, found.reason) == (False, GateReason.BELOW_TARGET)
    assert found.lower_bound == pytest.approx(0.9124, abs=1e-4)
    assert found.why == (
        "120 of 120 right (in 40 groups, which counts as 40) is at least 91.2 % with 95% "
        "confidence, below the target of 92.0 %."
    )
    apart = tally_of((True, f"t{i}") for i in range(120))
    assert gate(GatePolicy({L: policy}), {L: apart}, {})[L].is_open
    few = gate(GatePolicy({L: VerdictPolicy()}), {L: by_threes}, {})[L]
    assert few.reason is GateReason.TOO_LITTLE_GOLD
    assert few.why == (
        "People ruled on 120 cases (in 40 groups, which counts as 40) of the 100 it takes; more "
        "are needed, of other trajectories."
    )


def test_bad_audits_close_it_and_good_ones_open_it_again() -> None:
    # Wilson for 15 of 20 ends at 0.8881, below 0.9; for 16 of 20 at 0.9193, not below.
    closed = state(98, 100, [True] * 15 + [False] * 5)
    assert (closed.is_open, closed.reason) == (False, GateReason.DRIFT)
    assert closed.audit_upper_bound == pytest.approx(0.8881, abs=1e-4)
    assert closed.why == (
        "Of the latest 20 audits 15 were right, at most 88.8 %, below the target of 90.0 %: "
        "the judge or the data has changed."
    )
    assert state(98, 100, [True] * 16 + [False] * 4).is_open
    later = [True] * 15 + [False] * 5 + [True] * 100
    assert state(98, 100, later).is_open


def test_only_the_latest_audits_count() -> None:
    window = VerdictPolicy(drift_window=20)
    good_then_bad = [True] * 1000 + [False] * 6 + [True] * 14
    found = state(98, 100, good_then_bad, window)
    assert found.audits == Tally(14, 20)
    assert found.reason is GateReason.DRIFT
    # The same six mistakes among a hundred are no sign of drift.
    assert state(98, 100, good_then_bad).is_open


def test_a_few_audits_do_not_close_it() -> None:
    assert state(98, 100, [False] * (LEAST_AUDITS - 1)).is_open
    assert not state(98, 100, [False] * LEAST_AUDITS).is_open


@given(
    st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.lists(st.booleans(), max_size=150),
    st.floats(0.05, 0.99),
    st.integers(1, 300),
    st.integers(LEAST_AUDITS, 200),
)
def test_it_never_opens_below_n_below_target_or_in_drift(
    gold: tuple[int, int], audits: list[bool], target: float, least: int, window: int
) -> None:
    policy = VerdictPolicy(target, least, 0.05, window)
    found = state(*gold, audits, policy)
    proven = wilson(*gold)
    latest = audits[-window:]
    seen = wilson(sum(latest), len(latest))
    enough = gold[1] >= least
    good = proven is not None and proven.low >= target
    drifted = len(latest) >= LEAST_AUDITS and seen is not None and seen.high < target
    assert found.is_open == (enough and good and not drifted)
    assert found.is_open == (found.reason is GateReason.PROVEN)


@given(
    st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))),
    st.floats(0.05, 0.99),
)
def test_one_more_right_case_never_closes_it(gold: tuple[int, int], target: float) -> None:
    right, n = gold
    policy = VerdictPolicy(target, least_gold=1)
    assert state(right + 1, n, policy=policy).is_open >= state(right, n, policy=policy).is_open


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"target": 0.0}, "target"),
        ({"target": 1.0}, "target"),
        ({"target": float("nan")}, "target"),
        ({"least_gold": 0}, "least gold"),
        ({"audit_share": 0.0}, "audit share"),
        ({"audit_share": 1.1}, "audit share"),
        ({"drift_window": LEAST_AUDITS - 1}, "drift window"),
        ({"confidence": 1.0}, "confidence"),
    ],
)
def test_a_policy_that_cannot_hold_is_refused(wrong: dict[str, float], name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        VerdictPolicy(**wrong)  # type: ignore[arg-type]


def test_a_stored_policy_is_read_back_and_a_bad_one_refused() -> None:
    policy = GatePolicy({L: VerdictPolicy(target=0.95, drift_window=50)})
    assert msgspec.json.decode(msgspec.json.encode(policy), type=GatePolicy) == policy
    with pytest.raises(SettingsError, match="target"):
        msgspec.json.decode(b'{"verdicts": {"LABEL_WRONG": {"target": 2}}}', type=GatePolicy)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_audits_come_to_their_share_and_stay_the_same(share: float) -> None:
    keys = [f"prediction-{i}" for i in range(10_000)]
    audited = {key for key in keys if is_audited(key, share, "salt")}
    assert abs(len(audited) - share * len(keys)) < 5 * (len(keys) * share * (1 - share)) ** 0.5
    assert audited == {key for key in reversed(keys) if is_audited(key, share, "salt")}
    assert audited <= {key for key in keys if is_audited(key, share * 1.5, "salt")}
    assert audited != {key for key in keys if is_audited(key, share, "other")}
