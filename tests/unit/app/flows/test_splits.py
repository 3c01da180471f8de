"""The split ledger over a real store: near-duplicates, growth, and what an export does of it."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import msgspec
import pytest

from app.flows import near_duplicates
from app.flows.export import ExportRequest, export
from app.flows.near_duplicates import link_near_duplicates
from app.flows.splits import enter_all, look_at_ledger, report_ledger
from curation.errors import NotFound
from curation.near_duplicates import THRESHOLD, jaccard, shingles
from curation.split_ledger import LedgerSetup, Sides
from curation.splits import DEFAULT_SALT, DEFAULT_SHARES, Split
from curation.stratified_splits import Stratum
from curation.trajectory import Message, Role, ToolCall, Trajectory
from storage import groups
from storage.datasets import NewItem, add_items, ensure_dataset
from storage.engine import Store
from storage.trajectories import add_batch, new_trajectory
from tests.unit.storage.rows import WEATHER

SETUP = LedgerSetup(DEFAULT_SHARES, DEFAULT_SALT)
WORDS = [f"word{i}" for i in range(400)]


def asking(words: list[str]) -> Trajectory:
    call = ToolCall("get_weather", '{"city": "Oslo"}', "call_1")
    return Trajectory(
        (
            Message(Role.USER, " ".join(words)),
            Message(Role.ASSISTANT, None, (call,)),
            Message(Role.TOOL, "Rain.", tool_call_id="call_1"),
            Message(Role.ASSISTANT, "It rains."),
        ),
        (WEATHER,),
    )


def add(store: Store, **by_group: Trajectory) -> None:
    with store.write() as conn:
        new = [new_trajectory(value, group) for group, value in by_group.items()]
        items = [NewItem(i, "s", "f:1", b"{}") for i in add_batch(conn, new).ids]
        add_items(conn, ensure_dataset(conn, "d", ""), items)


def family_of(store: Store, group: str) -> str:
    with store.read() as conn:
        return groups.families(conn).get(group, group)


def text(seed: int, n: int = 60) -> list[str]:
    return random.Random(seed).choices(WORDS, k=n)


def test_near_duplicates_are_one_family_whenever_they_come(any_store: Store) -> None:
    first = text(1)
    add(any_store, a=asking(first), stranger=asking(text(2)))
    assert link_near_duplicates(any_store).near == 0
    # One word of sixty more: 56 shingles and the call of before, one new: 57 / 58.
    add(any_store, b=asking([*first, "please"]))
    report = link_near_duplicates(any_store)
    assert (report.looked_at, report.near, report.given_up) == (1, 1, 0)
    assert family_of(any_store, "b") == family_of(any_store, "a") == "a"
    assert family_of(any_store, "stranger") == "stranger"
    assert link_near_duplicates(any_store).looked_at == 0, "everything is looked at once"
    with any_store.write() as conn:
        groups.link(conn, [("stranger", "task of a source")])
    now = look_at_ledger(any_store)
    assert (now.waiting, now.families, now.largest) == (3, 1, 2), "the task is no group"


def test_near_duplicates_of_one_import_are_found_by_processes_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_duplicates, "PAGE", 7)
    add(store, **{f"g{i:02}": asking([*text(i // 2), "a" * (i % 2)]) for i in range(20)})
    assert link_near_duplicates(store, processes=2).near == 10
    assert all(family_of(store, f"g{i:02}") == f"g{i - i % 2:02}" for i in range(20))


def test_nothing_moves_and_nothing_near_straddles_while_data_grows(store: Store) -> None:
    """Every import brings strangers, near-duplicates of what came before, and now and then one that
    stands between two old ones."""
    draw = random.Random(7)
    seen: dict[str, Trajectory] = {}
    before: dict[str, Split] = {}
    for number in range(8):
        new: dict[str, Trajectory] = {}
        for i in range(12):
            words = text(draw.randrange(10**6))
            if seen and i < 6:
                like = draw.choice(list(seen.values())).messages[0].text.split()
                words = [*like[i % 3 :], *text(number * 100 + i, 1 + draw.randrange(3))]
            new[f"g{number}-{i:02}"] = asking(words)
        add(store, **new)
        seen |= new
        sides = enter_all(store, SETUP)
        now = {key: sides.side_of(key) for key in seen}
        assert {key: now[key] for key in before} == before
        before = now
        assert straddling(seen, sides) == []
    with store.read() as conn:
        assert len(set(groups.families(conn).values())) > 5, "there is something to straddle"
    assert len(set(before.values())) == 3


def straddling(seen: dict[str, Trajectory], sides: Sides) -> list[tuple[str, str]]:
    """Pairs that are near and used on two sides, found by comparing everything with everything."""
    used: dict[Split, list[str]] = defaultdict(list)
    for key in seen:
        if not sides.is_withheld(key):
            used[sides.side_of(key)].append(key)
    sets = {key: shingles(value.messages) for key, value in seen.items()}
    return [
        (one, other)
        for some, others in combinations(used.values(), 2)
        for one in some
        for other in others
        if jaccard(sets[one], sets[other]) >= THRESHOLD
    ]


def two_sides(store: Store) -> tuple[str, str]:
    """A group in train and one in test that something new is going to tie together."""
    add(store, **{f"g{i}": asking(text(i)) for i in range(40)})
    sides = enter_all(store, SETUP)
    by_side = {sides.side_of(f"g{i}"): f"g{i}" for i in range(40)}
    return by_side[Split.TRAIN], by_side[Split.TEST]


def test_a_family_on_two_sides_is_told_and_its_train_side_withheld(
    store: Store, tmp_path: Path
) -> None:
    train, test = two_sides(store)
    before = export(store, ExportRequest("sft", "trl", str(tmp_path / "before"), "all"))
    with store.write() as conn:
        groups.link(conn, [(train, test)])
    report = report_ledger(store)
    assert [(c.sides, c.used) for c in report.conflicts] == [
        ({Split.TRAIN: 1, Split.TEST: 1}, Split.TEST)
    ]
    after = export(store, ExportRequest("sft", "trl", str(tmp_path / "after"), "all"))
    assert after.dropped == {"split-conflict": 1}
    assert after.by_split == {**before.by_split, "train": before.by_split["train"] - 1}
    for name in ("validation", "test"):
        files = [(tmp_path / when / f"{name}.jsonl").read_bytes() for when in ("before", "after")]
        assert files[0] == files[1]
    dropped = json.loads((tmp_path / "after" / "dropped.jsonl").read_text().splitlines()[0])
    assert dropped["reason"] == "split-conflict"


def put(store: Store, dataset: str, **by_group: Trajectory) -> None:
    with store.write() as conn:
        new = [new_trajectory(value, group) for group, value in by_group.items()]
        items = [NewItem(i, "s", "f:1", b"{}") for i in add_batch(conn, new).ids]
        add_items(conn, ensure_dataset(conn, dataset, ""), items)


def lines(folder: Path, split: str) -> int:
    path = folder / f"{split}.jsonl"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_dataset_is_the_test_set_and_what_is_like_it_is_not_trained_on(
    any_store: Store, tmp_path: Path
) -> None:
    put(any_store, "pool", **{f"g{i:02}": asking(text(i)) for i in range(30)})
    asked = ExportRequest(
        "sft", "trl", str(tmp_path / "out"), "all", dataset="pool", test_datasets=("bench",)
    )
    with pytest.raises(NotFound, match="bench"):
        export(any_store, asked)
    put(any_store, "bench", h0=asking(text(100)), h1=asking([*text(3), "please"]))
    report = export(any_store, asked)
    # g03 is a near-duplicate of h1, and nothing had a side: it joins the test set's family.
    assert report.by_split["test"] == 3 and report.rows == 32
    assert lines(tmp_path / "out", "test") == 3
    put(any_store, "bench", h2=asking([*text(4), "please"]))
    assert export(any_store, asked).dropped == {"split-conflict": 1}, "g04 had a side already"


def test_strata_have_their_shares_where_a_hash_would_not_give_them(any_store: Store) -> None:
    put(any_store, "large", **{f"l{i:02}": asking(text(i)) for i in range(40)})
    put(any_store, "small", **{f"s{i:02}": asking(text(100 + i)) for i in range(10)})
    setup = LedgerSetup((0.6, 0.2, 0.2), stratify=(Stratum.DATASET, Stratum.LENGTH))
    sides = enter_all(any_store, setup)
    small = [sides.side_of(f"s{i:02}") for i in range(10)]
    assert [small.count(side) for side in Split] == [6, 2, 2]
    assert [sides.counts()[side] for side in Split] == [30, 10, 10]
    put(any_store, "small", **{f"s{i:02}": asking(text(100 + i)) for i in range(10, 20)})
    later = enter_all(any_store, setup)
    assert [later.side_of(f"s{i:02}") for i in range(10)] == small
    grown = [later.side_of(f"s{i:02}") for i in range(20)]
    assert [grown.count(side) for side in Split] == [12, 4, 4]


def test_what_offers_the_same_tools_can_be_one_family(any_store: Store) -> None:
    without = {f"w{i}": msgspec.structs.replace(asking(text(i)), tools=()) for i in range(20)}
    put(any_store, "d", **{f"g{i}": asking(text(50 + i)) for i in range(20)}, **without)
    sides = enter_all(any_store, LedgerSetup(tool_sets=True))
    assert len({sides.side_of(f"g{i}") for i in range(20)}) == 1
    assert len({sides.side_of(f"w{i}") for i in range(20)}) > 1, "no tools tie nothing together"
