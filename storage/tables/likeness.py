"""Which trajectories are one family, what tells how like they are, and their side of a split."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import Base, utc


class GroupLinkRow(Base, table=True):
    """Two group keys that are one family. A row is written once and never changed."""

    __tablename__ = "group_link"
    one: str = Field(primary_key=True)
    """The smaller of the two."""
    other: str = Field(primary_key=True)


class NearKeyRow(Base, table=True):
    """A key that near-duplicates share: `curation.near_duplicates`. The key that is its version
    says that a trajectory's keys are known."""

    __tablename__ = "near_key"
    __table_args__ = ({"sqlite_with_rowid": False},)
    key: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    trajectory_id: int = Field(
        primary_key=True,
        foreign_key="trajectory.id",
        sa_column_kwargs={"autoincrement": False},
    )


class EmbeddingRow(Base, table=True):
    """The vector that an embedding model gave for what a trajectory's users say."""

    __tablename__ = "embedding"
    __table_args__ = (
        UniqueConstraint("model", "trajectory_id"),
        Index("ix_embedding_model_text_key", "model", "text_key"),
    )
    id: int | None = Field(default=None, primary_key=True)
    model: str
    trajectory_id: int = Field(foreign_key="trajectory.id")
    text_key: bytes = Field(sa_type=LargeBinary)
    """`curation.embeddings.text_key`: those who say the same have the same vector."""
    dimension: int
    """Numbers of the vector; 0 where the users say nothing, so that there is none."""
    vector: bytes = Field(sa_type=LargeBinary)
    """`curation.embeddings.packed`."""


class SplitSideRow(Base, table=True):
    """Which side of a split a group was put on when it was first seen; never changed."""

    __tablename__ = "split_side"
    __table_args__ = ({"sqlite_with_rowid": False},)
    ledger: str = Field(primary_key=True)
    """`curation.splits.Shares.ledger`: salt and shares."""
    group_key: str = Field(primary_key=True)
    side: str
    """`curation.splits.Split`."""
    since: datetime = utc()
