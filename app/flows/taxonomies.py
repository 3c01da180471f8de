"""Taxonomies: which are in force, and adding one of your own."""

from __future__ import annotations

from curation.taxonomy import Taxonomy
from storage import taxonomies
from storage.engine import Store


def list_taxonomies(store: Store) -> list[Taxonomy]:
    """Every taxonomy in its version in force, the canonical one first."""
    with store.read() as conn:
        return taxonomies.list_taxonomies(conn)


def add_taxonomy(store: Store, toml: str, where: str) -> Taxonomy:
    """Check and store a user's taxonomy.

    Raises:
        TaxonomyError: malformed or not newer than the one in force.
    """
    with store.write() as conn:
        return taxonomies.add_taxonomy(conn, toml, where)
