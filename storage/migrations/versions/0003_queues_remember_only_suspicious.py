"""Queues remember that they leave out what no check found anything in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "queue",
        sa.Column("only_suspicious", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
