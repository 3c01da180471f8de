"""What people do: queues and tasks, acts, annotations, corrections, decisions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import Base, utc


class AnnotatorRow(Base, table=True):
    """A person or a judge."""

    __tablename__ = "annotator"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str = "human"
    created_at: datetime = utc()


class PresenceRow(Base, table=True):
    """Which trajectory a browser session has on screen. In the database, because studios of
    several processes share it."""

    __tablename__ = "presence"
    annotator_id: int = Field(primary_key=True, foreign_key="annotator.id")
    session_id: str = Field(primary_key=True)
    trajectory_id: int = Field(foreign_key="trajectory.id", index=True)
    seen_at: datetime = utc()


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
    leased_until: datetime | None = utc(default=None)


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
    created_at: datetime = utc()


class RefusalRow(Base, table=True):
    """An op that was refused, so that delivering it again gets the same answer."""

    __tablename__ = "refusal"
    session_id: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    annotator_id: int = Field(foreign_key="annotator.id")
    message: str = Field(sa_type=Text)
    hint: str = Field(default="", sa_type=Text)
    created_at: datetime = utc()


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
    created_at: datetime = utc()


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
    created_at: datetime = utc()


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
    kept_at: datetime = utc()


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
    created_at: datetime = utc()


class TaxonomyRow(Base, table=True):
    """A taxonomy that users added, as its TOML source; the highest version per name counts."""

    __tablename__ = "taxonomy"
    __table_args__ = (UniqueConstraint("name", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    version: int
    toml: str = Field(sa_type=Text)
    created_at: datetime = utc()
