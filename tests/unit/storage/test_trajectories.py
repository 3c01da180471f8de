"""Adding and loading trajectories: by content, once, exactly."""

from __future__ import annotations

import pytest
from msgspec import UNSET
from sqlalchemy import func, select

from curation.errors import NotFound
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory
from storage.engine import Store
from storage.tables import BodyRow, ToolRow, ToolSetRow, ToolUseRow, TrajectoryRow, table_of
from storage.trajectories import (
    add_batch,
    add_correction,
    id_of,
    iter_bodies,
    load,
    load_by_id,
    load_many,
    new_trajectory,
)
from tests.unit.storage.rows import WEATHER, weather


def _count(store: Store, row: type) -> int:
    with store.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table_of(row))).scalar_one())


def test_what_was_added_is_loaded_as_it_was(any_store: Store) -> None:
    value = weather("Oslo")
    with any_store.write() as conn:
        added = add_batch(conn, [new_trajectory(value, "family")])
    with any_store.read() as conn:
        found = load(conn, value.uid)
        assert load_by_id(conn, added.ids[0]) == found
        assert id_of(conn, value.uid) == added.ids[0]
    assert found.trajectory == value
    assert (found.uid, found.group_key, found.state, found.outcome, found.parent_uid) == (
        value.uid,
        "family",
        "new",
        None,
        None,
    )
    assert (found.suspicion, found.n_errors, found.n_warnings) == (0.0, 0, 0)


def test_the_narrow_row_counts_and_previews(store: Store) -> None:
    with store.write() as conn:
        add_batch(conn, [new_trajectory(weather("Oslo" * 60), "g")])
        row = conn.execute(select(table_of(TrajectoryRow))).one()
    assert (row.n_messages, row.n_steps, row.n_calls, row.n_tools) == (4, 2, 1, 1)
    assert row.preview == ("What is the weather in " + "Oslo" * 60)[:160]


def test_null_empty_and_absent_content_stay_apart(any_store: Store) -> None:
    value = Trajectory(
        (
            Message(Role.USER, ""),
            Message(Role.ASSISTANT, None, (ToolCall("f"),)),
            Message(Role.ASSISTANT, UNSET, (ToolCall("f", ""),)),
            Message(Role.USER, [{"type": "text", "text": "a\x00b"}]),
        )
    )
    with any_store.write() as conn:
        add_batch(conn, [new_trajectory(value, "g")])
        found = load(conn, value.uid).trajectory
    assert found == value
    assert found.messages[2].content is UNSET


def test_nothing_is_added_twice_within_or_across_batches(any_store: Store) -> None:
    a, b = weather("Oslo"), weather("Rome")
    with any_store.write() as conn:
        first = add_batch(conn, [new_trajectory(t, "g") for t in (a, b, a)])
    assert first.is_new == (True, True, False)
    assert first.ids[0] == first.ids[2] != first.ids[1]
    with any_store.write() as conn:
        second = add_batch(conn, [new_trajectory(t, "other") for t in (b, weather("Lima"))])
        assert load(conn, b.uid).group_key == "g"
    assert second.is_new == (False, True)
    assert second.ids[0] == first.ids[1]
    assert _count(any_store, TrajectoryRow) == _count(any_store, BodyRow) == 3


def test_a_tool_set_is_stored_once_and_its_order_matters(store: Store) -> None:
    other = ToolSpec("other")
    values = [
        weather("Oslo"),
        weather("Rome"),
        weather("Lima", tools=(WEATHER, other)),
        weather("Bern", tools=(other, WEATHER)),
        weather("Kyiv", tools=()),
    ]
    with store.write() as conn:
        add_batch(conn, [new_trajectory(v, "g") for v in values])
        assert [load(conn, v.uid).trajectory.tools for v in values] == [v.tools for v in values]
    assert _count(store, ToolSetRow) == 4


def test_called_tools_are_counted_by_name(store: Store) -> None:
    value = Trajectory(
        (Message(Role.ASSISTANT, None, (ToolCall("b"), ToolCall("a"), ToolCall("b"))),)
    )
    with store.write() as conn:
        add_batch(conn, [new_trajectory(value, "g"), new_trajectory(weather("Oslo"), "g")])
        use, tool = table_of(ToolUseRow), table_of(ToolRow)
        rows = conn.execute(
            select(tool.c.name, use.c.n_calls)
            .join(use, use.c.tool_id == tool.c.id)
            .order_by(tool.c.name)
        )
        assert list(map(tuple, rows)) == [("a", 1), ("b", 2), ("get_weather", 1)]


def test_a_correction_joins_the_family_of_its_parent(any_store: Store) -> None:
    parent = weather("Oslo")
    fixed = parent.replace_message(3, Message(Role.ASSISTANT, "Clouds."))
    with any_store.write() as conn:
        parent_id = add_batch(conn, [new_trajectory(parent, "family")]).ids[0]
        row_id, uid = add_correction(conn, parent_id, fixed)
        again = add_correction(conn, parent_id, fixed)
        stored = load(conn, uid)
    assert uid == fixed.uid
    assert again == (row_id, uid)
    assert (stored.parent_uid, stored.group_key) == (parent.uid, "family")


def test_a_correction_equal_to_what_is_there_is_that_row(store: Store) -> None:
    parent, other = weather("Oslo"), weather("Rome")
    with store.write() as conn:
        ids = add_batch(conn, [new_trajectory(t, "g") for t in (parent, other)]).ids
        assert add_correction(conn, ids[0], parent) == (ids[0], parent.uid)
        assert add_correction(conn, ids[0], other) == (ids[1], other.uid)
        assert load(conn, other.uid).parent_uid is None
        with pytest.raises(NotFound):
            add_correction(conn, 999, other)


def test_bodies_come_in_id_order_after_a_given_one(store: Store) -> None:
    values = [weather(f"City {n}") for n in range(7)]
    with store.write() as conn:
        ids = add_batch(conn, [new_trajectory(v, "g") for v in values]).ids
    with store.read() as conn:
        first = list(iter_bodies(conn, 0, 4))
        rest = list(iter_bodies(conn, first[-1].id, 10))
        some = list(iter_bodies(conn, ids=[ids[5], ids[1]]))
        many = load_many(conn, [ids[5], 999, ids[1]])
    assert [body.decode() for body in first + rest] == values
    assert [body.id for body in some] == [ids[1], ids[5]]
    assert [found.id for found in many] == [ids[5], ids[1]]


def test_an_unknown_uid_is_not_found_with_a_remedy(store: Store) -> None:
    with store.read() as conn:
        for look in (load, id_of):
            with pytest.raises(NotFound, match="tj1-nothing") as caught:
                look(conn, "tj1-nothing")
            assert "loopwright list" in caught.value.hint
        with pytest.raises(NotFound):
            load_by_id(conn, 12)


def test_a_rolled_back_batch_leaves_no_trace(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        add_batch(conn, [new_trajectory(weather("Oslo"), "g")])
        raise ZeroDivisionError
    assert _count(store, TrajectoryRow) == _count(store, ToolSetRow) == _count(store, ToolRow) == 0
    with store.write() as conn:
        assert add_batch(conn, [new_trajectory(weather("Oslo"), "g")]).ids == (1,)
