"""What categories of older versions are called now, asked by everything that reads marks."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, case, select

from curation.taxonomy_change import Renames
from storage.tables import MarkRow, TaxonomyRow, table_of
from storage.taxonomies import list_taxonomies

taxonomy = table_of(TaxonomyRow)
mark = table_of(MarkRow)

# Most stores have no renames: one look at a small table tells.
_ANY = select(taxonomy.c.id).where(taxonomy.c.toml.contains("renamed")).limit(1)


def renames_in_force(conn: Connection) -> Renames:
    """(taxonomy, older category) -> the category it is called now."""
    if conn.execute(_ANY).one_or_none() is None:
        return {}
    return {
        (known.name, old): new
        for known in list_taxonomies(conn)
        for old, new in known.renamed.items()
    }


def category_now(renames: Renames) -> ColumnElement[str]:
    """The category of a mark row under the name that holds now."""
    if not renames:
        return mark.c.category
    return case(
        *(
            (and_(mark.c.taxonomy == taxonomy_name, mark.c.category == old), new)
            for (taxonomy_name, old), new in renames.items()
        ),
        else_=mark.c.category,
    )


def names_of(renames: Renames, taxonomy_name: str, category: str) -> list[str]:
    """Every name under which marks of the category are stored."""
    older = [
        old for (name, old), new in renames.items() if (name, new) == (taxonomy_name, category)
    ]
    return [category, *older]
