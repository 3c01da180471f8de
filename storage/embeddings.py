"""Vectors of what trajectories ask, by embedding model (`curation.embeddings`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, func, select

from storage.bulk import MAX_KEYS, insert_new
from storage.near_keys import RawMessages
from storage.tables import BodyRow, EmbeddingRow, ItemRow, TrajectoryRow, table_of

embedding = table_of(EmbeddingRow)
trajectory = table_of(TrajectoryRow)
body = table_of(BodyRow)
item = table_of(ItemRow)


class Vector(Struct, frozen=True, gc=False):
    """The vector of one trajectory."""

    trajectory_id: int
    text_key: bytes
    packed: bytes
    """b"" where the users say nothing."""


class VectorCounts(Struct, frozen=True):
    """How far a model is with some trajectories."""

    trajectories: int
    embedded: int
    """Those that were looked at; also those of which the users say nothing."""
    wordless: int
    """Those of which the users say nothing."""


def _among(dataset_id: int | None) -> ColumnElement[bool]:
    member = select(item.c.trajectory_id).where(item.c.trajectory_id == trajectory.c.id)
    if dataset_id is not None:
        member = member.where(item.c.dataset_id == dataset_id)
    return member.exists()


def count_vectors(conn: Connection, model: str, dataset_id: int | None) -> VectorCounts:
    """Of the trajectories of a dataset (None: of all datasets)."""
    joined = trajectory.outerjoin(
        embedding,
        and_(embedding.c.trajectory_id == trajectory.c.id, embedding.c.model == model),
    )
    query = select(
        func.count(),
        func.count(embedding.c.id),
        func.count(embedding.c.id).filter(embedding.c.dimension == 0),
    )
    found = conn.execute(query.select_from(joined).where(_among(dataset_id))).one()
    return VectorCounts(*(int(n) for n in found))


def without_vector(
    conn: Connection, model: str, dataset_id: int | None, after: int, limit: int
) -> list[RawMessages]:
    """The next trajectories that the model was not asked about, by id."""
    known = select(embedding.c.id).where(
        embedding.c.model == model, embedding.c.trajectory_id == trajectory.c.id
    )
    query = (
        select(trajectory.c.id, body.c.content)
        .join(body, body.c.trajectory_id == trajectory.c.id)
        .where(trajectory.c.id > after, ~known.exists(), _among(dataset_id))
        .order_by(trajectory.c.id)
        .limit(limit)
    )
    return [RawMessages(*row) for row in conn.execute(query)]


def vectors_of(conn: Connection, model: str, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """Key of a text -> the vector that is on record for it."""
    found: dict[bytes, bytes] = {}
    for start in range(0, len(keys), MAX_KEYS):
        query = select(embedding.c.text_key, embedding.c.vector).where(
            embedding.c.model == model, embedding.c.text_key.in_(keys[start : start + MAX_KEYS])
        )
        found |= {row.text_key: row.vector for row in conn.execute(query)}
    return found


def add_vectors(conn: Connection, model: str, vectors: Sequence[Vector]) -> int:
    """Keep vectors; of a trajectory that has one nothing changes. Returns how many are new."""
    return insert_new(
        conn,
        embedding,
        ("model", "trajectory_id", "text_key", "dimension", "vector"),
        [(model, v.trajectory_id, v.text_key, len(v.packed) // 2, v.packed) for v in vectors],
    )


def dimension_of(conn: Connection, model: str) -> int | None:
    """Of the vectors on record; None when there is none."""
    query = select(embedding.c.dimension).where(embedding.c.model == model)
    return conn.execute(query.where(embedding.c.dimension > 0).limit(1)).scalar()


def embedding_models(conn: Connection) -> list[str]:
    """Models of which there are vectors."""
    query = select(embedding.c.model).distinct().order_by(embedding.c.model)
    return list(conn.execute(query).scalars())


def iter_vectors(conn: Connection, model: str) -> Iterator[Vector]:
    """All of a model's vectors, by the key of their text."""
    query = (
        select(embedding.c.trajectory_id, embedding.c.text_key, embedding.c.vector)
        .where(embedding.c.model == model)
        .order_by(embedding.c.text_key, embedding.c.id)
        .execution_options(yield_per=1_000)
    )
    for row in conn.execute(query):
        yield Vector(*row)
