"""Opening a database, and what its transactions promise."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from curation.errors import StoreError
from storage.engine import Store, check_schema, migrate, open_store
from storage.settings import get_setting, put_setting


def test_a_connection_is_durable_checked_and_patient(store: Store) -> None:
    with store.read() as conn:
        pragmas = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_leaving_a_write_commits_and_an_exception_rolls_back(store: Store) -> None:
    with store.write() as conn:
        put_setting(conn, "kept", "1")
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        put_setting(conn, "lost", "1")
        raise ZeroDivisionError
    with store.read() as conn:
        assert get_setting(conn, "kept") == "1"
        assert get_setting(conn, "lost") is None


def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(OperationalError, match="readonly"), store.engine.connect() as conn:
        conn.execute(text("DELETE FROM job"))


def test_a_read_sees_one_snapshot_while_others_write(store: Store) -> None:
    with store.read() as reading:
        assert get_setting(reading, "name") is None
        with store.write() as conn:
            put_setting(conn, "name", "later")
        assert get_setting(reading, "name") is None


def test_a_write_inside_a_write_is_refused_instead_of_hanging(store: Store) -> None:
    with (
        store.write(),
        pytest.raises(RuntimeError, match="inside another"),
        store.write(),
    ):
        pass


def test_eight_threads_that_read_then_write_lose_nothing(store: Store) -> None:
    with store.write() as conn:
        put_setting(conn, "n", "0")
    problems: list[BaseException] = []

    def count_up() -> None:
        try:
            for _ in range(25):
                with store.write() as conn:
                    n = int(get_setting(conn, "n") or 0)
                    put_setting(conn, "n", str(n + 1))
        except BaseException as problem:  # noqa: BLE001 - shown by the test
            problems.append(problem)

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    with store.read() as conn:
        assert get_setting(conn, "n") == "200"


def test_a_writer_gives_up_with_words_when_another_program_keeps_the_lock(
    store: Store, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "loopwright.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="writing for too long"), store.write(wait=0.05):
        pass
    other.execute("ROLLBACK")
    with store.write() as conn:
        put_setting(conn, "afterwards", "fine")
    other.close()


def _hold_in_bursts(path: str, started: object, stop: object) -> None:
    conn = sqlite3.connect(path, isolation_level=None)
    while not stop.is_set():  # type: ignore[attr-defined]
        conn.execute("BEGIN IMMEDIATE")
        started.set()  # type: ignore[attr-defined]
        stop.wait(0.1)  # type: ignore[attr-defined]
        conn.execute("COMMIT")
        stop.wait(0.01)  # type: ignore[attr-defined]


def test_a_writer_gets_in_between_the_bursts_of_a_bulk_import(store: Store, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started, stop = context.Event(), context.Event()
    bulk = context.Process(
        target=_hold_in_bursts, args=(str(tmp_path / "loopwright.db"), started, stop)
    )
    bulk.start()
    assert started.wait(30)
    try:
        for n in range(10):
            with store.write() as conn:
                put_setting(conn, "n", str(n))
    finally:
        stop.set()
        bulk.join()
    with store.read() as conn:
        assert get_setting(conn, "n") == "9"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///{tmp}/no/such/folder/x.db", "folder does not exist"),
        ("sqlite:///{tmp}/text.db", "not a SQLite database"),
        ("sqlite:///{tmp}", "cannot be opened"),
        ("sqlite://", "in memory"),
        ("mysql://me@localhost/db", "not"),
        ("what is this", "not a usable database URL"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "does not answer"),
    ],
)
def test_an_unusable_url_is_explained(tmp_path: Path, url: str, words: str) -> None:
    (tmp_path / "text.db").write_text("this is plain text, long enough to have a header\n" * 50)
    with pytest.raises(StoreError, match=words) as caught:
        open_store(url.format(tmp=tmp_path))
    assert caught.value.hint


def test_the_password_is_not_shown(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreError) as caught:
        open_store("postgresql+psycopg://me:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(caught.value)
    assert store.url == f"sqlite:///{tmp_path / 'loopwright.db'}"


def test_a_database_without_our_schema_asks_to_be_migrated(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(StoreError, match="no Loopwright schema") as caught:
        check_schema(store)
    assert "loopwright migrate" in caught.value.hint
    migrate(store)
    check_schema(store)
    store.close()
