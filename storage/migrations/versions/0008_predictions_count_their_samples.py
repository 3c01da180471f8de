"""Predictions count equal samples and keep what their source said of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('prediction', schema=None) as batch_op:
        batch_op.add_column(
            sa.Column('n_samples', sa.Integer(), nullable=False, server_default='1')
        )
        batch_op.add_column(sa.Column('source', sa.Text(), nullable=False, server_default='{}'))
