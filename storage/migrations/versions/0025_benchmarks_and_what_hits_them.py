"""Benchmarks that data is held against, and which trajectories hold part of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "benchmark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("n_entries", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_benchmark"),
        sa.UniqueConstraint("name", name="uq_benchmark_name"),
    )
    op.create_table(
        "benchmark_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("benchmark_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("tools", sa.LargeBinary(), nullable=False),
        sa.Column("prints", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["benchmark_id"], ["benchmark.id"], name="fk_benchmark_entry_benchmark_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_benchmark_entry"),
        sa.UniqueConstraint("benchmark_id", "hash", name="uq_benchmark_entry_benchmark_id_hash"),
    )
    op.create_table(
        "benchmark_compared",
        sa.Column("benchmark_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("trajectory_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(
            ["benchmark_id"], ["benchmark.id"], name="fk_benchmark_compared_benchmark_id"
        ),
        sa.ForeignKeyConstraint(
            ["trajectory_id"], ["trajectory.id"], name="fk_benchmark_compared_trajectory_id"
        ),
        sa.PrimaryKeyConstraint("benchmark_id", "trajectory_id", name="pk_benchmark_compared"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contamination_hit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("benchmark_id", sa.Integer(), nullable=False),
        sa.Column("trajectory_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("runs", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["benchmark_id"], ["benchmark.id"], name="fk_contamination_hit_benchmark_id"
        ),
        sa.ForeignKeyConstraint(
            ["trajectory_id"], ["trajectory.id"], name="fk_contamination_hit_trajectory_id"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["benchmark_entry.id"], name="fk_contamination_hit_entry_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contamination_hit"),
        sa.UniqueConstraint(
            "trajectory_id", "entry_id", "kind",
            name="uq_contamination_hit_trajectory_id_entry_id_kind",
        ),
    )  # fmt: skip
    op.create_index(
        "ix_contamination_hit_benchmark_id_id", "contamination_hit", ["benchmark_id", "id"]
    )
    op.create_table(
        "hit_ruling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trajectory_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dismissed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["trajectory_id"], ["trajectory.id"], name="fk_hit_ruling_trajectory_id"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["benchmark_entry.id"], name="fk_hit_ruling_entry_id"
        ),
        sa.ForeignKeyConstraint(
            ["annotator_id"], ["annotator.id"], name="fk_hit_ruling_annotator_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hit_ruling"),
    )
    op.create_index(
        "ix_hit_ruling_trajectory_id", "hit_ruling", ["trajectory_id", "entry_id", "kind"]
    )
