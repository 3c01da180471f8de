"""Indexes of rows with errors, for databases whose first schema was made before it had them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, table, columns, rows in (
        ("ix_trajectory_with_errors", "trajectory", ["id"], "n_errors > 0"),
        ("ix_finding_broken_tool", "finding", ["tool", "trajectory_id"], "severity = 'error'"),
    ):
        op.create_index(
            name,
            table,
            columns,
            sqlite_where=sa.text(rows),
            postgresql_where=sa.text(rows),
            if_not_exists=True,
        )
