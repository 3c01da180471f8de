"""Properties of splitting: groups stay whole, order and growth change nothing, shares are met."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from curation.splits import Split, assign

percent = st.integers(0, 100)
keys = st.text(min_size=0, max_size=20)


@st.composite
def shares(draw: st.DrawFn) -> tuple[float, float, float]:
    train = draw(percent)
    validation = draw(st.integers(0, 100 - train))
    return train / 100, validation / 100, (100 - train - validation) / 100


@given(st.lists(st.tuples(keys, st.integers()), max_size=60), shares(), st.randoms())
def test_no_group_straddles_splits_in_any_order(rows, cut, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(rows)
    random.shuffle(shuffled)
    seen: dict[str, set[Split]] = defaultdict(set)
    for key, _ in [*rows, *shuffled]:
        seen[key].add(assign(key, cut))
    assert all(len(found) == 1 for found in seen.values())


@given(keys, st.lists(percent, min_size=2, max_size=6).map(sorted))
def test_a_group_once_in_train_stays_there_as_the_share_grows(key: str, growing: list[int]) -> None:
    for less, more in pairwise(growing):
        small, large = less / 100, more / 100
        if assign(key, (small, 1 - small, 0.0)) is Split.TRAIN:
            assert assign(key, (large, 1 - large, 0.0)) is Split.TRAIN


@given(st.text(max_size=8), shares())
def test_the_shares_are_approached(salt: str, cut: tuple[float, float, float]) -> None:
    n = 3000
    counts = Counter(assign(f"group {i}", cut, salt) for i in range(n))
    for split, share in zip(Split, cut, strict=True):
        # Five standard deviations of a binomial count, and one for rounding.
        slack = 5 * (n * share * (1 - share)) ** 0.5 + 1
        assert abs(counts[split] - n * share) <= slack
