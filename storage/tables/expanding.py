"""What was generated from verified errors, and the rounds it belongs to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import Base, utc


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
    created_at: datetime = utc()


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
    created_at: datetime = utc()


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
    created_at: datetime = utc()


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
    created_at: datetime = utc()


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
    created_at: datetime = utc()
    counts: str = Field(default="", sa_type=Text)
    """JSON of a `curation.rounds.RoundCounts` as of when it closed; "" while it is open."""
    mixture: str = Field(default="", sa_type=Text)
    """JSON of a `curation.mixture.MixtureRecord`; "" while it is open."""
    closed_by: int | None = Field(default=None, foreign_key="annotator.id")
    closed_at: datetime | None = utc(default=None)


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
