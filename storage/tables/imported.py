"""What was imported: datasets, their trajectories with bodies and tools, what imports reported."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text, text
from sqlmodel import Field

from storage.tables.base import Base, utc


class DatasetRow(Base, table=True):
    """A named collection of imported trajectories."""

    __tablename__ = "dataset"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    format: str
    created_at: datetime = utc()
    n_items: int = 0
    """Projection: trajectories in the dataset."""


class DatasetTermsRow(Base, table=True):
    """Under which terms a dataset may be used, and where it is from. The latest row counts."""

    __tablename__ = "dataset_terms"
    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id", index=True)
    license: str = ""
    """As an SPDX name or in words; "" = nobody said."""
    source_url: str = ""
    citation: str = Field(default="", sa_type=Text)
    annotator_id: int | None = Field(default=None, foreign_key="annotator.id")
    """Who said so; None when the import read it beside the data."""
    created_at: datetime = utc()


class ImportRow(Base, table=True):
    """One import into a dataset: what was read and how, so that it can be repeated."""

    __tablename__ = "import"
    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id", index=True)
    paths: str = Field(sa_type=Text)
    """JSON list of the files and folders."""
    format: str
    tools: str = ""
    """File of tool definitions that was given apart; "" for none."""
    mapping: str = Field(default="", sa_type=Text)
    """Text of the field mapping; "" for none."""
    created_at: datetime = utc()


class ProblemRow(Base, table=True):
    """A record that could not be imported: kept so nothing is lost in silence."""

    __tablename__ = "problem"
    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id", index=True)
    where: str
    message: str = Field(sa_type=Text)
    hint: str = Field(default="", sa_type=Text)
    created_at: datetime = utc()


class ItemRow(Base, table=True):
    """Membership of a trajectory in a dataset, with what the source said of it."""

    __tablename__ = "item"
    __table_args__ = (Index("ix_item_trajectory_id", "trajectory_id"),)
    dataset_id: int = Field(primary_key=True, foreign_key="dataset.id")
    trajectory_id: int = Field(primary_key=True, foreign_key="trajectory.id")
    source_id: str
    """Id in the source file, else `<file>:<line>`."""
    where: str
    """`<file>:<line or row>`."""
    source: str = Field(default="{}", sa_type=Text)
    """JSON object of what the source carried beside the messages (reward, gold, category, …)."""


class TrajectoryRow(Base, table=True):
    """The narrow row that lists, filters and queues read."""

    __tablename__ = "trajectory"
    __table_args__ = (
        Index("ix_trajectory_state_id", "state", "id"),
        Index("ix_trajectory_suspicion_id", "suspicion", "id"),
        Index("ix_trajectory_outcome_id", "outcome", "id"),
        Index("ix_trajectory_n_messages_id", "n_messages", "id"),
        Index("ix_trajectory_parent_id", "parent_id"),
        Index("ix_trajectory_checked_with_id", "checked_with", "id"),
        Index(
            "ix_trajectory_with_errors",
            "id",
            sqlite_where=text("n_errors > 0"),
            postgresql_where=text("n_errors > 0"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(unique=True)
    tool_set_id: int = Field(foreign_key="tool_set.id")
    parent_id: int | None = Field(default=None, foreign_key="trajectory.id")
    """The trajectory this one corrects; None for imported ones."""
    group_key: str
    """What it was stored under; `storage.groups` tells which keys are one family."""
    n_messages: int
    n_steps: int
    n_calls: int
    n_tools: int
    preview: str
    """First 160 characters of the first user message."""
    created_at: datetime = utc()
    checked_with: str = ""
    """Fingerprint of the check catalogue that last looked at it; "" = unchecked."""
    suspicion: float = 0.0
    """Projection of findings: `curation.queueing.suspicion`; higher is looked at first."""
    n_errors: int = 0
    n_warnings: int = 0
    state: str = "new"
    """Projection: `curation.queueing.State`."""
    outcome: str | None = None
    """Projection: outcome of the latest decision, else of the latest committed annotation."""


class BodyRow(Base, table=True):
    """The messages of a trajectory: zstd of `encode_messages`."""

    __tablename__ = "body"
    trajectory_id: int = Field(primary_key=True, foreign_key="trajectory.id")
    content: bytes = Field(sa_type=LargeBinary)


class ToolSetRow(Base, table=True):
    """The tool specs of one or many trajectories, once."""

    __tablename__ = "tool_set"
    id: int | None = Field(default=None, primary_key=True)
    hash: str = Field(unique=True)
    """`curation.trajectory.tools_hash`."""
    n_tools: int
    body: bytes = Field(sa_type=LargeBinary)
    """zstd of `encode_tools`."""


class ToolRow(Base, table=True):
    """A tool name seen in calls."""

    __tablename__ = "tool"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


class ToolUseRow(Base, table=True):
    """Which trajectory calls which tool."""

    __tablename__ = "tool_use"
    tool_id: int = Field(primary_key=True, foreign_key="tool.id")
    trajectory_id: int = Field(primary_key=True, foreign_key="trajectory.id")
    n_calls: int
