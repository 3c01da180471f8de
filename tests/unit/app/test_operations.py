"""Backup, restore and the doctor, over a database with real rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.flows import operations
from app.flows.operations import Examination, back_up, doctor, restore
from curation.errors import StoreError
from curation.trajectory import Message, Role, Trajectory
from storage.datasets import NewItem, add_items, ensure_dataset
from storage.engine import Store, open_store
from storage.search import index_batch
from storage.settings import get_setting, put_setting
from storage.tables import DatasetRow, TrajectoryRow, table_of
from storage.trajectories import add_batch, new_trajectory

N = 12


def a_conversation(i: int) -> Trajectory:
    return Trajectory(
        (
            Message(Role.USER, f"Please water plant number {i} today, thank you."),
            Message(Role.ASSISTANT, f"Plant {i} is watered."),
        )
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/studio.db"


@pytest.fixture
def store(url: str, tmp_path: Path, migrated_file: Path) -> Iterator[Store]:
    shutil.copyfile(migrated_file, tmp_path / "studio.db")
    opened = open_store(url)
    values = [a_conversation(i) for i in range(N)]
    with opened.write() as conn:
        added = add_batch(conn, [new_trajectory(v, f"g{i}") for i, v in enumerate(values)])
        dataset = ensure_dataset(conn, "plants", "openai-chat")
        add_items(conn, dataset, [NewItem(t, f"row {t}", f"f:{t}", b"{}") for t in added.ids])
        index_batch(conn, [(t, v.messages[0].text) for t, v in zip(added.ids, values, strict=True)])
    yield opened
    opened.close()


def by_name(examined: list[Examination]) -> dict[str, Examination]:
    return {e.name: e for e in examined}


def test_a_backup_taken_while_the_database_is_open_restores_the_same_rows(
    store: Store, url: str, tmp_path: Path
) -> None:
    target = tmp_path / "copies" / "monday.db"
    made = back_up(url, target)
    assert made.n_trajectories == N
    assert made.n_bytes == target.stat().st_size
    assert [p.name for p in target.parent.iterdir()] == ["monday.db"], "one file, nothing beside it"
    with store.write() as conn:
        put_setting(conn, "written-after", "the backup")
    store.close()
    restored = restore(url, target, force=True)
    assert restored.kept is not None
    again = open_store(url)
    with again.read() as conn:
        assert get_setting(conn, "written-after") is None
        assert len(doctor(again)) > 1
    again.close()
    kept = open_store(f"sqlite:///{restored.kept}")
    with kept.read() as conn:
        assert get_setting(conn, "written-after") == "the backup"
    kept.close()


def test_a_copy_that_cannot_be_written_is_refused_with_its_reason(
    store: Store, url: str, tmp_path: Path
) -> None:
    made = back_up(url, tmp_path / "sound.db")
    file = tmp_path / "file"
    file.write_text("no folder")
    device = Path("/proc/loopwright-has-no-such-entry")
    for target in (file / "copy.db", device):
        with pytest.raises(StoreError, match=r"The backup cannot be written: .+\.") as refused:
            back_up(url, target)
        assert (refused.value.where, bool(refused.value.hint)) == (str(target), True)
        with pytest.raises(StoreError, match=r"The database cannot be written: .+\."):
            restore(f"sqlite:///{target}", Path(made.path))


def test_a_log_left_behind_by_another_database_is_not_read_into_the_restored_one(
    store: Store, url: str, tmp_path: Path
) -> None:
    made = back_up(url, tmp_path / "sound.db")
    store.close()
    file = tmp_path / "studio.db"
    file.unlink()
    log = tmp_path / "studio.db-wal"
    log.write_bytes(b"of a database that is gone")
    restore(url, Path(made.path))
    (kept,) = tmp_path.glob("studio.db.before-restore-*-wal")
    assert kept.read_bytes() == b"of a database that is gone"
    again = open_store(url)
    assert all(e.ok for e in doctor(again))
    again.close()


def test_an_existing_file_or_database_is_not_replaced_unasked(
    store: Store, url: str, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    back_up(url, target)
    before = target.read_bytes()
    with pytest.raises(StoreError, match="exists"):
        back_up(url, target)
    assert target.read_bytes() == before
    with pytest.raises(StoreError, match="database already"):
        restore(url, target)
    with pytest.raises(StoreError, match="the database itself"):
        back_up(url, tmp_path / "studio.db", overwrite=True)


def test_a_database_in_use_is_not_replaced(store: Store, url: str, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    back_up(url, target)
    with store.read() as conn:
        get_setting(conn, "anything")
        with pytest.raises(StoreError, match="in use"):
            restore(url, target, force=True)
    with pytest.raises(StoreError, match="in use"):  # a studio that idles
        restore(url, target, force=True)
    with store.read() as conn:
        assert get_setting(conn, "anything") is None


@pytest.mark.parametrize(
    "content", [b"", b"no database at all", b"SQLite format 3\x00" + b"\x00" * 90]
)
def test_what_is_no_backup_is_refused_and_nothing_changes(
    url: str, tmp_path: Path, content: bytes
) -> None:
    source = tmp_path / "broken.db"
    source.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        restore(url, source)
    assert caught.value.where == str(source)
    assert not (tmp_path / "studio.db").exists()


def test_a_restored_older_schema_is_brought_up_to_date(
    store: Store, url: str, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    back_up(url, target)
    fresh = f"sqlite:///{tmp_path}/fresh.db"
    assert restore(fresh, target).kept is None
    opened = open_store(fresh)
    assert by_name(doctor(opened))["schema"].ok
    opened.close()


def test_the_doctor_finds_nothing_wrong_with_a_sound_database(store: Store) -> None:
    examined = doctor(store)
    assert [e.name for e in examined if not e.ok] == []
    assert {e.name for e in examined} == {"schema", "file", "content", "search", "counts", "worker"}


def test_the_doctor_names_what_was_tampered_with(store: Store) -> None:
    with store.write() as conn:
        trajectory, dataset = table_of(TrajectoryRow), table_of(DatasetRow)
        conn.execute(
            trajectory.update().where(trajectory.c.id == 1).values(uid="lw1:changed", n_errors=7)
        )
        conn.execute(dataset.update().values(n_items=99))
        conn.execute(
            trajectory.update()
            .where(trajectory.c.id == 2)
            .values(preview="Zanzibar is in no message of it.")
        )
    found = by_name(doctor(store))
    assert "lw1:changed" in found["content"].message
    assert "Zanzibar" in found["search"].message
    assert "plants: 99 noted, 12 there" in found["counts"].message
    assert "lw1:changed" in found["counts"].message
    assert all(found[name].hint for name in ("content", "search", "counts"))


def test_the_doctor_misses_a_worker_only_while_jobs_wait(store: Store) -> None:
    from app.flows.jobs import enqueue

    operations.worker_is_here(store)
    assert by_name(doctor(store))["worker"].ok
    with store.write() as conn:
        put_setting(conn, operations.WORKER_SEEN, "2020-01-01T00:00:00+00:00")
    assert by_name(doctor(store))["worker"].ok
    enqueue(store, "check", {})
    silent = by_name(doctor(store))["worker"]
    assert not silent.ok
    assert "1 jobs are waiting" in silent.message


def test_a_schema_of_another_version_ends_the_examination(store: Store) -> None:
    with store.engine.begin() as conn:
        conn.exec_driver_sql("PRAGMA query_only=OFF")
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    examined = doctor(store)
    assert [e.name for e in examined] == ["schema"]
    assert not examined[0].ok


def test_postgresql_is_left_to_its_own_tools(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Only SQLite") as caught:
        back_up("postgresql+psycopg://me:secret@host/db", tmp_path / "x")
    assert "pg_dump" in caught.value.hint
    assert "secret" not in str(caught.value)
