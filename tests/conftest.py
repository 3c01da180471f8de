"""Fixtures for everybody: a real, migrated SQLite file that lives as long as one test."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from storage.engine import Store, migrate, open_store
from tests.moving_store import MovingStore
from tests.postgres import (
    _migrated,
    postgres_server,
    postgres_store,
    postgres_url,
)

# How long an example takes says how busy the machine is, not whether the product is right.
hypothesis.settings.register_profile("untimed", deadline=None, max_examples=60)
hypothesis.settings.load_profile("untimed")

__all__ = ["_migrated", "postgres_server", "postgres_store", "postgres_url"]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest schema; copied, never used itself."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    store = open_store(f"sqlite:///{path}")
    migrate(store)
    store.close()
    return path


@pytest.fixture(scope="session")
def _sqlite(migrated_file: Path) -> MovingStore:
    return MovingStore(f"sqlite:///{migrated_file}")


@pytest.fixture
def store(tmp_path: Path, migrated_file: Path, _sqlite: MovingStore) -> Iterator[Store]:
    """An open store on a fresh, migrated SQLite file."""
    path = tmp_path / "loopwright.db"
    shutil.copyfile(migrated_file, path)
    opened = _sqlite.at(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_store(request: pytest.FixtureRequest) -> Store:
    """The same test on a SQLite file and on PostgreSQL."""
    name = "store" if request.param == "sqlite" else "postgres_store"
    found: Store = request.getfixturevalue(name)
    return found


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """A command that runs in this process sends the log to a standard error that is gone with its
    test."""
    log = logging.getLogger("loopwright")
    handlers, level, propagates = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], log.level, log.propagate = handlers, level, propagates


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """Streamlit's AppTest puts its script in the place of `__main__` and leaves it there; processes
    that a later test spawns would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
