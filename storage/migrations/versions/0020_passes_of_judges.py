"""Judges answer rubrics item by item; what they find wanting are findings of their own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "judge_run", sa.Column("about", sa.String(), nullable=False, server_default="pair")
    )
    op.add_column("finding", sa.Column("run_id", sa.Integer(), nullable=True))
    op.create_table(
        "checklist_vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("trajectory_id", sa.Integer(), nullable=False),
        sa.Column("message_index", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("unscored", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("omitted", sa.Text(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("latency_s", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["judge_run.id"], name="fk_checklist_vote_run_id"),
        sa.ForeignKeyConstraint(
            ["trajectory_id"], ["trajectory.id"], name="fk_checklist_vote_trajectory_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_checklist_vote"),
        sa.UniqueConstraint(
            "run_id",
            "trajectory_id",
            "message_index",
            "number",
            name="uq_checklist_vote_question",
        ),
    )
    op.create_index("ix_checklist_vote_trajectory_id", "checklist_vote", ["trajectory_id"])
    op.create_table(
        "checklist_ruling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("trajectory_id", sa.Integer(), nullable=False),
        sa.Column("message_index", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("passes", sa.Boolean(), nullable=True),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["judge_run.id"], name="fk_checklist_ruling_run_id"),
        sa.ForeignKeyConstraint(
            ["trajectory_id"], ["trajectory.id"], name="fk_checklist_ruling_trajectory_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_checklist_ruling"),
        sa.UniqueConstraint(
            "run_id", "trajectory_id", "message_index", name="uq_checklist_ruling_place"
        ),
    )
    op.create_index("ix_checklist_ruling_trajectory_id", "checklist_ruling", ["trajectory_id"])
