"""Acts that were decided as one carry the name of their batch"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('act', schema=None) as batch_op:
        batch_op.add_column(sa.Column('batch', sa.String(), nullable=True))
        batch_op.create_index('ix_act_batch', ['batch'], unique=False)
