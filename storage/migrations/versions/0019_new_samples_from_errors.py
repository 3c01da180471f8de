"""New samples grown from verified errors: runs, children with their lineage, votes on them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expansion_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("judge_models", sa.Text(), nullable=False),
        sa.Column("judge_url", sa.String(), nullable=False),
        sa.Column("rubric", sa.String(), nullable=False),
        sa.Column("rubric_version", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("unpriced", sa.Integer(), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_expansion_run_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_expansion_run"),
    )
    op.create_table(
        "expansion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("seed_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("prediction_id", sa.Integer(), nullable=False),
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("message_index", sa.Integer(), nullable=False),
        sa.Column("directive", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=True),
        sa.Column("nearest", sa.Float(), nullable=True),
        sa.Column("nearest_to", sa.String(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("omitted", sa.Text(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("trajectory_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["expansion_run.id"], name="fk_expansion_run_id"),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["prediction.id"], name="fk_expansion_prediction_id"
        ),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdict.id"], name="fk_expansion_verdict_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["trajectory.id"], name="fk_expansion_parent_id"),
        sa.ForeignKeyConstraint(
            ["trajectory_id"], ["trajectory.id"], name="fk_expansion_trajectory_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_expansion"),
        sa.UniqueConstraint(
            "run_id", "seed_id", "number", name="uq_expansion_run_id_seed_id_number"
        ),
    )
    op.create_index("ix_expansion_trajectory_id", "expansion", ["trajectory_id"])
    op.create_index("ix_expansion_parent_id", "expansion", ["parent_id"])
    op.create_index("ix_expansion_run_id_state", "expansion", ["run_id", "state"])
    op.create_table(
        "expansion_vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expansion_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("unscored", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("omitted", sa.Text(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expansion_id"], ["expansion.id"], name="fk_expansion_vote_expansion_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_expansion_vote"),
        sa.UniqueConstraint(
            "expansion_id", "number", name="uq_expansion_vote_expansion_id_number"
        ),
    )
