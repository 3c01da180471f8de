"""What the studio runs and keeps: jobs, exports, saved views, preferences, settings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import Base, utc


class JobRow(Base, table=True):
    """A durable background run."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_id", "state", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    params: str = Field(sa_type=Text)
    state: str = "queued"
    """queued, running, done, failed or cancelled."""
    done: int = 0
    total: int | None = None
    unit: str = ""
    checkpoint: str = Field(default="{}", sa_type=Text)
    result: str = Field(default="{}", sa_type=Text)
    error: str = Field(default="", sa_type=Text)
    cancel_requested: bool = False
    created_at: datetime = utc()
    started_at: datetime | None = utc(default=None)
    heartbeat_at: datetime | None = utc(default=None)
    finished_at: datetime | None = utc(default=None)


class ExportRow(Base, table=True):
    """One finished export and its manifest."""

    __tablename__ = "export"
    id: int | None = Field(default=None, primary_key=True)
    type: str
    layout: str
    out: str
    n_rows: int
    manifest: str = Field(sa_type=Text)
    created_at: datetime = utc()


class SavedViewRow(Base, table=True):
    """A named filter of Browse."""

    __tablename__ = "saved_view"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    query: str = Field(sa_type=Text)
    """JSON of `storage.browse.Filter`."""
    created_at: datetime = utc()


class PreferenceRow(Base, table=True):
    """What one annotator likes to have otherwise; it follows them to another browser."""

    __tablename__ = "preference"
    __table_args__ = (UniqueConstraint("annotator_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    annotator_id: int = Field(foreign_key="annotator.id")
    name: str
    value: str = Field(sa_type=Text)
    """JSON."""
    changed_at: datetime = utc()


class SettingRow(Base, table=True):
    """A studio-wide setting or secret (the key that signs annotators' sessions)."""

    __tablename__ = "setting"
    name: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)
