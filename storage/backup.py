"""Copies of a SQLite database: taken while the studio runs, verified, and put back.

A backup goes through SQLite's own online copy, so it is one consistent state even while people
annotate. It is checked before it gets its name: a backup that cannot be restored is worse than
none. Restoring never destroys: what was there is kept beside it.

Not for PostgreSQL, whose own tools do this.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from curation.errors import StoreError

SQLITE = "sqlite:///"


class Backup(Struct, frozen=True):
    """A verified copy."""

    path: str
    n_bytes: int
    n_trajectories: int
    schema: str
    """Revision of the schema in it."""


class Restored(Struct, frozen=True):
    """What came back, and where the former database was put (None: there was none)."""

    backup: Backup
    kept: str | None


def database_file(url: str) -> Path:
    """The file behind a database URL.

    Raises:
        StoreError: the URL is not SQLite's.
    """
    if not url.startswith(SQLITE):
        raise StoreError(
            "Only SQLite databases are backed up and restored here.",
            where=url.partition("://")[0],
            hint="For PostgreSQL use pg_dump and pg_restore.",
        )
    return Path(url.removeprefix(SQLITE))


def back_up(url: str, target: Path, *, overwrite: bool = False) -> Backup:
    """Copy the database to `target` and verify the copy.

    Raises:
        StoreError: there is no database, the target exists, or the copy is not sound.
    """
    source = database_file(url)
    if not source.exists():
        raise StoreError("There is no database to back up.", where=str(source), hint="Check --db.")
    if target.exists() and not overwrite:
        raise StoreError(
            "A file of that name exists.", where=str(target), hint="Choose another, or add --force."
        )
    if target.exists() and target.samefile(source):
        raise StoreError(
            "The backup would replace the database itself.",
            where=str(target),
            hint="Choose another name.",
        )
    partial = target.with_name(target.name + ".partial")
    with _written(target, partial, "The backup"):
        _copy(source, partial)
        found = inspect_backup(partial)
        partial.replace(target)
    return Backup(str(target), found.n_bytes, found.n_trajectories, found.schema)


def restore(url: str, source: Path, *, force: bool = False) -> Restored:
    """Put the backup `source` in the place of the database, keeping what was there.

    Raises:
        StoreError: not a backup of ours, the database exists and `force` is not given, or
            something still uses it.
    """
    target = database_file(url)
    found = inspect_backup(source)
    if target.exists() and target.samefile(source):
        raise StoreError(
            "The backup is the database itself.", where=str(source), hint="Name another file."
        )
    occupied = target.exists() and target.stat().st_size > 0
    if occupied and not force:
        raise StoreError(
            "There is a database already.",
            where=str(target),
            hint="Add --force to replace it; it is kept under another name.",
        )
    kept: Path | None = None
    partial = target.with_name(target.name + ".partial")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = target.with_name(f"{target.name}.before-restore-{stamp}")
    with _written(target, partial, "The database"):
        _copy(source, partial)
        if occupied:
            _refuse_in_use(target)
            kept = aside
            target.replace(kept)
        # A log that a damaged or deleted database left behind would be read into the new one.
        for ending in ("-wal", "-shm"):
            left = target.with_name(target.name + ending)
            if left.exists():
                left.replace(aside.with_name(aside.name + ending))
        partial.replace(target)
    return Restored(found, str(kept) if kept else None)


def inspect_backup(path: Path) -> Backup:
    """Say what a backup holds, after verifying that it is sound.

    Raises:
        StoreError: not there, not SQLite, damaged, or not a database of Loopwright.
    """
    if not path.is_file():
        raise StoreError("There is no such file.", where=str(path), hint="Check the path.")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            verdict = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            schema = db.execute("SELECT version_num FROM alembic_version").fetchone()
            n_trajectories = db.execute("SELECT count(*) FROM trajectory").fetchone()[0]
    except sqlite3.DatabaseError as problem:
        raise StoreError(
            f"This is not a sound Loopwright database: {problem}.",
            where=str(path),
            hint="Use another backup.",
        ) from None
    if verdict != "ok":
        raise StoreError(
            f"The file is damaged: {verdict}.", where=str(path), hint="Use another backup."
        )
    return Backup(str(path), path.stat().st_size, n_trajectories, schema[0] if schema else "")


@contextmanager
def _written(target: Path, partial: Path, what: str) -> Iterator[None]:
    """Say why `target` cannot be written (no permission, no space); leave no `partial` behind."""
    reason = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as problem:
        reason = problem.strerror or str(problem)
    except sqlite3.OperationalError as problem:
        reason = str(problem)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    if reason:
        raise StoreError(
            f"{what} cannot be written: {reason}.",
            where=str(target),
            hint="Check the folder's permissions and free space.",
        )


def _copy(source: Path, target: Path) -> None:
    """One consistent state of `source` as a single file without a write-ahead log beside it."""
    target.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _refuse_in_use(path: Path) -> None:
    """Fold the write-ahead log into the file, which only the last user of a database can."""
    try:
        with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        raise StoreError(
            "The database is in use.",
            where=str(path),
            hint="Stop the studio (Ctrl-C in its window), then restore.",
        ) from None
    except sqlite3.DatabaseError:
        return  # damaged: that may be why it is being replaced
