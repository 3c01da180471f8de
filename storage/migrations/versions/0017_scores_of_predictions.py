"""Rewards are kept as scores of predictions, to filter and sort by"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "score",
        sa.Column("prediction_id", sa.Integer(), nullable=False),
        sa.Column("reward", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["prediction.id"], name="fk_score_prediction_id"
        ),
        sa.PrimaryKeyConstraint("prediction_id", "reward", name="pk_score"),
    )
    op.create_index(
        "ix_score_reward_value_prediction_id", "score", ["reward", "value", "prediction_id"]
    )
