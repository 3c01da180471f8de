"""Links make families; a family has one name, whatever order its keys came in."""

from __future__ import annotations

from itertools import permutations

from sqlalchemy import func, select

from curation.trajectory import Message, Role
from storage import groups
from storage.engine import Store
from storage.tables import GroupLinkRow, table_of
from storage.trajectories import add_batch, add_correction, load, new_trajectory
from tests.unit.storage.rows import weather


def test_linked_keys_are_one_family_in_every_order(any_store: Store) -> None:
    links = [("d", "c"), ("b", "c"), ("a", "d"), ("y", "x")]
    for order in permutations(links):
        with any_store.write() as conn:
            conn.execute(table_of(GroupLinkRow).delete())
            for pair in order:
                groups.link(conn, [pair])
            assert groups.families(conn) == {**dict.fromkeys("abcd", "a"), "x": "x", "y": "x"}


def test_a_link_is_remembered_once_and_a_key_needs_none_to_itself(any_store: Store) -> None:
    with any_store.write() as conn:
        groups.link(conn, [("a", "b"), ("b", "a"), ("a", "a")])
        groups.link(conn, [("b", "a")])
        n = conn.execute(select(func.count()).select_from(table_of(GroupLinkRow))).scalar_one()
    assert n == 1


def test_one_content_under_two_keys_ties_them_together(store: Store) -> None:
    rome, oslo = weather("Rome"), weather("Oslo")
    with store.write() as conn:
        add_batch(conn, [new_trajectory(rome, "first"), new_trajectory(rome, "within")])
        add_batch(conn, [new_trajectory(rome, "across", "task"), new_trajectory(oslo, "alone")])
        assert load(conn, rome.uid).group_key == "first"
        families = groups.families(conn)
    assert families == dict.fromkeys(("first", "within", "across", "task"), "across")


def test_a_correction_equal_to_another_family_s_row_ties_the_two(store: Store) -> None:
    parent = weather("Oslo")
    fixed = parent.replace_message(3, Message(Role.ASSISTANT, "Clouds."))
    with store.write() as conn:
        ids = add_batch(conn, [new_trajectory(parent, "a"), new_trajectory(fixed, "b")]).ids
        add_correction(conn, ids[0], fixed)
        assert groups.families(conn) == {"a": "a", "b": "a"}
