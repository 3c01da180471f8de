"""Corrections that are not saved yet, and who has which trajectory on screen"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('open_correction',
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('annotator_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.String(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['annotator_id'], ['annotator.id'], name=op.f('fk_open_correction_annotator_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_open_correction_trajectory_id')),
    sa.PrimaryKeyConstraint('trajectory_id', 'annotator_id', name=op.f('pk_open_correction'))
    )
    op.create_table('presence',
    sa.Column('annotator_id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.String(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['annotator_id'], ['annotator.id'], name=op.f('fk_presence_annotator_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_presence_trajectory_id')),
    sa.PrimaryKeyConstraint('annotator_id', 'session_id', name=op.f('pk_presence'))
    )
    op.create_index('ix_presence_trajectory_id', 'presence', ['trajectory_id'], unique=False)
