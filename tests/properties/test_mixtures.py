"""Mixtures of any pools: within the budget, each step once, always the same, growing with it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from curation.high_perplexity import HighPerplexity, KeepBy
from curation.mixture import PRESETS, TABLE_3, MixtureSpec, Part, Step, compose, sizes_by_share

STEP = st.builds(
    lambda number, index, family, perplexity: Step(
        number, index, f"uid-{number}", f"family-{family}", perplexity
    ),
    st.integers(0, 30),
    st.integers(0, 2),
    st.integers(0, 5),
    st.none() | st.floats(1, 50),
)
POOLS = st.dictionaries(st.sampled_from(Part), st.lists(STEP, max_size=40))
RULE = st.one_of(
    st.builds(HighPerplexity, st.just(KeepBy.SHARE), st.floats(0, 1)),
    st.builds(HighPerplexity, st.just(KeepBy.COUNT), st.integers(0, 40).map(float)),
    st.builds(HighPerplexity, st.just(KeepBy.THRESHOLD), st.floats(1, 50)),
)
SPEC = st.builds(
    MixtureSpec,
    st.integers(0, 60),
    st.sampled_from(PRESETS),
    st.none() | st.integers(0, 40),
    RULE,
    seed=st.integers(0, 3),
)


@given(POOLS, SPEC)
def test_it_keeps_within_the_budget_and_takes_no_step_twice(
    pools: dict[Part, list[Step]], spec: MixtureSpec
) -> None:
    mixture = compose(pools, spec)
    places = [step.place for steps in mixture.steps.values() for step in steps]
    assert len(places) == len(set(places)) == mixture.size <= spec.budget
    for count in mixture.counts:
        held = {step.place for step in pools.get(count.part, [])}
        drawn = mixture.steps[count.part]
        assert {step.place for step in drawn} <= held
        assert len(drawn) == count.chosen <= count.wanted
        assert count.chosen == min(count.wanted, count.available)


@given(POOLS, SPEC, st.randoms(use_true_random=False))
def test_the_order_in_which_steps_are_found_changes_nothing(
    pools: dict[Part, list[Step]], spec: MixtureSpec, chance: object
) -> None:
    # One step, one perplexity: of two that say different things the first found would count.
    once = {
        part: list({step.place: step for step in steps}.values()) for part, steps in pools.items()
    }
    shuffled = {part: list(steps) for part, steps in once.items()}
    for steps in shuffled.values():
        chance.shuffle(steps)  # type: ignore[attr-defined]
    assert compose(once, spec) == compose(shuffled, spec)


@given(POOLS, SPEC)
def test_a_larger_budget_only_adds(pools: dict[Part, list[Step]], spec: MixtureSpec) -> None:
    larger = MixtureSpec(
        spec.budget + 1, spec.preset, spec.seed_new, spec.high_perplexity, seed=spec.seed
    )
    small, large = compose(pools, spec), compose(pools, larger)
    for part in Part:
        assert large.steps[part][: len(small.steps[part])] == small.steps[part]


@given(st.sampled_from([*TABLE_3]), st.integers(0, 20_000))
def test_sizes_add_up_and_no_set_shrinks_when_the_budget_grows(name: str, budget: int) -> None:
    one, more = sizes_by_share(TABLE_3[name], budget), sizes_by_share(TABLE_3[name], budget + 1)
    assert sum(one.values()) == budget
    assert all(one[part] <= more[part] for part in Part)
