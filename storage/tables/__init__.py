"""The tables. Row classes describe them for SQLModel and Alembic; rows never leave `storage/`.

Bulk paths use these tables through SQLAlchemy Core or the driver itself. Bodies (messages) are
compressed in their own table and tool sets are stored once by hash, so list views touch neither.
Everything a person or a rule said is appended; columns marked "projection" are derived from
appended rows in the same transaction and can be rebuilt.

Free-form values are JSON text: no query looks inside them, and both databases keep it exactly.
One file a subject; importing the package loads them all, which Alembic and foreign keys between
files need.
"""

from storage.tables.base import Base, UtcDateTime, table_of
from storage.tables.benchmarks import (
    BenchmarkComparedRow,
    BenchmarkEntryRow,
    BenchmarkRow,
    ContaminationHitRow,
    HitRulingRow,
)
from storage.tables.expanding import (
    CertificateRow,
    ExpansionRow,
    ExpansionRunRow,
    ExpansionVoteRow,
    MixtureStepRow,
    RoundRow,
)
from storage.tables.imported import (
    BodyRow,
    DatasetRow,
    DatasetTermsRow,
    ImportRow,
    ItemRow,
    ProblemRow,
    ToolRow,
    ToolSetRow,
    ToolUseRow,
    TrajectoryRow,
)
from storage.tables.judging import (
    ChecklistItemRow,
    ChecklistRulingRow,
    ChecklistVoteRow,
    FindingRow,
    JudgeRunRow,
    VerdictRow,
    VoteRow,
)
from storage.tables.labelling import (
    ActRow,
    AnnotationRow,
    AnnotatorRow,
    CorrectionRow,
    DecisionRow,
    MarkRow,
    OpenCorrectionRow,
    PresenceRow,
    QueueRow,
    RefusalRow,
    TaskRow,
    TaxonomyRow,
)
from storage.tables.likeness import EmbeddingRow, GroupLinkRow, NearKeyRow, SplitSideRow
from storage.tables.probing import PredictionRow, ProbeFailureRow, ProbeRunRow, ScoreRow
from storage.tables.running import ExportRow, JobRow, PreferenceRow, SavedViewRow, SettingRow

__all__ = [
    "ActRow",
    "AnnotationRow",
    "AnnotatorRow",
    "Base",
    "BenchmarkComparedRow",
    "BenchmarkEntryRow",
    "BenchmarkRow",
    "BodyRow",
    "CertificateRow",
    "ChecklistItemRow",
    "ChecklistRulingRow",
    "ChecklistVoteRow",
    "ContaminationHitRow",
    "CorrectionRow",
    "DatasetRow",
    "DatasetTermsRow",
    "DecisionRow",
    "EmbeddingRow",
    "ExpansionRow",
    "ExpansionRunRow",
    "ExpansionVoteRow",
    "ExportRow",
    "FindingRow",
    "GroupLinkRow",
    "HitRulingRow",
    "ImportRow",
    "ItemRow",
    "JobRow",
    "JudgeRunRow",
    "MarkRow",
    "MixtureStepRow",
    "NearKeyRow",
    "OpenCorrectionRow",
    "PredictionRow",
    "PreferenceRow",
    "PresenceRow",
    "ProbeFailureRow",
    "ProbeRunRow",
    "ProblemRow",
    "QueueRow",
    "RefusalRow",
    "RoundRow",
    "SavedViewRow",
    "ScoreRow",
    "SettingRow",
    "SplitSideRow",
    "TaskRow",
    "TaxonomyRow",
    "ToolRow",
    "ToolSetRow",
    "ToolUseRow",
    "TrajectoryRow",
    "UtcDateTime",
    "VerdictRow",
    "VoteRow",
    "table_of",
]
