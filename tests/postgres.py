"""A throw-away PostgreSQL server for tests: a cluster in a temporary folder, on a socket only.

The fixtures are known to all tests (see `tests/conftest.py`). Tests that use them are skipped,
visibly, where the server's binaries are not installed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from storage.engine import Store, migrate, open_store
from tests.moving_store import MovingStore

_SYSTEM_USER = "postgres"
_numbers = count(1)


def _binaries() -> Path | None:
    """Folder of initdb and pg_ctl: Debian's newest version, else what is on the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if versions:
        return versions[-1].parent
    found = shutil.which("pg_ctl")
    return Path(found).resolve().parent if found else None


def _run(command: list[str | Path], folder: Path) -> None:
    """Run as an ordinary user: PostgreSQL refuses to run as root."""
    prefix: list[str | Path] = []
    if os.geteuid() == 0:
        prefix = ["setpriv", "--reuid", _SYSTEM_USER, "--regid", _SYSTEM_USER, "--clear-groups"]
    done = subprocess.run(
        [*prefix, *command], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a running server's database `postgres`; the server is gone after the session."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server binaries are not installed")
    folder = Path(tempfile.mkdtemp(prefix="loopwright-pg-"))
    if os.geteuid() == 0:
        try:
            owner = pwd.getpwnam(_SYSTEM_USER)
        except KeyError:
            pytest.skip(f"running as root, and there is no user {_SYSTEM_USER!r} to run a server")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"
    try:
        _run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync",
             "--encoding=UTF8", "--locale=C.UTF-8"],
            folder,
        )  # fmt: skip
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        _run(
            [binaries / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"],
            folder,
        )
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            _run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty database of its own."""
    url = _created(postgres_server)
    yield url
    _dropped(postgres_server, url)


@pytest.fixture
def postgres_store(_migrated: _Migrated) -> Iterator[Store]:
    """An open store in an empty, migrated PostgreSQL database."""
    opened = _migrated.store()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def _migrated(postgres_server: str) -> _Migrated:
    return _Migrated(postgres_server)


@dataclass
class _Migrated:
    """The migrated database that tests have in turn: creating one costs more than most tests."""

    server: str
    url: str = ""
    schema: tuple[Any, ...] = ()
    moving: MovingStore | None = None

    def store(self) -> Store:
        """A store on it. It is as its migrations left it, under a name that no test has seen."""
        if self.url and self._emptied():
            last, self.url = self.url, _unused(self.server)
            with _administered(self.server) as conn:
                conn.execute(f"ALTER DATABASE {_name(last)} RENAME TO {_name(self.url)}")
        else:
            self._made_anew()
        self.moving = self.moving or MovingStore(self.url)
        return self.moving.at(self.url)

    def _made_anew(self) -> None:
        if self.url:
            _dropped(self.server, self.url)
        self.url = _created(self.server)
        store = open_store(self.url)
        migrate(store)
        store.close()
        with _administered(self.url) as conn:
            self.schema = conn.execute(_SCHEMA).fetchone() or ()

    def _emptied(self) -> bool:
        """Whether it could be emptied; not when the last test changed its schema."""
        with _administered(self.url) as conn:
            conn.execute(_EMPTY)
            return conn.execute(_SCHEMA).fetchone() == self.schema


_EMPTY = """
DO $$ DECLARE one record; filled boolean; BEGIN
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  SET LOCAL session_replication_role = replica;  -- rows go in any order: no foreign keys
  FOR one IN SELECT oid::regclass AS name, relkind FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
    AND relname <> 'alembic_version'
  LOOP
    IF one.relkind = 'S' THEN
      PERFORM setval(one.name, 1, false);
    ELSE
      EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', one.name) INTO filled;
      IF filled THEN EXECUTE format('DELETE FROM %s', one.name); END IF;
    END IF;
  END LOOP;
END $$
"""
_SCHEMA = """
SELECT (SELECT string_agg(version_num, ' ') FROM alembic_version),
  (SELECT md5(string_agg(format('%s %s %s %s', c.relname, a.attname, a.atttypid, a.attnotnull),
    ' ' ORDER BY c.relname, a.attnum)) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace)
"""


def _unused(server: str) -> str:
    return server.replace("/postgres?", f"/test_{next(_numbers)}?")


def _name(url: str) -> str:
    return str(make_url(url).database)


def _created(server: str) -> str:
    url = _unused(server)
    with _administered(server) as conn:
        conn.execute(f"CREATE DATABASE {_name(url)} TEMPLATE template1")
    return url


def _dropped(server: str, url: str) -> None:
    with _administered(server) as conn:
        conn.execute(f"DROP DATABASE {_name(url)} WITH (FORCE)")


@contextmanager
def _administered(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as conn:
        yield conn
