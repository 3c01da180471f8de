"""Taxonomies in force: the built-in files plus those users added, as their TOML source.

A user's taxonomy may share a built-in's name; the highest version wins. Every version stays in the
store, because marks name a category and old exports name a version.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from msgspec.structs import replace
from sqlalchemy import Connection, insert, select

from curation.errors import TaxonomyError
from curation.taxonomy import Taxonomy, builtin_taxonomies, parse_taxonomy
from curation.taxonomy_change import gathered
from storage.tables import TaxonomyRow, table_of

taxonomy = table_of(TaxonomyRow)


def list_taxonomies(conn: Connection) -> list[Taxonomy]:
    """The version in force of every taxonomy; built-ins first, the canonical one at the head."""
    in_force = {t.name: t for t in builtin_taxonomies()}
    renamed: dict[str, dict[str, str]] = {}
    for row in conn.execute(select(taxonomy).order_by(taxonomy.c.name, taxonomy.c.version)):
        added = _parsed(row.toml, f"taxonomy {row.name} version {row.version}")
        known = in_force.get(added.name)
        renamed[added.name] = gathered(renamed.get(added.name, {}), added)
        if known is None or added.version > known.version:
            in_force[added.name] = replace(added, renamed=renamed[added.name])
    return list(in_force.values())


@lru_cache(maxsize=256)
def _parsed(toml: str, where: str) -> Taxonomy:
    """A row never changes, and every page that shows categories reads all of them."""
    return parse_taxonomy(toml, where)


def add_taxonomy(conn: Connection, toml: str, where: str) -> Taxonomy:
    """Store a user's taxonomy.

    Raises:
        TaxonomyError: malformed, or its version is not above the one in force.
    """
    added = parse_taxonomy(toml, where)
    refuse_old_version(conn, added, where)
    conn.execute(
        insert(taxonomy).values(
            name=added.name, version=added.version, toml=toml, created_at=datetime.now(UTC)
        )
    )
    return added


def refuse_old_version(conn: Connection, added: Taxonomy, where: str) -> Taxonomy | None:
    """The version in force that `added` would take the place of; None when there is none.

    Raises:
        TaxonomyError: its version is not above the one in force.
    """
    known = next((t for t in list_taxonomies(conn) if t.name == added.name), None)
    if known is not None and added.version <= known.version:
        raise TaxonomyError(
            f"The taxonomy {added.name} already has version {known.version}.",
            where=where,
            hint=f"Set version = {known.version + 1}.",
        )
    return known
