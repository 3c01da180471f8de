"""Which side of a split a group was put on, and what near-duplicates are found by"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "near_key",
        sa.Column("key", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("trajectory_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(
            ["trajectory_id"], ["trajectory.id"], name="fk_near_key_trajectory_id"
        ),
        sa.PrimaryKeyConstraint("key", "trajectory_id", name="pk_near_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "split_side",
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "group_key", name="pk_split_side"),
        sqlite_with_rowid=False,
    )
