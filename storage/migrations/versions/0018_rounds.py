"""Rounds of the loop and the steps of their mixtures"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loop_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("setup", sa.Text(), nullable=False),
        sa.Column("probe_run_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("mixture", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["probe_run_id"], ["probe_run.id"], name="fk_loop_round_probe_run_id"
        ),
        sa.ForeignKeyConstraint(
            ["annotator_id"], ["annotator.id"], name="fk_loop_round_annotator_id"
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["annotator.id"], name="fk_loop_round_closed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_loop_round"),
        sa.UniqueConstraint("number", name="uq_loop_round_number"),
    )
    op.create_table(
        "mixture_step",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("trajectory_id", sa.Integer(), nullable=False),
        sa.Column("message_index", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=True),
        sa.Column("prediction_id", sa.Integer(), nullable=True),
        sa.Column("perplexity", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["loop_round.id"], name="fk_mixture_step_round_id"),
        sa.ForeignKeyConstraint(
            ["trajectory_id"], ["trajectory.id"], name="fk_mixture_step_trajectory_id"
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["trajectory.id"], name="fk_mixture_step_result_id"
        ),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["prediction.id"], name="fk_mixture_step_prediction_id"
        ),
        sa.PrimaryKeyConstraint(
            "round_id", "trajectory_id", "message_index", name="pk_mixture_step"
        ),
    )
    op.create_index("ix_mixture_step_trajectory_id", "mixture_step", ["trajectory_id"])
