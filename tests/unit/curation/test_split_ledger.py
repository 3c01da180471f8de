"""Whatever comes, in whatever order, and whatever is found to belong together later: nobody moves,
and no family is used on two sides."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from curation.split_ledger import PROTECTED, LedgerSetup, Sides
from curation.splits import Split, assign
from curation.stratified_splits import Stratum

SETUP = LedgerSetup((0.5, 0.25, 0.25), "salt")
STRATIFIED = replace(SETUP, stratify=(Stratum.DATASET,))
FIXED = replace(SETUP, test_datasets=("held",))


def families_of(links: list[tuple[int, int]]) -> dict[str, str]:
    """What the links connect, each family by its smallest key, as `storage.groups` tells it."""
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while above.setdefault(key, key) != key:
            key = above[key]
        return key

    for one, other in links:
        first, second = sorted((top(f"g{one:02}"), top(f"g{other:02}")))
        above[second] = first
    return {key: top(key) for key in list(above)}


numbers = st.integers(0, 30)
growth = st.lists(
    st.tuples(
        st.lists(numbers, max_size=8),
        st.lists(st.tuples(numbers, numbers), max_size=4),
    ),
    min_size=1,
    max_size=8,
)


def letter(key: str) -> str:
    return "abc"[int(key[1:]) % 3]


@given(growth, st.sampled_from([SETUP, STRATIFIED, FIXED]), st.sets(numbers, max_size=4))
def test_growing_moves_nobody_and_uses_no_family_twice(
    imports: list[tuple[list[int], list[tuple[int, int]]]], setup: LedgerSetup, later: set[int]
) -> None:
    fixed = {f"g{i:02}" for i in later} if setup is FIXED else set()
    recorded: dict[str, Split] = {}
    links: list[tuple[int, int]] = []
    for added, found in imports:
        links += found
        families = families_of(links)
        strata = {f"g{i:02}": letter(f"g{i:02}") for i in range(31)}
        sides = Sides(setup, recorded, families, fixed=fixed, strata=strata)
        new = sides.enter(f"g{i:02}" for i in added)
        assert not new.keys() & recorded.keys()
        recorded |= new
        used: dict[str, set[Split]] = {}
        for key, side in recorded.items():
            assert sides.side_of(key) is side
            if not sides.is_withheld(key):
                used.setdefault(families.get(key, key), set()).add(side)
        assert all(len(found) == 1 for found in used.values())
        # Of every family something is used: the most protected side of all that it stands on.
        for family in {families.get(key, key) for key in recorded}:
            stands = {side for key, side in recorded.items() if families.get(key, key) == family}
            assert used[family] == {min(stands, key=PROTECTED.index)}
        assert all(used[families.get(key, key)] == {Split.TEST} for key in fixed & new.keys())
        if setup is FIXED:
            tests = {key for key, side in new.items() if side is Split.TEST}
            assert {families.get(key, key) for key in tests} <= {
                families.get(key, key) for key in recorded if recorded[key] is Split.TEST
            }


def test_a_family_goes_where_its_name_is_dealt_and_keeps_that_when_its_name_changes() -> None:
    first = Sides(SETUP, {}, {"b": "b", "c": "b"})
    entered = first.enter(["b", "c"])
    assert entered == dict.fromkeys("bc", assign("b", SETUP.shares, SETUP.salt))
    # "a" joins: the family is called after it now, and it follows all the same.
    later = Sides(SETUP, entered, {"a": "a", "b": "a", "c": "a"})
    assert later.enter(["a", "b", "c"]) == {"a": entered["b"]}
    assert later.conflicts() == []


def test_a_family_on_two_sides_is_told_and_used_on_the_more_protected() -> None:
    recorded = {"a": Split.TRAIN, "b": Split.TEST, "c": Split.TRAIN, "d": Split.TRAIN}
    sides = Sides(SETUP, recorded, {"a": "a", "b": "a", "c": "a", "x": "a"})
    assert sides.enter(["x"]) == {"x": Split.TEST}
    (conflict,) = sides.conflicts()
    assert (conflict.family, conflict.used) == ("a", Split.TEST)
    assert conflict.sides == {Split.TRAIN: 2, Split.TEST: 2}
    assert [key for key in "abcdx" if sides.is_withheld(key)] == ["a", "c"]
    assert sides.counts() == {Split.TRAIN: 3, Split.VALIDATION: 0, Split.TEST: 2}


def test_other_shares_are_another_ledger() -> None:
    names = {
        LedgerSetup(shares, salt).name
        for shares in ((0.8, 0.1, 0.1), (0.9, 0.1, 0.0))
        for salt in ("a", "b")
    }
    assert len(names) == 4


def test_each_setup_is_a_ledger_of_its_own_and_its_order_is_none() -> None:
    one = LedgerSetup(stratify=(Stratum.TOOLS, Stratum.DATASET), test_datasets=("b", "a"))
    same = LedgerSetup(stratify=(Stratum.DATASET, Stratum.TOOLS), test_datasets=("a", "b"))
    assert one.name == same.name
    others = [LedgerSetup(), LedgerSetup(tool_sets=True), replace(one, test_datasets=("a",)), one]
    assert len({setup.name for setup in others}) == 4


def test_the_fixed_test_set_is_the_test_set_and_nothing_else_is() -> None:
    sides = Sides(FIXED, {}, {"a": "a", "h1": "a"}, fixed={"h1", "h2"})
    entered = sides.enter(["h1", "h2", *(f"g{i}" for i in range(200)), "a"])
    assert {key for key, side in entered.items() if side is Split.TEST} == {"h1", "h2", "a"}
    # Of 197 others a quarter is for validation: 49, and 6 is a standard deviation.
    assert 25 < sides.counts()[Split.VALIDATION] < 75


def test_what_was_trained_on_before_it_came_into_the_test_set_is_withheld_and_told() -> None:
    sides = Sides(FIXED, {"old": Split.TRAIN, "other": Split.TRAIN}, {}, fixed={"old", "new"})
    assert sides.enter(["new"]) == {"new": Split.TEST}
    assert [sides.is_withheld(key) for key in ("old", "other", "new")] == [True, False, False]
    (conflict,) = sides.conflicts()
    assert (conflict.family, conflict.sides, conflict.used) == ("old", {Split.TRAIN: 1}, Split.TEST)
