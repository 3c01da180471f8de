"""Groups: which group keys are one family, so that a family never straddles splits.

A trajectory keeps the key it was stored with. What ties keys together (a source's task beside the
request, the same content under two keys) is remembered as links, appended and never changed; a
family is what they connect. Splitting families is `curation.splits`.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from storage.tables import GroupLinkRow, table_of

group_link = table_of(GroupLinkRow)


def link(conn: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Remember that the two keys of each pair are one family; what is known adds nothing."""
    new = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    if new:
        mark = "?" if conn.dialect.name == "sqlite" else "%s"
        conn.exec_driver_sql(
            f"INSERT INTO group_link (one, other) VALUES ({mark}, {mark}) ON CONFLICT DO NOTHING",
            new,
        )


def families(conn: Connection) -> dict[str, str]:
    """The family of every linked key: its smallest key, whatever the order of import.

    A key that is not there is its own family.
    """
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while (upper := above.setdefault(key, key)) != key:
            above[key] = key = above[upper]
        return key

    for one, other in conn.execute(select(group_link.c.one, group_link.c.other)):
        first, second = sorted((top(one), top(other)))
        above[second] = first
    return {key: top(key) for key in list(above)}
