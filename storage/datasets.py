"""Datasets and what belongs to them, with what each source said of its trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from curation.errors import NotFound
from storage.bulk import MAX_KEYS, insert_many
from storage.preparation import plain_text
from storage.tables import (
    DatasetRow,
    DatasetTermsRow,
    ImportRow,
    ItemRow,
    ProblemRow,
    TrajectoryRow,
    table_of,
)

dataset = table_of(DatasetRow)
imported = table_of(ImportRow)
item = table_of(ItemRow)
terms = table_of(DatasetTermsRow)
problem = table_of(ProblemRow)
trajectory = table_of(TrajectoryRow)


class DatasetInfo(Struct, frozen=True):
    """A dataset and its size."""

    id: int
    name: str
    format: str
    n_items: int
    created_at: datetime


class NewItem(Struct, frozen=True):
    """A trajectory that joins a dataset."""

    trajectory_id: int
    source_id: str
    where: str
    source: bytes
    """JSON object of what the source carried beside the messages."""


class ItemInfo(Struct, frozen=True):
    """Membership of a trajectory in a dataset."""

    dataset: str
    source_id: str
    where: str
    source: dict[str, Any]


def ensure_dataset(conn: Connection, name: str, format: str) -> int:
    """The id of the dataset called `name`; a new one is created with `format`."""
    found = conn.execute(select(dataset.c.id).where(dataset.c.name == name)).scalar_one_or_none()
    if found is not None:
        return int(found)
    values = {"name": name, "format": format, "created_at": datetime.now(UTC), "n_items": 0}
    return int(conn.execute(insert(dataset).values(values).returning(dataset.c.id)).scalar_one())


def find_dataset(conn: Connection, name: str) -> int | None:
    """The id of the dataset called `name`; None when there is none."""
    return conn.execute(select(dataset.c.id).where(dataset.c.name == name)).scalar_one_or_none()


def list_datasets(conn: Connection) -> list[DatasetInfo]:
    """All datasets by name."""
    columns = (
        dataset.c.id,
        dataset.c.name,
        dataset.c.format,
        dataset.c.n_items,
        dataset.c.created_at,
    )
    rows = conn.execute(select(*columns).order_by(dataset.c.name))
    return [DatasetInfo(*row) for row in rows]


def dataset_id(conn: Connection, name: str) -> int:
    """The id of the dataset called `name`.

    Raises:
        NotFound: no such dataset; the message names those that exist.
    """
    found = conn.execute(select(dataset.c.id).where(dataset.c.name == name)).scalar_one_or_none()
    if found is not None:
        return int(found)
    names = list(conn.execute(select(dataset.c.name).order_by(dataset.c.name).limit(20)).scalars())
    hint = f"There are: {', '.join(names)}." if names else "Import one with `loopwright ingest`."
    raise NotFound(f"There is no dataset {name!r}.", hint=hint)


def add_items(conn: Connection, dataset_id: int, items: Sequence[NewItem]) -> int:
    """Let trajectories join a dataset; returns how many were not in it yet."""
    if conn.dialect.name != "sqlite":
        # Two importers into one dataset take turns.
        conn.execute(select(dataset.c.id).where(dataset.c.id == dataset_id).with_for_update())
    present = _members(conn, dataset_id, [i.trajectory_id for i in items])
    fresh: dict[int, NewItem] = {}
    for new in items:
        if new.trajectory_id not in present:
            fresh.setdefault(new.trajectory_id, new)
    insert_many(
        conn,
        item,
        ("dataset_id", "trajectory_id", "source_id", "where", "source"),
        [
            (dataset_id, i.trajectory_id, plain_text(i.source_id), plain_text(i.where),
             i.source.decode())
            for i in fresh.values()
        ],
    )  # fmt: skip
    if fresh:
        conn.execute(
            dataset.update()
            .where(dataset.c.id == dataset_id)
            .values(n_items=dataset.c.n_items + len(fresh))
        )
    return len(fresh)


def _members(conn: Connection, dataset_id: int, ids: Sequence[int]) -> set[int]:
    present: set[int] = set()
    for start in range(0, len(ids), MAX_KEYS):
        part = list(ids[start : start + MAX_KEYS])
        query = select(item.c.trajectory_id).where(
            item.c.dataset_id == dataset_id, item.c.trajectory_id.in_(part)
        )
        present.update(conn.execute(query).scalars())
    return present


def uids_in(conn: Connection, name: str, uids: Sequence[str]) -> set[str]:
    """Which of these trajectories are in the dataset called `name` (none when there is none)."""
    present: set[str] = set()
    for start in range(0, len(uids), MAX_KEYS):
        query = (
            select(trajectory.c.uid)
            .join(item, item.c.trajectory_id == trajectory.c.id)
            .join(dataset, dataset.c.id == item.c.dataset_id)
            .where(dataset.c.name == name, trajectory.c.uid.in_(uids[start : start + MAX_KEYS]))
        )
        present.update(conn.execute(query).scalars())
    return present


def ids_by_uid(conn: Connection, dataset_id: int, uids: Sequence[str]) -> dict[str, int]:
    """uid -> trajectory id, of those that are in the dataset."""
    found: dict[str, int] = {}
    wanted = sorted({uid for uid in uids if uid})
    for start in range(0, len(wanted), MAX_KEYS):
        query = (
            select(trajectory.c.uid, trajectory.c.id)
            .join(item, item.c.trajectory_id == trajectory.c.id)
            .where(
                item.c.dataset_id == dataset_id,
                trajectory.c.uid.in_(wanted[start : start + MAX_KEYS]),
            )
        )
        found.update((uid, number) for uid, number in conn.execute(query))
    return found


def ids_by_source(
    conn: Connection, dataset_id: int, source_ids: Sequence[str]
) -> dict[str, list[int]]:
    """Source id -> the trajectories of the dataset that came under it. Reads all the dataset's
    memberships once for every `MAX_KEYS` ids."""
    found: dict[str, list[int]] = {}
    wanted = sorted(set(source_ids))
    for start in range(0, len(wanted), MAX_KEYS):
        query = (
            select(item.c.source_id, item.c.trajectory_id)
            .where(
                item.c.dataset_id == dataset_id,
                item.c.source_id.in_(wanted[start : start + MAX_KEYS]),
            )
            .order_by(item.c.trajectory_id)
        )
        for source_id, trajectory_id in conn.execute(query):
            found.setdefault(source_id, []).append(trajectory_id)
    return found


def drop_empty(conn: Connection, dataset_id: int) -> None:
    """Forget a dataset that nothing ever joined, and what is kept of it; one with items stays."""
    n_items = conn.execute(
        select(dataset.c.n_items).where(dataset.c.id == dataset_id)
    ).scalar_one_or_none()
    if n_items == 0:
        conn.execute(delete(problem).where(problem.c.dataset_id == dataset_id))
        conn.execute(delete(imported).where(imported.c.dataset_id == dataset_id))
        conn.execute(delete(terms).where(terms.c.dataset_id == dataset_id))
        conn.execute(delete(dataset).where(dataset.c.id == dataset_id))


def items_of(conn: Connection, trajectory_id: int) -> list[ItemInfo]:
    """The datasets a trajectory is in, the oldest first."""
    query = (
        select(dataset.c.name, item.c.source_id, item.c.where, item.c.source)
        .join(dataset, dataset.c.id == item.c.dataset_id)
        .where(item.c.trajectory_id == trajectory_id)
        .order_by(dataset.c.id)
    )
    return [
        ItemInfo(name, source_id, where, msgspec.json.decode(source))
        for name, source_id, where, source in conn.execute(query)
    ]
