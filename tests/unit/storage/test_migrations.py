"""The migrations make what the tables say, once, and refuse what they do not know."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from curation.errors import StoreError
from storage.engine import Store, check_schema, migrate, open_store
from storage.migrations.running import SEARCH_TABLE, config_for, current, include_name
from storage.tables import Base


def _differences(store: Store) -> list[object]:
    with store.read() as conn:
        context = MigrationContext.configure(
            conn, opts={"include_name": include_name, "compare_type": True}
        )
        found = compare_metadata(context, Base.metadata)
        assert SEARCH_TABLE in inspect(conn).get_table_names()
    return list(found)


def test_the_migrated_schema_is_the_one_in_tables_py(store: Store) -> None:
    assert _differences(store) == []


@pytest.mark.postgres
def test_the_migrated_schema_is_the_one_in_tables_py_on_postgresql(postgres_store: Store) -> None:
    assert _differences(postgres_store) == []


def test_a_store_with_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'old.db'}")
    with store.write() as conn:
        command.upgrade(config_for(conn), "0001")
        # The very first databases lack these two.
        conn.execute(text("DROP INDEX ix_trajectory_with_errors"))
        conn.execute(text("DROP INDEX ix_finding_broken_tool"))
    with pytest.raises(StoreError, match="older schema 0001"):
        check_schema(store)
    migrate(store)
    check_schema(store)
    assert _differences(store) == []
    store.close()


def test_root_causes_said_before_there_was_a_column_are_in_it_afterwards(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'old.db'}")
    with store.write() as conn:
        command.upgrade(config_for(conn), "0005")
    said = '{"marks":[{"mark_id":"a","root_cause":true},{"mark_id":"b","note":"root_cause"}]}'
    with sqlite3.connect(tmp_path / "old.db") as old:  # which asks for no trajectory around it
        old.execute(
            "INSERT INTO annotation (id, trajectory_id, annotator_id, revision, retracted, content,"
            " act_id, created_at) VALUES (1, 1, 1, 1, 0, ?, 1, '2026-01-01')",
            (said,),
        )
        for mark_id in "ab":
            old.execute(
                "INSERT INTO mark (annotation_id, mark_id, trajectory_id, taxonomy, category,"
                " severity) VALUES (1, ?, 1, 't', 'c', 'major')",
                (mark_id,),
            )
    old.close()
    migrate(store)
    with store.read() as conn:
        rows = conn.execute(text("SELECT mark_id, root_cause, train FROM mark ORDER BY 1")).all()
    assert [tuple(row) for row in rows] == [("a", 1, 1), ("b", 0, 1)]
    store.close()


def test_migrating_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    store.engine.dispose()
    before = (tmp_path / "loopwright.db").read_bytes()
    migrate(store)
    store.engine.dispose()
    assert (tmp_path / "loopwright.db").read_bytes() == before


_MIGRATE = """
import sys
from storage.engine import check_schema, migrate, open_store
store = open_store(sys.argv[1])
migrate(store)
check_schema(store)
"""


def _migrate_in_two_processes(url: str, folder: Path) -> None:
    # From another folder: the scripts are found in the installed package, not in the checkout.
    both = [
        subprocess.Popen(
            [sys.executable, "-c", _MIGRATE, url], cwd=folder, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors


def test_two_processes_may_start_on_a_new_file_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    _migrate_in_two_processes(url, tmp_path)
    store = open_store(url)
    assert _differences(store) == []
    store.close()


@pytest.mark.postgres
def test_two_processes_may_start_on_an_empty_postgresql_at_once(
    postgres_url: str, tmp_path: Path
) -> None:
    _migrate_in_two_processes(postgres_url, tmp_path)


def test_a_newer_schema_is_refused_and_left_alone(store: Store) -> None:
    with store.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (migrate, check_schema):
        with pytest.raises(StoreError, match="newer Loopwright"):
            act(store)
    with store.read() as conn:
        assert current(conn) == "9999"


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE photos(id INTEGER PRIMARY KEY)")
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="another program"):
        migrate(store)
    with store.read() as conn:
        assert inspect(conn).get_table_names() == ["photos"]
    store.close()


def test_a_migration_that_fails_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storage.migrations import running

    def upgrade_and_fail(config: object, _revision: str) -> None:
        config.attributes["connection"].execute(text("CREATE TABLE half (id INTEGER)"))  # type: ignore[attr-defined]
        raise OSError("the power went")

    monkeypatch.setattr(running.command, "upgrade", upgrade_and_fail)
    store = open_store(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(OSError, match="power"):
        migrate(store)
    with store.read() as conn:
        assert inspect(conn).get_table_names() == []
    store.close()


def test_predictions_from_before_verification_are_kept_as_they_were(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'old.db'}")
    with store.write() as conn:
        command.upgrade(config_for(conn), "0013")
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.execute("INSERT INTO tool_set (id, hash, n_tools, body) VALUES (1, 'h', 0, x'00')")
        old.execute(
            "INSERT INTO trajectory (id, uid, tool_set_id, group_key, n_messages, n_steps, n_calls,"
            " n_tools, preview, created_at, checked_with, suspicion, n_errors, n_warnings, state)"
            " VALUES (1, 'u', 1, 'g', 4, 2, 1, 0, '', '2026-01-01', '', 0, 0, 0, 'new')"
        )
        old.execute(
            "INSERT INTO prediction (id, trajectory_id, message_index, model, content,"
            " content_hash, perplexity, n_samples, source, created_at)"
            " VALUES (5, 1, 3, 'm', '{}', 'h', 1.5, 4, '{}', '2026-01-01')"
        )
    old.close()
    migrate(store)
    with store.read() as conn:
        (row,) = conn.execute(
            text(
                "SELECT id, perplexity, n_samples, kind, run_id, matches_strict, standing,"
                " is_disputed FROM prediction"
            )
        )
    assert tuple(row) == (5, 1.5, 4, "", None, None, "", 0)
    store.close()
