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
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from storage.engine import Store, migrate, open_store

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
    with _database(postgres_server, "template1") as url:
        yield url


@pytest.fixture(scope="session")
def _migrated_template(postgres_server: str) -> Iterator[str]:
    """Name of a migrated database to copy; copying takes a fraction of migrating."""
    with _database(postgres_server, "template1") as url:
        store = open_store(url)
        migrate(store)
        store.close()
        yield url.partition("@/")[2].partition("?")[0]


@pytest.fixture
def postgres_store(postgres_server: str, _migrated_template: str) -> Iterator[Store]:
    """An open store in an empty, migrated PostgreSQL database."""
    with _database(postgres_server, _migrated_template) as url:
        opened = open_store(url)
        yield opened
        opened.close()


@contextmanager
def _database(server: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield server.replace("/postgres?", f"/{name}?")
    with admin.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
