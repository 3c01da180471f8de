"""Datasets: who belongs to them, once, and what the source said."""

from __future__ import annotations

import pytest

from curation.errors import NotFound
from storage.datasets import (
    ItemInfo,
    NewItem,
    add_items,
    dataset_id,
    drop_empty,
    ensure_dataset,
    items_of,
    list_datasets,
    uids_in,
)
from storage.engine import Store
from storage.trajectories import add_batch, new_trajectory
from tests.unit.storage.rows import weather


def _items(ids: tuple[int, ...], file: str = "f.jsonl") -> list[NewItem]:
    return [NewItem(i, f"row-{i}", f"{file}:{i}", b'{"reward": 1.5}') for i in ids]


def test_importing_twice_adds_nothing_and_counts(any_store: Store) -> None:
    with any_store.write() as conn:
        ids = add_batch(conn, [new_trajectory(weather(c), "g") for c in ("Oslo", "Rome")]).ids
        one = ensure_dataset(conn, "one", "openai-chat")
        assert add_items(conn, one, _items((*ids, ids[0]))) == 2
        assert add_items(conn, one, _items(ids, "again.jsonl")) == 0
        assert ensure_dataset(conn, "one", "other") == one
        (info,) = list_datasets(conn)
        assert (info.name, info.format, info.n_items) == ("one", "openai-chat", 2)
        assert items_of(conn, ids[0])[0].where == f"f.jsonl:{ids[0]}"


def test_two_datasets_may_hold_the_same_trajectory(any_store: Store) -> None:
    value = weather("Oslo")
    with any_store.write() as conn:
        ids = add_batch(conn, [new_trajectory(value, "g")]).ids
        for name in ("b", "a"):
            assert add_items(conn, ensure_dataset(conn, name, "x"), _items(ids)) == 1
        assert items_of(conn, ids[0]) == [
            ItemInfo("b", f"row-{ids[0]}", f"f.jsonl:{ids[0]}", {"reward": 1.5}),
            ItemInfo("a", f"row-{ids[0]}", f"f.jsonl:{ids[0]}", {"reward": 1.5}),
        ]
        assert [d.name for d in list_datasets(conn)] == ["a", "b"]
        assert uids_in(conn, "a", [value.uid, "tj1-other"]) == {value.uid}
        assert uids_in(conn, "none", [value.uid]) == set()


def test_an_unknown_dataset_names_those_that_exist(store: Store) -> None:
    with store.write() as conn:
        with pytest.raises(NotFound, match="'x'") as caught:
            dataset_id(conn, "x")
        assert "loopwright ingest" in caught.value.hint
        known = ensure_dataset(conn, "airline", "x")
        with pytest.raises(NotFound) as caught:
            dataset_id(conn, "x")
        assert "airline" in caught.value.hint
        assert dataset_id(conn, "airline") == known


def test_only_an_empty_dataset_can_be_dropped(store: Store) -> None:
    with store.write() as conn:
        ids = add_batch(conn, [new_trajectory(weather("Oslo"), "g")]).ids
        full, empty = ensure_dataset(conn, "full", "x"), ensure_dataset(conn, "empty", "x")
        add_items(conn, full, _items(ids))
        drop_empty(conn, full)
        drop_empty(conn, empty)
        assert [d.name for d in list_datasets(conn)] == ["full"]


def test_a_nul_in_what_the_source_said_is_kept_in_json_and_replaced_in_names(
    any_store: Store,
) -> None:
    with any_store.write() as conn:
        ids = add_batch(conn, [new_trajectory(weather("Oslo"), "g")]).ids
        new = NewItem(ids[0], "a\x00b", "f:1", b'{"note": "a\\u0000b"}')
        add_items(conn, ensure_dataset(conn, "d", "x"), [new])
        (found,) = items_of(conn, ids[0])
    assert found.source == {"note": "a\x00b"}
    assert found.source_id == "a\N{REPLACEMENT CHARACTER}b"
