"""Mixtures by hand: table 3 of LoopTool, what is short, and whose step it is."""

from __future__ import annotations

import pytest

from curation.errors import SettingsError
from curation.high_perplexity import HighPerplexity, KeepBy
from curation.mixture import (
    TABLE_3,
    Mixture,
    MixtureSpec,
    Part,
    Step,
    compose,
    seed_new_after,
    sizes_by_share,
)

ES, EE, HP, NEW = Part


def steps(n: int, prefix: str, *, families: int = 10**9) -> list[Step]:
    """`n` steps of as many trajectories; the i-th has perplexity 1 + i / 100."""
    base = ["es", "ee", "hp", "new", "x"].index(prefix) * 100_000
    return [
        Step(base + i, 1, f"{prefix}{i:05}", f"{prefix}-{i % families}", 1 + i / 100)
        for i in range(n)
    ]


def pools(es: int, ee: int, hp: int, new: int) -> dict[Part, list[Step]]:
    return {ES: steps(es, "es"), EE: steps(ee, "ee"), HP: steps(hp, "hp"), NEW: steps(new, "new")}


def chosen(mixture: Mixture) -> tuple[int, ...]:
    return tuple(one.chosen for one in mixture.counts)


@pytest.mark.parametrize(
    ("name", "percent"),
    [
        # n / 18,304: 1,919 is 10.48 %, 6,566 is 35.87 %, 5,632 is 30.77 %. The 22.98 % printed for
        # D2's 4,187 is a misprint: 4,187 / 18,304 = 22.87 %, and so the four make 100 %.
        ("D1", (0.0, 0.0, 0.0, 100.0)),
        ("D2", (10.48, 35.87, 22.87, 30.77)),
        ("D3", (18.50, 44.07, 22.05, 15.38)),
        ("D4", (20.38, 44.63, 27.29, 7.69)),
    ],
)
def test_table_3_has_its_sizes_and_shares(name: str, percent: tuple[float, ...]) -> None:
    sizes = TABLE_3[name]
    assert sum(sizes.values()) == 18_304
    assert sizes_by_share(sizes, 18_304) == sizes
    shares = [100 * n / 18_304 for n in sizes.values()]
    assert shares == pytest.approx(percent, abs=0.006)


def test_sizes_of_a_small_budget_by_hand() -> None:
    # D3 of 100: exact 18.50, 44.07, 22.05, 15.38; divided by a common divisor and rounded, Webster
    # gives the odd one to the first (18.50 is nearest to its next half).
    assert list(sizes_by_share(TABLE_3["D3"], 100).values()) == [19, 44, 22, 15]
    assert sum(sizes_by_share(TABLE_3["D4"], 7).values()) == 7
    assert list(sizes_by_share(TABLE_3["D1"], 5).values()) == [0, 0, 0, 5]


@pytest.mark.parametrize("name", ["D2", "D3", "D4"])
def test_filling_up_arrives_at_table_3(name: str) -> None:
    printed = TABLE_3[name]
    found = pools(printed[ES], printed[EE], 6_000, 6_000)
    spec = MixtureSpec(18_304, seed_new=printed[NEW])
    assert chosen(compose(found, spec)) == tuple(printed.values())


def test_seed_data_halves_every_round() -> None:
    # 5,632 of 18,304 after the first round, then 2,816 and 1,408.
    sizes = [seed_new_after(18_304, TABLE_3["D1"])]
    for name in ("D2", "D3"):
        sizes.append(seed_new_after(18_304, TABLE_3[name]))
    assert sizes == [5_632, 2_816, 1_408]
    assert seed_new_after(18_304, None) == 5_632
    assert seed_new_after(1_300, None) == 400


def test_a_preset_says_what_is_short_and_fills_nothing_up() -> None:
    # D2 of 100: 10.48, 35.87, 22.87, 30.77 -> 10, 36, 23, 31.
    mixture = compose(pools(4, 50, 50, 50), MixtureSpec(100, "D2"))
    assert [one.wanted for one in mixture.counts] == [10, 36, 23, 31]
    assert chosen(mixture) == (4, 36, 23, 31)
    assert [one.short for one in mixture.counts] == [6, 0, 0, 0]
    assert (mixture.size, mixture.short) == (94, 6)


def test_filling_up_takes_what_new_data_lacks_from_high_perplexity() -> None:
    mixture = compose(pools(3, 5, 100, 2), MixtureSpec(20, seed_new=6))
    assert chosen(mixture) == (3, 5, 10, 2)
    assert [one.short for one in mixture.counts] == [0, 0, 0, 4]
    assert mixture.short == 0


def test_the_least_sure_are_taken_first() -> None:
    mixture = compose({HP: steps(5, "hp")}, MixtureSpec(2))
    assert [one.perplexity for one in mixture.steps[HP]] == [1.04, 1.03]


def test_a_rule_limits_high_perplexity_before_the_budget_does() -> None:
    rule = HighPerplexity(KeepBy.THRESHOLD, 1.03)
    mixture = compose({HP: steps(5, "hp")}, MixtureSpec(4, high_perplexity=rule))
    assert [(one.available, one.chosen) for one in mixture.counts] == [
        (0, 0), (0, 0), (2, 2), (0, 0)
    ]  # fmt: skip


def test_a_step_belongs_to_the_first_set_that_has_it() -> None:
    shared = steps(3, "x")
    mixture = compose({ES: shared[:1], EE: shared[:2], HP: shared, NEW: shared}, MixtureSpec(10))
    assert [one.available for one in mixture.counts] == [1, 1, 1, 0]


def test_without_perplexity_nothing_is_of_high_perplexity() -> None:
    unknown = Step(1, 1, "u", "u")
    assert compose({HP: [unknown]}, MixtureSpec(10)).counts[2].available == 0


def test_every_family_gives_a_step_before_any_gives_a_second() -> None:
    found = steps(40, "new", families=8)
    for seed in range(5):
        drawn = compose({NEW: found}, MixtureSpec(8, "D1", seed=seed)).steps[NEW]
        assert len({one.group for one in drawn}) == 8


@pytest.mark.parametrize(
    "spec",
    [
        MixtureSpec(-1),
        MixtureSpec(5, "D5"),
        MixtureSpec(5, seed_new=-2),
        MixtureSpec(5, high_perplexity=HighPerplexity(KeepBy.SHARE, 1.5)),
    ],
)
def test_an_impossible_mixture_is_refused(spec: MixtureSpec) -> None:
    with pytest.raises(SettingsError):
        compose({}, spec)
