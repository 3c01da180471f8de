"""Two small tables: problems of an import, and studio-wide settings."""

from __future__ import annotations

from storage.datasets import ensure_dataset
from storage.engine import Store
from storage.problems import (
    StoredProblem,
    add_problems,
    count_by_dataset,
    forget_problems,
    list_problems,
)
from storage.settings import ensure_secret, get_setting, put_setting


def test_a_problem_is_kept_once_per_place_and_message(any_store: Store) -> None:
    a = StoredProblem("f.jsonl:1", "This is not JSON.", "Correct it.")
    b = StoredProblem("f.jsonl:2", "This is not JSON\x00.", "")
    with any_store.write() as conn:
        dataset = ensure_dataset(conn, "d", "x")
        add_problems(conn, dataset, [a, b])
        add_problems(conn, dataset, [b, a])
        add_problems(conn, dataset, [])
        assert count_by_dataset(conn) == {dataset: 2}
        assert list_problems(conn, dataset, limit=1) == [a]
        forget_problems(conn, ensure_dataset(conn, "other", "x"))
        assert count_by_dataset(conn) == {dataset: 2}
        forget_problems(conn, dataset)
        assert count_by_dataset(conn) == {}


def test_a_setting_is_replaced_and_a_secret_is_made_once(any_store: Store) -> None:
    with any_store.write() as conn:
        assert get_setting(conn, "theme") is None
        put_setting(conn, "theme", "dark")
        put_setting(conn, "theme", "light")
        assert get_setting(conn, "theme") == "light"
        secret = ensure_secret(conn, "key")
        assert ensure_secret(conn, "key") == secret
        assert ensure_secret(conn, "another") != secret
        assert len(bytes.fromhex(secret)) == 32
