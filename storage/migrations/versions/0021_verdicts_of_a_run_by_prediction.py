"""What a run said of one prediction is found without reading all that it said"""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_verdict_run_id", "verdict")
    op.create_index("ix_verdict_run_id_prediction_id", "verdict", ["run_id", "prediction_id"])
