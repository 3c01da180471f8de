"""The tables. Row classes describe them for SQLModel and Alembic; rows never leave `storage/`.

Bulk paths use these tables through SQLAlchemy Core or the driver itself. Bodies (messages) are
compressed in their own table and tool sets are stored once by hash, so list views touch neither.
Everything a person or a rule said is appended; columns marked "projection" are derived from
appended rows in the same transaction and can be rebuilt.

Free-form values are JSON text: no query looks inside them, and both databases keep it exactly.
One file although it is long: whoever writes a query or a migration reads all of the schema at once.
The class base has a registry of its own because Streamlit's reload would define tables twice on
the shared one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, LargeBinary, Table, Text, UniqueConstraint, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on both databases; SQLite would hand back naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime was about to be stored")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value


class Base(SQLModel, registry=registry()):
    """Base of all rows."""


Base.metadata.naming_convention = NAMING


def table_of(row_class: type[Base]) -> Table:
    """The Core table of a row class: what queries and bulk paths use."""
    table: Table = row_class.__table__  # type: ignore[attr-defined]
    return table


def _utc(**kwargs: Any) -> Any:
    return Field(sa_type=UtcDateTime, **kwargs)


class DatasetRow(Base, table=True):
    """A named collection of imported trajectories."""

    __tablename__ = "dataset"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    format: str
    created_at: datetime = _utc()
    n_items: int = 0
    """Projection: trajectories in the dataset."""


class ToolSetRow(Base, table=True):
    """The tool specs of one or many trajectories, once."""

    __tablename__ = "tool_set"
    id: int | None = Field(default=None, primary_key=True)
    hash: str = Field(unique=True)
    """`curation.trajectory.tools_hash`."""
    n_tools: int
    body: bytes = Field(sa_type=LargeBinary)
    """zstd of `encode_tools`."""


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
    created_at: datetime = _utc()
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
    since: datetime = _utc()


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
    read_at: datetime = _utc()


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
    created_at: datetime = _utc()


class BodyRow(Base, table=True):
    """The messages of a trajectory: zstd of `encode_messages`."""

    __tablename__ = "body"
    trajectory_id: int = Field(primary_key=True, foreign_key="trajectory.id")
    content: bytes = Field(sa_type=LargeBinary)


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


class ProbeRunRow(Base, table=True):
    """One run in which a model was asked for its own answers."""

    __tablename__ = "probe_run"
    id: int | None = Field(default=None, primary_key=True)
    dataset: str
    """Name of the dataset; "" for all of them."""
    model: str
    base_url: str
    """Where the model was reached. A key is never stored with it."""
    parameters: str = Field(default="{}", sa_type=Text)
    """JSON object: temperature, rollouts, most tokens, …"""
    job_id: int | None = Field(default=None, foreign_key="job.id")
    answers: int = 0
    """What came back, and below what it cost."""
    unpriced: int = 0
    """Answers without a price on record or without reported tokens."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    """Of the answers that have a price."""
    created_at: datetime = _utc()


class ProbeFailureRow(Base, table=True):
    """A question of a probe that got no answer; gone when it is answered later."""

    __tablename__ = "probe_failure"
    __table_args__ = (UniqueConstraint("run_id", "trajectory_id", "message_index", "kind"),)
    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="probe_run.id")
    trajectory_id: int = Field(foreign_key="trajectory.id")
    message_index: int
    kind: str
    """`curation.predictions.PredictionKind`."""
    fault: str
    """`curation.model_faults.ModelFault`."""
    detail: str = Field(default="", sa_type=Text)
    created_at: datetime = _utc()


class PredictionRow(Base, table=True):
    """Another model's answer for a step."""

    __tablename__ = "prediction"
    __table_args__ = (
        UniqueConstraint(
            "trajectory_id",
            "message_index",
            "model",
            "kind",
            "content_hash",
            name="uq_prediction_answer",
        ),
        Index("ix_prediction_standing_id", "standing", "id"),
        Index("ix_prediction_run_id", "run_id"),
        Index(
            "ix_prediction_disputed",
            "id",
            sqlite_where=text("is_disputed"),
            postgresql_where=text("is_disputed"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    trajectory_id: int = Field(foreign_key="trajectory.id")
    message_index: int
    model: str
    kind: str = ""
    """`curation.predictions.PredictionKind`; "" where the source does not say."""
    content: str = Field(sa_type=Text)
    """JSON of a `curation.trajectory.Message`."""
    content_hash: str
    perplexity: float | None = None
    n_tokens: int | None = None
    """Tokens of the answer whose log-probabilities are summed."""
    sum_logprob: float | None = None
    """Sum of their natural log-probabilities; perplexity is exp(-sum / n)."""
    n_samples: int = 1
    """How often the model gave exactly this answer."""
    source: str = Field(default="{}", sa_type=Text)
    """JSON of what the source said of it besides (how its branch of a tree ended, say)."""
    run_id: int | None = Field(default=None, foreign_key="probe_run.id")
    """The probe that was answered so first; None for imported ones."""
    matches_strict: bool | None = None
    """Projection, as the two below: what the matcher of this name says of it (`curation.matching`),
    None until it was compared."""
    matches_looptool: bool | None = None
    matches_bfcl: bool | None = None
    mismatch: str = ""
    """Projection: `curation.matching.Mismatch` of the strict matcher; "" when it matches."""
    standing: str = ""
    """Projection of its verdicts: the one in force, "unscored", or "" while there is none."""
    decided_by: str = ""
    """Projection: `curation.standing.RulerKind` of the verdict in force; "" while there is none."""
    verdict_id: int | None = None
    """Projection: the row in force. No foreign key, since verdicts refer to predictions."""
    is_disputed: bool = False
    """Projection: its verdicts contradict each other and no person has settled it."""
    created_at: datetime = _utc()


class ScoreRow(Base, table=True):
    """Projection: what a reward says of a prediction, made again with its matches. No row where it
    says nothing."""

    __tablename__ = "score"
    __table_args__ = (
        Index("ix_score_reward_value_prediction_id", "reward", "value", "prediction_id"),
    )
    prediction_id: int = Field(primary_key=True, foreign_key="prediction.id")
    reward: str = Field(primary_key=True)
    """Name in `curation.scoring.score_kinds`."""
    value: float


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
    created_at: datetime = _utc()


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
    created_at: datetime = _utc()


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
    created_at: datetime = _utc()


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
    created_at: datetime = _utc()


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
    created_at: datetime = _utc()


class ExpansionRunRow(Base, table=True):
    """One run in which a model was asked for new samples grown from verified errors."""

    __tablename__ = "expansion_run"
    id: int | None = Field(default=None, primary_key=True)
    dataset: str
    """Name of the dataset whose errors are the seeds; "" for all of them."""
    target: str
    """Name of the dataset that admitted samples join."""
    model: str
    base_url: str
    """Where the model was reached. A key is never stored with it."""
    judge_models: str = Field(sa_type=Text)
    """JSON list of names."""
    judge_url: str
    rubric: str
    rubric_version: int
    rule: str = Field(sa_type=Text)
    """JSON of a `curation.consensus.ConsensusRule`."""
    parameters: str = Field(default="{}", sa_type=Text)
    """JSON object of what else was set: directives, seed of the draw, threshold, …"""
    job_id: int | None = Field(default=None, foreign_key="job.id")
    answers: int = 0
    """Replies of the model and the judge, and below what they cost."""
    unpriced: int = 0
    """Replies without a price on record or without reported tokens."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    """Of the replies that have a price."""
    created_at: datetime = _utc()


class ExpansionRow(Base, table=True):
    """One child that was asked for: where it comes from, what came back, what became of it."""

    __tablename__ = "expansion"
    __table_args__ = (
        UniqueConstraint("run_id", "seed_id", "number"),
        Index("ix_expansion_trajectory_id", "trajectory_id"),
        Index("ix_expansion_parent_id", "parent_id"),
        Index("ix_expansion_run_id_state", "run_id", "state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="expansion_run.id")
    seed_id: str
    """`curation.expansion.seeds.ErrorSeed.seed_id`."""
    number: int
    """0-based number of the child among those of its seed."""
    prediction_id: int = Field(foreign_key="prediction.id")
    verdict_id: int = Field(foreign_key="verdict.id")
    """The verdict in force that made the error a seed."""
    parent_id: int = Field(foreign_key="trajectory.id")
    message_index: int
    """Of the step in the parent."""
    directive: str
    """`name@version`."""
    state: str
    """`curation.expansion.lineage.ChildState`."""
    reason: str = ""
    """Why it was refused: `curation.expansion.refusals.Refusal`, or the name of a check."""
    detail: str = Field(default="", sa_type=Text)
    similarity: float | None = None
    """To its parent, 0 to 1; None when it was not compared."""
    nearest: float | None = None
    """To the most like of its siblings and of the rest of the data, where one is as like as the
    threshold."""
    nearest_to: str = ""
    """uid of that one, or which child of which seed it is."""
    reply: bytes | None = Field(default=None, sa_type=LargeBinary)
    """zstd of the JSON of a `curation.judging.JudgeReply`; None when there was none."""
    omitted: str = Field(default="[]", sa_type=Text)
    """JSON list of `curation.judging.Omission`: what the model was not shown."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    trajectory_id: int | None = Field(default=None, foreign_key="trajectory.id")
    """Of the admitted sample."""
    created_at: datetime = _utc()


class ExpansionVoteRow(Base, table=True):
    """One reply of a judge about a child, kept as it came."""

    __tablename__ = "expansion_vote"
    __table_args__ = (UniqueConstraint("expansion_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    expansion_id: int = Field(foreign_key="expansion.id")
    number: int
    model: str
    verdict: str = ""
    """`curation.expansion.verdict.AnswerVerdict`; "" when it says nothing that counts."""
    unscored: str = ""
    """Why the reply cannot be read: `curation.judging.Unscored`."""
    detail: str = Field(default="", sa_type=Text)
    items: str = Field(default="[]", sa_type=Text)
    """JSON list of `curation.checklist_judging.ItemAnswer`."""
    reply: bytes | None = Field(default=None, sa_type=LargeBinary)
    omitted: str = Field(default="[]", sa_type=Text)
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    created_at: datetime = _utc()


class CertificateRow(Base, table=True):
    """Why verdicts of one class were applied without a person, as it was known then. The verdicts
    applied under it carry its session."""

    __tablename__ = "certificate"
    id: int | None = Field(default=None, primary_key=True)
    judge: str
    """Key of a `curation.judge_identity.JudgeIdentity`."""
    dataset: str
    """Name of the dataset it holds for; "" for all data."""
    verdict: str
    content: str = Field(sa_type=Text)
    """JSON of a `curation.certificates.Certificate`."""
    session_id: str = Field(unique=True)
    annotator_id: int = Field(foreign_key="annotator.id")
    """Who let the class be applied."""
    created_at: datetime = _utc()


class RoundRow(Base, table=True):
    """A round of the loop. Begun once and closed once; what it came to is kept when it closes."""

    __tablename__ = "loop_round"
    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(unique=True)
    """1, 2, …"""
    setup: str = Field(sa_type=Text)
    """JSON of a `curation.rounds.RoundSetup`."""
    probe_run_id: int | None = Field(default=None, foreign_key="probe_run.id")
    """The probe it was started from; None when it was started from a model's name."""
    note: str = Field(default="", sa_type=Text)
    annotator_id: int = Field(foreign_key="annotator.id")
    """Who started it."""
    created_at: datetime = _utc()
    counts: str = Field(default="", sa_type=Text)
    """JSON of a `curation.rounds.RoundCounts` as of when it closed; "" while it is open."""
    mixture: str = Field(default="", sa_type=Text)
    """JSON of a `curation.mixture.MixtureRecord`; "" while it is open."""
    closed_by: int | None = Field(default=None, foreign_key="annotator.id")
    closed_at: datetime | None = _utc(default=None)


class MixtureStepRow(Base, table=True):
    """A step of a closed round's mixture."""

    __tablename__ = "mixture_step"
    __table_args__ = (Index("ix_mixture_step_trajectory_id", "trajectory_id"),)
    round_id: int = Field(primary_key=True, foreign_key="loop_round.id")
    trajectory_id: int = Field(primary_key=True, foreign_key="trajectory.id")
    message_index: int = Field(primary_key=True)
    part: str
    """`curation.mixture.Part`."""
    result_id: int | None = Field(default=None, foreign_key="trajectory.id")
    """The correction that is trained on in the trajectory's place; None for itself."""
    prediction_id: int | None = Field(default=None, foreign_key="prediction.id")
    """The answer that put it there; None where nobody was asked."""
    perplexity: float | None = None
    """Of that answer."""


class AnnotatorRow(Base, table=True):
    """A person or a judge."""

    __tablename__ = "annotator"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str = "human"
    created_at: datetime = _utc()


class QueueRow(Base, table=True):
    """How a dataset's tasks are handed out."""

    __tablename__ = "queue"
    dataset_id: int = Field(primary_key=True, foreign_key="dataset.id")
    policy: str = "suspicious"
    """`curation.queueing.Policy`."""
    seed: int = 0
    overlap: int = 1
    """Annotators per trajectory."""
    decide_alone: bool = True
    """Where all annotators agree, or the only one accepts or rejects, a rule decides at once."""
    only_suspicious: bool = False
    """Leave out what no check found anything in."""
    n_tasks: int = 0
    """Projection: slots of this queue; counting 100,000 of them at every key would be seen."""
    n_done: int = 0
    """Projection: slots that are done."""


class TaskRow(Base, table=True):
    """One slot: a trajectory waiting for one annotator. Claimed by a lease, done by a commit."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("dataset_id", "trajectory_id", "slot"),
        Index("ix_task_dataset_id_status_rank_id", "dataset_id", "status", "rank", "id"),
        Index("ix_task_trajectory_id", "trajectory_id"),
        Index("ix_task_annotator_id_status", "annotator_id", "status"),
    )
    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    trajectory_id: int = Field(foreign_key="trajectory.id")
    slot: int = 0
    rank: float
    """Order in the queue, ascending, fixed by the policy when queued."""
    status: str = "waiting"
    """waiting, claimed or done."""
    annotator_id: int | None = Field(default=None, foreign_key="annotator.id")
    leased_until: datetime | None = _utc(default=None)


class ActRow(Base, table=True):
    """One act of annotation, appended: the truth from which annotations are folded."""

    __tablename__ = "act"
    __table_args__ = (
        UniqueConstraint("session_id", "n"),
        Index("ix_act_annotator_id_trajectory_id", "annotator_id", "trajectory_id", "id"),
        Index("ix_act_annotator_id_id", "annotator_id", "id"),
        Index("ix_act_undoes", "undoes"),
        Index("ix_act_batch", "batch"),
    )
    id: int | None = Field(default=None, primary_key=True)
    trajectory_id: int = Field(foreign_key="trajectory.id")
    annotator_id: int = Field(foreign_key="annotator.id")
    kind: str
    payload: str = Field(sa_type=Text)
    session_id: str
    """Browser session that performed it; with `n` it makes delivery idempotent."""
    n: int
    undoes: int | None = Field(default=None, foreign_key="act.id")
    """The act this `undo` takes back, or the undo this `redo` takes back."""
    batch: str | None = None
    """Acts that were decided as one carry one name, and are undone as one; None: decided alone."""
    created_at: datetime = _utc()


class RefusalRow(Base, table=True):
    """An op that was refused, so that delivering it again gets the same answer."""

    __tablename__ = "refusal"
    session_id: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    annotator_id: int = Field(foreign_key="annotator.id")
    message: str = Field(sa_type=Text)
    hint: str = Field(default="", sa_type=Text)
    created_at: datetime = _utc()


class AnnotationRow(Base, table=True):
    """A committed annotation: the fold of the acts up to the commit. Appended, never changed."""

    __tablename__ = "annotation"
    __table_args__ = (
        UniqueConstraint("trajectory_id", "annotator_id", "revision"),
        Index("ix_annotation_created_at", "created_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    trajectory_id: int = Field(foreign_key="trajectory.id")
    annotator_id: int = Field(foreign_key="annotator.id")
    revision: int
    """1, 2, … per trajectory and annotator; the highest one counts."""
    retracted: bool = False
    """True when the commit was undone: then this annotator has said nothing."""
    outcome: str | None = None
    content: str = Field(sa_type=Text)
    """JSON of a `curation.annotation.Annotation`."""
    act_id: int = Field(foreign_key="act.id")
    """The commit (or the undo or redo of one) that wrote it."""
    created_at: datetime = _utc()


class MarkRow(Base, table=True):
    """The marks of a committed annotation, one row each, for filters and charts."""

    __tablename__ = "mark"
    __table_args__ = (Index("ix_mark_taxonomy_category", "taxonomy", "category"),)
    annotation_id: int = Field(primary_key=True, foreign_key="annotation.id")
    mark_id: str = Field(primary_key=True)
    trajectory_id: int = Field(foreign_key="trajectory.id", index=True)
    taxonomy: str
    category: str
    severity: str
    message_index: int | None = None
    call_index: int | None = None
    pointer: str | None = None
    root_cause: bool = False
    train: bool = True


class CorrectionRow(Base, table=True):
    """Who proposed a corrected trajectory, of which parent, and why. Of one author for one
    correction the latest whose act stands counts: proposing it again may give another reason."""

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_parent_id_trajectory_id", "parent_id", "trajectory_id"),)
    id: int | None = Field(default=None, primary_key=True)
    parent_id: int = Field(foreign_key="trajectory.id")
    trajectory_id: int = Field(foreign_key="trajectory.id")
    annotator_id: int = Field(foreign_key="annotator.id")
    act_id: int | None = Field(default=None, foreign_key="act.id")
    """The act that proposed it; null in rows from before this was recorded."""
    reason: str = Field(sa_type=Text)
    attested: str = Field(sa_type=Text, default="[]")
    """JSON list of message indexes that the author says are still true, whatever was changed."""
    simulated: str = Field(sa_type=Text, default="[]")
    """JSON list of `curation.simulated.SimulatedResult`: results that a model proposed."""
    created_at: datetime = _utc()


class OpenCorrectionRow(Base, table=True):
    """A correction that an annotator has not saved yet, as their browser keeps it. No act: the
    next state replaces it. Emptied, not deleted, so that its revisions only ever grow."""

    __tablename__ = "open_correction"
    trajectory_id: int = Field(primary_key=True, foreign_key="trajectory.id")
    annotator_id: int = Field(primary_key=True, foreign_key="annotator.id")
    revision: int
    """1, 2, … of what was kept or emptied here."""
    session_id: str
    """Browser session that kept it."""
    n: int
    """Its number in that session: what was sent earlier and arrives later changes nothing."""
    content: str = Field(sa_type=Text)
    """JSON object of the browser (`revision_draft.js`); empty when nothing is open."""
    kept_at: datetime = _utc()


class PresenceRow(Base, table=True):
    """Which trajectory a browser session has on screen. In the database, because studios of
    several processes share it."""

    __tablename__ = "presence"
    annotator_id: int = Field(primary_key=True, foreign_key="annotator.id")
    session_id: str = Field(primary_key=True)
    trajectory_id: int = Field(foreign_key="trajectory.id", index=True)
    seen_at: datetime = _utc()


class DecisionRow(Base, table=True):
    """The adjudicated result; the latest row per trajectory counts."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_trajectory_id_id", "trajectory_id", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    trajectory_id: int = Field(foreign_key="trajectory.id")
    outcome: str | None = None
    """accept or reject; None withdraws the earlier decision."""
    result_id: int | None = Field(default=None, foreign_key="trajectory.id")
    """What export uses: the trajectory itself or a correction of it."""
    content: str = Field(sa_type=Text)
    """JSON of the `Annotation` that the decision adopts (verdicts and marks)."""
    decided_by: int | None = Field(default=None, foreign_key="annotator.id")
    """None when the queue's rule decided alone."""
    rule: str = ""
    """Name of the rule that decided; "" for a person."""
    note: str = Field(default="", sa_type=Text)
    created_at: datetime = _utc()


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
    created_at: datetime = _utc()
    started_at: datetime | None = _utc(default=None)
    heartbeat_at: datetime | None = _utc(default=None)
    finished_at: datetime | None = _utc(default=None)


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
    created_at: datetime = _utc()


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
    created_at: datetime = _utc()


class ProblemRow(Base, table=True):
    """A record that could not be imported: kept so nothing is lost in silence."""

    __tablename__ = "problem"
    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id", index=True)
    where: str
    message: str = Field(sa_type=Text)
    hint: str = Field(default="", sa_type=Text)
    created_at: datetime = _utc()


class ExportRow(Base, table=True):
    """One finished export and its manifest."""

    __tablename__ = "export"
    id: int | None = Field(default=None, primary_key=True)
    type: str
    layout: str
    out: str
    n_rows: int
    manifest: str = Field(sa_type=Text)
    created_at: datetime = _utc()


class SavedViewRow(Base, table=True):
    """A named filter of Browse."""

    __tablename__ = "saved_view"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    query: str = Field(sa_type=Text)
    """JSON of `storage.browse.Filter`."""
    created_at: datetime = _utc()


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
    created_at: datetime = _utc()


class TaxonomyRow(Base, table=True):
    """A taxonomy that users added, as its TOML source; the highest version per name counts."""

    __tablename__ = "taxonomy"
    __table_args__ = (UniqueConstraint("name", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    version: int
    toml: str = Field(sa_type=Text)
    created_at: datetime = _utc()


class PreferenceRow(Base, table=True):
    """What one annotator likes to have otherwise; it follows them to another browser."""

    __tablename__ = "preference"
    __table_args__ = (UniqueConstraint("annotator_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    annotator_id: int = Field(foreign_key="annotator.id")
    name: str
    value: str = Field(sa_type=Text)
    """JSON."""
    changed_at: datetime = _utc()


class SettingRow(Base, table=True):
    """A studio-wide setting or secret (the key that signs annotators' sessions)."""

    __tablename__ = "setting"
    name: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)
