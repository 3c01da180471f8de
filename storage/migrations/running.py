"""Runs the migrations inside one locked transaction, from a checkout or an installed package.

There are no downgrades: a backup is the way back. The lock makes several processes that start at
once safe: the first does the work, the others wait and find nothing left to do.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from curation.errors import StoreError
from storage.engine import Store
from storage.tables import Base, UtcDateTime

SEARCH_TABLE = "trajectory_text"
"""Full-text index, made by hand in the migrations because it differs by database."""

_WAIT_SECONDS = 60.0
"""How long to wait for another process that migrates."""

_ADVISORY_LOCK = 7_246_151
"""Any constant: the key of PostgreSQL's lock on migrating."""


def config_for(conn: Connection | None = None) -> Config:
    """Alembic's configuration, with the scripts found beside this file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config


@cache
def head() -> str:
    """The newest revision this program knows."""
    revision = ScriptDirectory.from_config(config_for()).get_current_head()
    assert revision is not None
    return revision


def current(conn: Connection) -> str | None:
    """The revision of the database; None when it has no schema yet."""
    return MigrationContext.configure(conn).get_current_revision()


def upgrade(store: Store) -> None:
    """Bring the schema to `head()`; see `storage.engine.migrate`."""
    with store.read() as conn:
        if current(conn) == head():
            return
    with store.write(wait=_WAIT_SECONDS) as conn:
        if not store.is_sqlite:
            conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        # Read again under the lock: somebody may have finished meanwhile.
        before = current(conn)
        if before == head():
            return
        _refuse_foreign(store, conn, before)
        command.upgrade(config_for(conn), "head")


def _refuse_foreign(store: Store, conn: Connection, before: str | None) -> None:
    if before is not None:
        _refuse_newer(store, before)
        return
    tables = set(inspect(conn).get_table_names())
    if not store.is_sqlite:
        tables &= set(Base.metadata.tables)
    if tables:
        raise StoreError(
            "This database belongs to another program: it holds tables "
            f"{', '.join(sorted(tables)[:3])} and no Loopwright schema.",
            where=store.url,
            hint="Choose another with --db or LOOPWRIGHT_DATABASE_URL.",
        )


def _refuse_newer(store: Store, revision: str) -> None:
    known = {r.revision for r in ScriptDirectory.from_config(config_for()).walk_revisions()}
    if revision not in known:
        raise StoreError(
            f"The database was written by a newer Loopwright (schema {revision}).",
            where=store.url,
            hint="Update Loopwright, or open a backup made with this version.",
        )


def refuse_unless_current(store: Store) -> None:
    """Raise unless the schema is the one this program knows; see `storage.engine`."""
    with store.read() as conn:
        revision = current(conn)
        if revision == head():
            return
        if revision is not None:
            _refuse_newer(store, revision)
    raise StoreError(
        "The database has no Loopwright schema yet."
        if revision is None
        else f"The database has the older schema {revision}.",
        where=store.url,
        hint="Run `loopwright migrate`.",
    )


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the full-text tables out when Alembic compares: they are made by hand."""
    return not (kind == "table" and (name or "").startswith(SEARCH_TABLE))


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write plain SQLAlchemy types into a new revision, so that old ones never import us."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and type(item).__name__ == "AutoString":
        return "sa.String()"
    return False
