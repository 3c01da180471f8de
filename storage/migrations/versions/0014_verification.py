"""Probes, judges, votes and verdicts; predictions remember how they came about and matched"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _runs()
    _predictions()
    _votes_and_verdicts()


def _runs() -> None:
    op.create_table(
        "probe_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_probe_run_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_probe_run"),
    )
    op.create_table(
        "judge_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("backend", sa.String(), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("rubric", sa.String(), nullable=False),
        sa.Column("rubric_version", sa.Integer(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_judge_run_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_judge_run"),
    )


def _predictions() -> None:
    with op.batch_alter_table("prediction") as table:
        table.add_column(sa.Column("kind", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("n_tokens", sa.Integer(), nullable=True))
        table.add_column(sa.Column("sum_logprob", sa.Float(), nullable=True))
        table.add_column(sa.Column("run_id", sa.Integer(), nullable=True))
        for name in ("matches_strict", "matches_looptool", "matches_bfcl"):
            table.add_column(sa.Column(name, sa.Boolean(), nullable=True))
        for name in ("mismatch", "standing", "decided_by"):
            table.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("verdict_id", sa.Integer(), nullable=True))
        table.add_column(
            sa.Column("is_disputed", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.create_foreign_key("fk_prediction_run_id", "probe_run", ["run_id"], ["id"])
        # One answer may be both what a model is surest of and what it says now and then.
        table.drop_constraint(
            "uq_prediction_trajectory_id_message_index_model_content_hash", type_="unique"
        )
        table.create_unique_constraint(
            "uq_prediction_answer",
            ["trajectory_id", "message_index", "model", "kind", "content_hash"],
        )
    op.create_index("ix_prediction_standing_id", "prediction", ["standing", "id"])
    op.create_index("ix_prediction_run_id", "prediction", ["run_id"])
    op.create_index(
        "ix_prediction_disputed",
        "prediction",
        ["id"],
        sqlite_where=sa.text("is_disputed"),
        postgresql_where=sa.text("is_disputed"),
    )


def _votes_and_verdicts() -> None:
    op.create_table(
        "vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("prediction_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("unscored", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("error_analysis", sa.Text(), nullable=False),
        sa.Column("correct_approach", sa.Text(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("omitted", sa.Text(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("latency_s", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["judge_run.id"], name="fk_vote_run_id"),
        sa.ForeignKeyConstraint(["prediction_id"], ["prediction.id"], name="fk_vote_prediction_id"),
        sa.PrimaryKeyConstraint("id", name="pk_vote"),
        sa.UniqueConstraint(
            "run_id",
            "prediction_id",
            "model",
            "order",
            "number",
            name="uq_vote_run_id_prediction_id_model_order_number",
        ),
    )
    op.create_index("ix_vote_prediction_id", "vote", ["prediction_id"])
    op.create_table(
        "verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prediction_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("unscored", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("is_blind", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("withdraws", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["prediction.id"], name="fk_verdict_prediction_id"
        ),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotator.id"], name="fk_verdict_annotator_id"),
        sa.ForeignKeyConstraint(["run_id"], ["judge_run.id"], name="fk_verdict_run_id"),
        sa.ForeignKeyConstraint(["withdraws"], ["verdict.id"], name="fk_verdict_withdraws"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
        sa.UniqueConstraint("session_id", "n", name="uq_verdict_session_id_n"),
    )
    op.create_index("ix_verdict_prediction_id_id", "verdict", ["prediction_id", "id"])
    op.create_index("ix_verdict_run_id", "verdict", ["run_id"])
    op.create_index("ix_verdict_withdraws", "verdict", ["withdraws"])
