"""What checks and judges said: findings, votes, checklists, verdicts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import Base, utc


class FindingRow(Base, table=True):
    """What a check found. Replaced as a whole when a newer catalogue looks again."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_trajectory_id", "trajectory_id"),
        Index("ix_finding_check_trajectory_id", "check", "trajectory_id"),
        Index(
            "ix_finding_broken_tool",
            "tool",
            "trajectory_id",
            sqlite_where=text("severity = 'error'"),
            postgresql_where=text("severity = 'error'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    trajectory_id: int = Field(foreign_key="trajectory.id")
    check: str
    version: int
    severity: str
    message_index: int | None = None
    call_index: int | None = None
    pointer: str | None = None
    tool: str | None = None
    """Name of the called tool, for the chart by tool."""
    message: str = Field(sa_type=Text)
    hint: str = Field(default="", sa_type=Text)
    run_id: int | None = None
    """The run of a judge that said so, which no catalogue of checks replaces; None for checks. No
    foreign key: SQLite would copy all of the table to add one."""


class JudgeRunRow(Base, table=True):
    """One run of a judge over predictions."""

    __tablename__ = "judge_run"
    id: int | None = Field(default=None, primary_key=True)
    dataset: str
    """Name of the dataset; "" for all of them."""
    backend: str
    """`curation.judging.JUDGES`."""
    models: str = Field(sa_type=Text)
    """JSON list of names."""
    base_url: str = ""
    """Where they were reached. A key is never stored with it."""
    rubric: str
    rubric_version: int
    about: str = Field(default="pair", sa_column_kwargs={"server_default": "pair"})
    """`curation.rubric.About` of it: only runs about pairs give verdicts."""
    votes: int
    """How many were asked for, a case."""
    orders: str = Field(sa_type=Text)
    """JSON list of `curation.judging.Order`."""
    rule: str = Field(sa_type=Text)
    """JSON of a `curation.consensus.ConsensusRule`."""
    parameters: str = Field(default="{}", sa_type=Text)
    """JSON object of what else was set."""
    job_id: int | None = Field(default=None, foreign_key="job.id")
    tokens_in: int = 0
    """Projection, as the one below: sum over its votes of what endpoints told."""
    tokens_out: int = 0
    cost_usd: float | None = None
    """None while no price is on record."""
    created_at: datetime = utc()


class VoteRow(Base, table=True):
    """One reply of a judge about one prediction, in one order."""

    __tablename__ = "vote"
    __table_args__ = (
        UniqueConstraint("run_id", "prediction_id", "model", "order", "number"),
        Index("ix_vote_prediction_id", "prediction_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="judge_run.id")
    prediction_id: int = Field(foreign_key="prediction.id")
    model: str
    order: str
    """`curation.judging.Order`."""
    number: int
    verdict: str | None = None
    unscored: str | None = None
    """`curation.judging.Unscored`; set when there is no verdict."""
    detail: str = Field(default="", sa_type=Text)
    error_analysis: str = Field(default="", sa_type=Text)
    correct_approach: str = Field(default="", sa_type=Text)
    reply: bytes | None = Field(default=None, sa_type=LargeBinary)
    """zstd of the JSON of a `curation.judging.JudgeReply`; None when no model was asked."""
    omitted: str = Field(default="[]", sa_type=Text)
    """JSON list of `curation.judging.Omission`."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_s: float | None = None
    created_at: datetime = utc()


class VerdictRow(Base, table=True):
    """What a judge or a person says of a prediction and its reference. Appended, never changed: a
    row that withdraws another one says so. Of one prediction a person's latest verdict counts, else
    the latest that was applied automatically, else the latest of a judge."""

    __tablename__ = "verdict"
    __table_args__ = (
        UniqueConstraint("session_id", "n"),
        Index("ix_verdict_prediction_id_id", "prediction_id", "id"),
        Index("ix_verdict_run_id_prediction_id", "run_id", "prediction_id"),
        Index("ix_verdict_withdraws", "withdraws"),
    )
    id: int | None = Field(default=None, primary_key=True)
    prediction_id: int = Field(foreign_key="prediction.id")
    verdict: str | None = None
    unscored: str = ""
    """Why there is no verdict: `curation.consensus.RulingReason`."""
    detail: str = Field(default="", sa_type=Text)
    """How it came about, in a sentence (what the votes amount to)."""
    kind: str
    """`curation.standing.RulerKind`."""
    annotator_id: int = Field(foreign_key="annotator.id")
    run_id: int | None = Field(default=None, foreign_key="judge_run.id")
    is_blind: bool = False
    """A person ruled before they were shown what judges and others said."""
    note: str = Field(default="", sa_type=Text)
    action: str = Field(default="{}", sa_type=Text)
    """JSON of a `curation.standing.RulingAction`: what was done on it."""
    withdraws: int | None = Field(default=None, foreign_key="verdict.id")
    """The verdict that this row takes back; it gives none of its own."""
    session_id: str | None = None
    """Browser session or command that gave it; with `n` it makes delivery idempotent. None of a
    judge's, and of a withdrawal that belongs to a later ruling of the same annotator."""
    n: int | None = None
    created_at: datetime = utc()


class ChecklistItemRow(Base, table=True):
    """A version of an item of a tool's checklist; the latest row per item counts."""

    __tablename__ = "checklist_item"
    __table_args__ = (
        Index("ix_checklist_item_tool", "tool", "item_id", "id"),
        Index("ix_checklist_item_item_id", "item_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    item_id: str
    tool: str
    text: str = Field(sa_type=Text)
    category: str = ""
    """`taxonomy/category` of the mark that "no" asks for."""
    tool_hash: str = ""
    """`curation.checklists.tool_fingerprint` of the tool its author had before them."""
    retired: bool = False
    annotator_id: int = Field(foreign_key="annotator.id")
    created_at: datetime = utc()


class ChecklistVoteRow(Base, table=True):
    """One reply of a judge to a rubric that is answered item by item, about one place."""

    __tablename__ = "checklist_vote"
    __table_args__ = (
        UniqueConstraint(
            "run_id",
            "trajectory_id",
            "message_index",
            "number",
            name="uq_checklist_vote_question",
        ),
        Index("ix_checklist_vote_trajectory_id", "trajectory_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="judge_run.id")
    trajectory_id: int = Field(foreign_key="trajectory.id")
    message_index: int
    """The step, or the first step of the turn."""
    model: str
    number: int
    items: str = Field(default="[]", sa_type=Text)
    """JSON list of `curation.checklist_judging.ItemAnswer`."""
    unscored: str | None = None
    """`curation.judging.Unscored`; set when the reply cannot be read."""
    detail: str = Field(default="", sa_type=Text)
    reply: bytes | None = Field(default=None, sa_type=LargeBinary)
    """zstd of the JSON of a `curation.judging.JudgeReply`; None when there was none."""
    omitted: str = Field(default="[]", sa_type=Text)
    """JSON list of `curation.judging.Omission`."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_s: float | None = None
    created_at: datetime = utc()


class ChecklistRulingRow(Base, table=True):
    """What the votes of a run on one place amount to."""

    __tablename__ = "checklist_ruling"
    __table_args__ = (
        UniqueConstraint(
            "run_id", "trajectory_id", "message_index", name="uq_checklist_ruling_place"
        ),
        Index("ix_checklist_ruling_trajectory_id", "trajectory_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="judge_run.id")
    trajectory_id: int = Field(foreign_key="trajectory.id")
    message_index: int
    turn: int
    """1-based."""
    score: float | None = None
    """Share of the weights whose items hold; None while an item has no answer."""
    passes: bool | None = None
    """Whether every item that must hold does."""
    items: str = Field(default="[]", sa_type=Text)
    """JSON list of `curation.checklist_judging.ItemAnswer`, with what was asked."""
    created_at: datetime = utc()
