"""Groups: which group keys are one family, so that a family never straddles splits.

A trajectory keeps the key it was stored with. What ties keys together (a source's task beside the
request, the same content under two keys) is remembered as links, appended and never changed; a
family is what they connect. Splitting families is `curation.splits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from sqlalchemy import Connection, select

from storage.tables import GroupLinkRow, TrajectoryRow, table_of

group_link = table_of(GroupLinkRow)
trajectory = table_of(TrajectoryRow)


def link(conn: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Remember that the two keys of each pair are one family; what is known adds nothing."""
    new = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    if new:
        mark = "?" if conn.dialect.name == "sqlite" else "%s"
        conn.exec_driver_sql(
            f"INSERT INTO group_link (one, other) VALUES ({mark}, {mark}) ON CONFLICT DO NOTHING",
            new,
        )


def families(conn: Connection, *, tool_sets: bool = False) -> dict[str, str]:
    """The family of every linked key: its smallest key, whatever the order of import.

    A key that is not there is its own family. With `tool_sets`, what offers the same set of tools
    is linked as well; offering none ties nothing together.
    """
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while (upper := above.setdefault(key, key)) != key:
            above[key] = key = above[upper]
        return key

    found = conn.execute(select(group_link.c.one, group_link.c.other))
    links = ((one, other) for one, other in found)
    for one, other in chain(links, _of_one_tool_set(conn) if tool_sets else ()):
        first, second = sorted((top(one), top(other)))
        above[second] = first
    return {key: top(key) for key in list(above)}


def _of_one_tool_set(conn: Connection) -> Iterator[tuple[str, str]]:
    query = (
        select(trajectory.c.tool_set_id, trajectory.c.group_key)
        .where(trajectory.c.n_tools > 0)
        .distinct()
        .order_by(trajectory.c.tool_set_id, trajectory.c.group_key)
    )
    first: dict[int, str] = {}
    for tool_set, key in conn.execute(query):
        yield first.setdefault(tool_set, key), key
