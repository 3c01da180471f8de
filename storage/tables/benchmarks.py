"""Benchmarks that data is held against, what hit them, and what people said of the hits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import Base, utc


class BenchmarkRow(Base, table=True):
    """A benchmark that data is held against: read from files, never part of a dataset."""

    __tablename__ = "benchmark"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    revision: int
    """Grows when its entries, the threshold or the way of comparing change; then everything is
    compared anew."""
    version: int
    """`curation.word_prints.VERSION`."""
    threshold: float
    files: str = Field(sa_type=Text)
    """JSON list of `curation.decontamination.BenchmarkFile`."""
    n_entries: int
    read_at: datetime = utc()


class BenchmarkEntryRow(Base, table=True):
    """A question of a benchmark. One that a later reading lacks stays, for rulings on its hits."""

    __tablename__ = "benchmark_entry"
    __table_args__ = (UniqueConstraint("benchmark_id", "hash"),)
    id: int | None = Field(default=None, primary_key=True)
    benchmark_id: int = Field(foreign_key="benchmark.id")
    hash: str
    revision: int
    """The latest in which it stood."""
    source_id: str
    content: bytes = Field(sa_type=LargeBinary)
    """zstd of `encode_messages`: what the user says, and the calls."""
    tools: bytes = Field(sa_type=LargeBinary)
    """zstd of `encode_tools`."""
    prints: bytes = Field(sa_type=LargeBinary)
    """`curation.word_prints.encode_prints`."""


class BenchmarkComparedRow(Base, table=True):
    """A trajectory that was held against a benchmark as it is."""

    __tablename__ = "benchmark_compared"
    __table_args__ = ({"sqlite_with_rowid": False},)
    benchmark_id: int = Field(
        primary_key=True, foreign_key="benchmark.id", sa_column_kwargs={"autoincrement": False}
    )
    trajectory_id: int = Field(
        primary_key=True, foreign_key="trajectory.id", sa_column_kwargs={"autoincrement": False}
    )


class ContaminationHitRow(Base, table=True):
    """A trajectory and an entry of a benchmark that agree. Derived: a new comparison writes them
    anew."""

    __tablename__ = "contamination_hit"
    __table_args__ = (
        UniqueConstraint("trajectory_id", "entry_id", "kind"),
        Index("ix_contamination_hit_benchmark_id_id", "benchmark_id", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    benchmark_id: int = Field(foreign_key="benchmark.id")
    trajectory_id: int = Field(foreign_key="trajectory.id")
    entry_id: int = Field(foreign_key="benchmark_entry.id")
    kind: str
    """`curation.decontamination.HitKind`."""
    score: float
    """0 where all that is shared turned out to be common to much of the data: no hit any more."""
    runs: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Of `ngram`: the shared runs of words, 8 bytes each."""


class HitRulingRow(Base, table=True):
    """What a person says of a hit: false alarm, or taken back. The latest row counts; it outlives
    the hit, which a later comparison may find again."""

    __tablename__ = "hit_ruling"
    __table_args__ = (Index("ix_hit_ruling_trajectory_id", "trajectory_id", "entry_id", "kind"),)
    id: int | None = Field(default=None, primary_key=True)
    trajectory_id: int = Field(foreign_key="trajectory.id")
    entry_id: int = Field(foreign_key="benchmark_entry.id")
    kind: str
    dismissed: bool
    reason: str = Field(sa_type=Text)
    annotator_id: int = Field(foreign_key="annotator.id")
    created_at: datetime = utc()
