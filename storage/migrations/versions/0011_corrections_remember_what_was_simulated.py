"""Corrections remember which results a model proposed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('correction', schema=None) as batch_op:
        batch_op.add_column(sa.Column('simulated', sa.Text(), nullable=False, server_default='[]'))
