"""Questions a doctor asks of a database: is the file sound, do derived numbers still agree.

Nothing is repaired here. Every projection can be rebuilt from the rows it was derived from.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, func, literal, or_, select, text

from storage import search
from storage.tables import DatasetRow, FindingRow, ItemRow, TrajectoryRow, table_of

trajectory = table_of(TrajectoryRow)
finding = table_of(FindingRow)
dataset = table_of(DatasetRow)
item = table_of(ItemRow)


class Sampled(Struct, frozen=True):
    """A trajectory drawn for inspection."""

    id: int
    uid: str
    preview: str


def file_problems(conn: Connection, limit: int = 10) -> list[str]:
    """What SQLite's own examination of file and foreign keys says; empty when sound.

    PostgreSQL keeps its own files and enforces foreign keys always: nothing to ask.
    """
    if conn.dialect.name != "sqlite":
        return []
    said = [str(row[0]) for row in conn.execute(text(f"PRAGMA integrity_check({limit:d})"))]
    problems = [] if said == ["ok"] else said
    for row in conn.execute(text("PRAGMA foreign_key_check")).fetchmany(limit):
        problems.append(f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}")
    return problems


def draw(conn: Connection, size: int) -> list[Sampled]:
    """About `size` trajectories spread evenly over all ids, always with the first and the last."""
    low, high = conn.execute(select(func.min(trajectory.c.id), func.max(trajectory.c.id))).one()
    if low is None:
        return []
    step = max(1, (high - low) // max(1, size - 1))
    wanted = {*range(low, high + 1, step), high}
    columns = (trajectory.c.id, trajectory.c.uid, trajectory.c.preview)
    rows = conn.execute(
        select(*columns).where(trajectory.c.id.in_(sorted(wanted))).order_by(trajectory.c.id)
    )
    return [Sampled(*row) for row in rows]


def wrong_item_counts(conn: Connection) -> list[str]:
    """Datasets whose number of trajectories is not the number of their items."""
    counted = (
        select(item.c.dataset_id, func.count().label("n")).group_by(item.c.dataset_id).subquery()
    )
    n = func.coalesce(counted.c.n, 0)
    rows = conn.execute(
        select(dataset.c.name, dataset.c.n_items, n)
        .outerjoin(counted, counted.c.dataset_id == dataset.c.id)
        .where(dataset.c.n_items != n)
    )
    return [f"dataset {name}: {kept} noted, {found} there" for name, kept, found in rows]


def wrong_finding_counts(conn: Connection, ids: Sequence[int]) -> list[str]:
    """Those of `ids` whose number of errors or warnings is not that of their findings."""
    counts: list[object] = []
    for severity in ("error", "warning"):
        counted = (
            select(func.count())
            .where(finding.c.trajectory_id == trajectory.c.id, finding.c.severity == severity)
            .scalar_subquery()
        )
        counts.append(counted)
    errors, warnings = counts
    rows = conn.execute(
        select(trajectory.c.uid)
        .where(trajectory.c.id.in_(ids))
        .where(or_(trajectory.c.n_errors != errors, trajectory.c.n_warnings != warnings))
    )
    return [f"trajectory {uid}: findings were counted wrongly" for (uid,) in rows]


def is_found(conn: Connection, trajectory_id: int, words: str) -> bool:
    """Whether a text search for `words` gives this trajectory."""
    index, id_column, matches = search.match(conn, words)
    query = select(literal(1)).select_from(index).where(id_column == trajectory_id, matches)
    return conn.execute(query).first() is not None
