"""What a user may type to find trajectories, the same on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from curation.trajectory import Message, Role, ToolCall, Trajectory
from storage.browse import Filter, page
from storage.datasets import NewItem, add_items, ensure_dataset
from storage.engine import Store
from storage.search import match
from storage.trajectories import add_batch, new_trajectory

_TEXTS = (
    "Please refund my Café order",
    "The order was refunded yesterday",
    "My order: please do not refund",
)


@pytest.fixture
def searched(any_store: Store) -> Store:
    """Three questions; the third also has a call."""
    values = [Trajectory((Message(Role.USER, text),)) for text in _TEXTS[:2]]
    call = ToolCall("cancel_order", '{"order_id": "W-1234", "reason": "no longer needed"}')
    values.append(
        Trajectory((Message(Role.USER, _TEXTS[2]), Message(Role.ASSISTANT, None, (call,))))
    )
    with any_store.write() as conn:
        ids = add_batch(conn, [new_trajectory(v, "g") for v in values]).ids
        members = [NewItem(i, f"row-{i}", "f:1", b"{}") for i in ids]
        add_items(conn, ensure_dataset(conn, "d", "x"), members)
    return any_store


_EXPECTED = {
    "refund": [1, 3],
    "REFUND": [1, 3],
    "refund*": [1, 2, 3],
    "order refund": [1, 3],
    '"my order"': [3],
    '"order my"': [],
    '"do not" refund*': [3],
    "cafe": [1],
    "café": [1],
    "cancel_order": [3],
    "order_id W-1234": [3],
    "w*": [2, 3],
    '"no longer nee"*': [],
    "nowhere": [],
    "": [],
    "---": [],
    "*": [],
    '"': [],
    "refund OR yesterday": [],
    "refund NOT please": [3],
    "words:refund": [],
    "refund) | (order": [1, 3],
    "'; DROP TABLE trajectory; --": [],
    "refund & !order": [1, 3],
    "NEAR(refund order)": [],
}


def _found(store: Store, typed: str) -> list[int]:
    with store.read() as conn:
        table, row_id, matches = match(conn, typed)
        query = select(row_id).select_from(table).where(matches).order_by(row_id)
        return list(conn.execute(query).scalars())


def test_words_phrases_and_prefixes(searched: Store) -> None:
    assert {typed: _found(searched, typed) for typed in _EXPECTED} == _EXPECTED


def test_browse_combines_text_with_other_conditions(searched: Store) -> None:
    def listed(typed: str) -> list[int]:
        with searched.read() as conn:
            return sorted(row.id for row in page(conn, Filter(text=typed, state="new")).rows)

    wanted = {typed: found for typed, found in _EXPECTED.items() if typed}
    assert {typed: listed(typed) for typed in wanted} == wanted


def test_a_text_larger_than_postgresql_indexes_is_still_added(any_store: Store) -> None:
    words = " ".join(f"w{n}" for n in range(300_000))
    value = Trajectory((Message(Role.USER, "needle " + words),))
    with any_store.write() as conn:
        add_batch(conn, [new_trajectory(value, "g")])
        table, row_id, matches = match(conn, "needle w77")
        assert conn.execute(select(row_id).select_from(table).where(matches)).scalar_one() == 1
