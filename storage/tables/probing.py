"""What other models answered at a step, and how a step scored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import Base, utc


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
    created_at: datetime = utc()


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
    created_at: datetime = utc()


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
    created_at: datetime = utc()


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
