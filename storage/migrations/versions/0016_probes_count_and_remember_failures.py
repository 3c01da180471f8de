"""Probes count what they cost, and remember the questions that got no answer"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("probe_run") as table:
        for name in ("answers", "unpriced", "tokens_in", "tokens_out"):
            table.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("cost_usd", sa.Float(), nullable=False, server_default="0"))
    op.create_table(
        "probe_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("trajectory_id", sa.Integer(), nullable=False),
        sa.Column("message_index", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["probe_run.id"], name="fk_probe_failure_run_id"),
        sa.ForeignKeyConstraint(
            ["trajectory_id"], ["trajectory.id"], name="fk_probe_failure_trajectory_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_probe_failure"),
        sa.UniqueConstraint(
            "run_id",
            "trajectory_id",
            "message_index",
            "kind",
            name="uq_probe_failure_run_id_trajectory_id_message_index_kind",
        ),
    )
