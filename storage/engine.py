"""The door to the database: one engine per process, transactions that say what they are for.

`Store.read()` is one consistent snapshot, `Store.write()` takes SQLite's write lock at once
(BEGIN IMMEDIATE): a transaction that reads first and locks later fails under concurrent writers
however long it waits. Tables and queries live in the other modules, migrations in
`storage/migrations`. The same code serves SQLite and PostgreSQL.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import QueuePool

from curation.errors import StoreError

POOL_SIZE = 5
"""Connections kept. Waiting in the pool is fairer than waiting for SQLite's lock (measured)."""

BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another process's write."""

_POLL_SECONDS = 0.002
"""How often a writer asks for the lock. SQLite's own waiting sleeps up to 100 ms between tries and
so starves beside a bulk import that lets go for a few milliseconds only."""

_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    # Only for a new file: a tenth smaller than with 4 KiB, because bodies waste less.
    "PRAGMA page_size=8192",
    "PRAGMA journal_mode=WAL",
    # FULL: a label that was acknowledged survives a power cut.
    "PRAGMA synchronous=FULL",
    # 32 MiB of log before it is folded in: bulk import would rewrite the same pages otherwise.
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-32768",
)

_WRITES = "loopwright_writes"
"""Execution option of a connection that writes: seconds to wait for the lock."""
_CHOOSE = "Choose another with --db or LOOPWRIGHT_DATABASE_URL."


class Store:
    """An open database. Create it with `open_store`, once per process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turn = threading.Lock()
        self._writer: int | None = None

    @property
    def url(self) -> str:
        """The database URL with the password hidden: safe to print and log."""
        return self.engine.url.render_as_string(hide_password=True)

    @property
    def is_sqlite(self) -> bool:
        """True for a SQLite file, False for PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction that sees one snapshot."""
        with _explained(self.engine.url), self.engine.connect() as conn:
            if not self.is_sqlite:
                conn = conn.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with conn.begin():
                yield conn

    @contextmanager
    def write(self, *, wait: float = BUSY_TIMEOUT_MS / 1000) -> Iterator[Connection]:
        """A write transaction: committed on leaving, rolled back when an exception leaves it.

        Threads of one process take turns; other processes are waited for, at most `wait` seconds.

        Raises:
            StoreError: another program kept writing for longer than `wait`.
        """
        me = threading.get_ident()
        if self._writer == me:
            raise RuntimeError("a write transaction was opened inside another one")
        if not self.is_sqlite:
            with _explained(self.engine.url), self.engine.begin() as conn:
                yield conn
            return
        with self._turn:
            self._writer = me
            try:
                with _explained(self.engine.url), self.engine.connect() as plain:
                    conn = plain.execution_options(**{_WRITES: wait})
                    with conn.begin():
                        yield conn
            finally:
                self._writer = None

    def give_way(self) -> None:
        """Let other writers in: bulk work calls it between its transactions."""
        if self.is_sqlite:
            time.sleep(_POLL_SECONDS * 2)

    def close(self) -> None:
        """Close all connections; on SQLite the last one folds the write-ahead log into the file."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the database at `url`; nothing is created or changed in its schema.

    Raises:
        StoreError: the URL is not understood, the path cannot be opened, the file is not SQLite,
            the server cannot be reached.
    """
    parsed = _parse(url)
    options: dict[str, Any] = {"pool_size": POOL_SIZE, "poolclass": QueuePool}
    if parsed.get_backend_name() == "postgresql":
        options["pool_pre_ping"] = True
    engine = create_engine(parsed, **options)
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    with _explained(parsed), engine.connect() as conn:
        conn.exec_driver_sql("SELECT 1")
    return Store(engine)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as problem:
        raise StoreError(
            f"This is not a usable database URL: {problem}.",
            where=url if "@" not in url else "",  # it may hold a password
            hint="Use sqlite:///path/to/file.db or postgresql+psycopg://user@host/name "
            "(needs pip install 'loopwright[postgres]').",
        ) from None
    backend, driver = parsed.get_backend_name(), parsed.get_driver_name()
    if backend not in ("sqlite", "postgresql"):
        raise StoreError(
            f"Databases of kind {backend!r} are not supported.", where=url, hint=_CHOOSE
        )
    if backend == "postgresql" and driver != "psycopg":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError(
            "A database in memory would lose every label at the end.",
            where=url,
            hint="Name a file: sqlite:///path/to/file.db",
        )
    return parsed


def _on_connect(dbapi: sqlite3.Connection, _record: object) -> None:
    # None: the driver starts no transaction of its own; `_on_begin` says which kind we want.
    dbapi.isolation_level = None
    cursor = dbapi.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(conn: Connection) -> None:
    wait: float | None = conn.get_execution_options().get(_WRITES)
    conn.exec_driver_sql(f"PRAGMA query_only={'ON' if wait is None else 'OFF'}")
    if wait is None:
        conn.exec_driver_sql("BEGIN")
    else:
        _take_write_lock(conn, wait)


def _take_write_lock(conn: Connection, wait: float) -> None:
    cursor = conn.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=0")
    deadline = time.monotonic() + wait
    try:
        while True:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as problem:
                busy = problem.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
            time.sleep(_POLL_SECONDS)
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()


@contextmanager
def _explained(url: URL) -> Iterator[None]:
    """Turn what a person can act on (path, lock, wrong file, no server) into a StoreError."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as problem:
        # Taking the lock talks to the driver directly, hence its bare errors.
        found = _explanation(problem, url)
        if found is None:
            raise
        raise found from problem


def _explanation(problem: DBAPIError | sqlite3.Error, url: URL) -> StoreError | None:
    text = str(problem.orig if isinstance(problem, DBAPIError) else problem)
    where = url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string()
    if "unable to open database file" in text:
        folder = Path(where).absolute().parent
        missing = (
            "its folder does not exist" if not folder.is_dir() else "no permission, or no file"
        )
        return StoreError(
            f"The database cannot be opened: {missing}.", where=where, hint=f"Check it. {_CHOOSE}"
        )
    if "not a database" in text:
        return StoreError("This file is not a SQLite database.", where=where, hint=_CHOOSE)
    if "malformed" in text:
        return StoreError(
            "The database file is damaged.",
            where=where,
            hint="Restore the latest backup with `loopwright restore FILE`.",
        )
    if "readonly database" in text:
        return StoreError(
            "The database is read-only here.",
            where=where,
            hint="Give this user write permission for the file and its folder.",
        )
    if "database is locked" in text:
        return StoreError(
            "Another program has been writing for too long.",
            where=where,
            hint="Try again; close other programs that hold the database open.",
        )
    if "disk is full" in text:
        return StoreError("The disk is full.", where=where, hint="Free some space and try again.")
    if isinstance(problem, OperationalError) and url.get_backend_name() == "postgresql":
        return StoreError(
            f"The PostgreSQL server does not answer: {text.strip()}.",
            where=where,
            hint="Check that it runs and that user, password and database name are right.",
        )
    return None


def migrate(store: Store) -> None:
    """Bring the schema up to date; several processes may start at once, one does the work.

    Raises:
        StoreError: the schema is newer than this program, or another program's.
    """
    # Alembic costs a tenth of a second to import: only those who migrate pay.
    from storage.migrations.running import upgrade

    upgrade(store)


def check_schema(store: Store) -> None:
    """Refuse a schema that this program would misread.

    Raises:
        StoreError: the schema is behind (run `loopwright migrate`) or ahead (update the program).
    """
    from storage.migrations.running import refuse_unless_current

    refuse_unless_current(store)
