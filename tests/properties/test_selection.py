"""Properties of selecting: caps hold, quotas add up, the order of storage is of no account."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curation.selecting import Chosen, select
from curation.selection import (
    CM2,
    By,
    Cap,
    Dedup,
    Difficulty,
    Gates,
    Prefer,
    Quota,
    RowOrder,
    Selection,
    Sizes,
    Statistic,
)
from curation.selection_facts import TAKEN, Facts, Vectored, labels_of, number_of
from curation.selection_places import whole_places

TOOLS = ("a", "b", "c")
row = st.fixed_dictionaries(
    {
        "tools": st.sets(st.sampled_from(TOOLS)),
        "domain": st.sampled_from(("x", "y")),
        "steps": st.integers(0, 12),
        "errors": st.integers(0, 1),
        "standing": st.integers(0, 3),
        "family": st.integers(0, 6),
        "difficulty": st.sampled_from([0.5, 1.0, 2.0, float("nan")]),
    }
)
rows = st.lists(row, max_size=40)
selections = st.builds(
    Selection,
    seed=st.integers(0, 3),
    sizes=st.builds(Sizes, max_steps=st.none() | st.integers(3, 9)),
    gates=st.builds(Gates, no_errors=st.booleans()),
    dedup=st.sampled_from(Dedup),
    thinning=st.sampled_from(((), CM2[3:4])),
    caps=st.lists(
        st.builds(Cap, st.sampled_from(By), st.integers(0, 6))
        | st.just(Cap(By.TOOL, 1, value="a")),
        max_size=3,
    ).map(tuple),
    quotas=st.sampled_from(((), (Quota(By.DOMAIN, "x", 0.25), Quota(By.TOOL, "a", 0.5)))),
    budget=st.integers(1, 20),
    prefer=st.sampled_from(Prefer),
    difficulty=st.builds(Difficulty, edges=st.sampled_from(((), (1.0, 1.5)))),
    order=st.sampled_from([RowOrder.SHUFFLED, RowOrder.EASY_TO_HARD]),
)


def facts_of(found: list[dict[str, object]], names: list[str]) -> Facts:
    """The facts of rows stored in this order."""
    n = len(found)

    def column(name: str) -> np.ndarray:  # type: ignore[type-arg]
        return np.array([one[name] for one in found], dtype=np.int64)

    zeros = np.zeros(n, dtype=np.int64)
    counts = {one: column("steps") for one in (Statistic.STEPS, Statistic.CALLS, Statistic.TOOLS)}
    counts[Statistic.TOOLS_CALLED] = np.array([len(one["tools"]) for one in found], dtype=np.int64)  # type: ignore[arg-type]
    return Facts(
        ids=np.arange(n),
        numbers=np.array([number_of(name) for name in names], dtype=np.uint64),
        settled=zeros + TAKEN,
        standing=column("standing"),
        result=zeros,
        n_errors=column("errors"),
        n_warnings=zeros,
        n_said=zeros,
        agreement=np.zeros(n),
        counts=counts,
        labels={
            By.TOOL: labels_of(n, [(i, t) for i, one in enumerate(found) for t in one["tools"]]),  # type: ignore[attr-defined]
            By.CATEGORY: labels_of(n, []),
            By.DOMAIN: labels_of(n, [(i, str(one["domain"])) for i, one in enumerate(found)]),
        },
        difficulty=np.array([one["difficulty"] for one in found], dtype=np.float64),
        exact=column("family") * 100 + column("steps"),
        near=column("family"),
        vectored=Vectored("e", column("family"), column("errors") == 1),
    )


def taken(chosen: Chosen, names: list[str]) -> list[str]:
    return [names[i] for i in chosen.taken.tolist()]


@given(rows, selections, st.randoms(use_true_random=False))
def test_what_is_chosen_and_its_order_do_not_depend_on_the_order_of_storage(
    found: list[dict[str, object]], asked: Selection, random: object
) -> None:
    names = [f"tj1-{i}" for i in range(len(found))]
    here = select(facts_of(found, names), asked)
    moved = list(zip(found, names, strict=True))
    random.shuffle(moved)  # type: ignore[attr-defined]
    others = [name for _, name in moved]
    there = select(facts_of([one for one, _ in moved], others), asked)
    assert taken(here, names) == taken(there, others)
    assert here.funnel == there.funnel
    reasons = dict(zip(names, here.reasons.tolist(), strict=True))
    assert reasons == dict(zip(others, there.reasons.tolist(), strict=True))


@given(rows, selections)
def test_no_cap_quota_or_budget_is_exceeded_and_everybody_is_accounted_for(
    found: list[dict[str, object]], asked: Selection
) -> None:
    names = [f"tj1-{i}" for i in range(len(found))]
    chosen = select(facts_of(found, names), asked)
    kept = chosen.taken.tolist()
    assert len(set(kept)) == len(kept) == chosen.funnel.chosen <= (asked.budget or 0)
    assert sum(s.left_out for s in chosen.funnel.steps) == len(found) - len(kept)
    assert sorted(kept) == np.flatnonzero(chosen.reasons == TAKEN).tolist()
    count: dict[By, Counter[str]] = {}
    for by, labels in chosen.buckets.items():
        of_kept = np.isin(labels.rows(), kept)
        count[by] = Counter(labels.names[code] for code in labels.codes[of_kept].tolist())
    for cap in asked.caps:
        for value, n in count[cap.by].items():
            assert cap.value not in (None, value) or n <= (cap.most or 0)
    for quota in asked.quotas:
        assert count[quota.by][quota.value] <= -(-quota.share * (asked.budget or 0) // 1)
    for i in kept:
        assert not (asked.gates.no_errors and found[i]["errors"])
    if asked.dedup in (Dedup.NEAR, Dedup.EMBEDDINGS):
        assert max(Counter(found[i]["family"] for i in kept).values(), default=1) == 1


@given(st.lists(st.integers(0, 100), min_size=1, max_size=6), st.integers(0, 1_000))
def test_whole_places_add_up_to_the_budget_and_are_less_than_one_off(
    parts: list[int], budget: int
) -> None:
    total = sum(parts) or 1
    shares = [part / total for part in parts] if sum(parts) else [1.0] + [0.0] * (len(parts) - 1)
    places = whole_places(shares, budget)
    assert sum(places) == budget
    assert all(abs(n - share * budget) < 1 for n, share in zip(places, shares, strict=True))


def test_quotas_by_hand() -> None:
    """Of 10: 1/3 is 3.33, 1/4 is 2.5, the rest is 4.17; the one place left goes to 2.5."""
    assert whole_places([1 / 3, 1 / 4, 5 / 12], 10) == [3, 3, 4]
    assert whole_places([0.1, 0.2, 0.7], 30) == [3, 6, 21]


def test_thinning_keeps_the_product_of_what_each_rule_keeps() -> None:
    """One tool offered and called, one turn, one calling step, one call: 0.3·0.6·0.6·0.7·0.7 is
    0.053; of 20,000 that are 1,058 on average, with a standard deviation of 32."""
    n = 20_000
    names = [f"tj1-{i}" for i in range(n)]
    one = {
        "tools": {"a"}, "domain": "x", "steps": 1, "errors": 0, "standing": 2, "family": 0,
        "difficulty": 1.0,
    }  # fmt: skip
    facts = facts_of([one] * n, names)
    ones = np.ones(n, dtype=np.int64)
    facts.counts.update(dict.fromkeys(Statistic, ones))
    assert abs(select(facts, Selection(thinning=CM2)).funnel.chosen - 1_058) < 200
