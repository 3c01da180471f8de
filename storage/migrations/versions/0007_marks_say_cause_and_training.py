"""Marks have columns for being the root cause and for being learnt"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "mark", sa.Column("root_cause", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("mark", sa.Column("train", sa.Boolean(), nullable=False, server_default=sa.true()))
    _remember_root_causes()


def _remember_root_causes() -> None:
    """The columns are read from the annotations, where root causes have always been."""
    conn = op.get_bind()
    annotation = sa.table("annotation", sa.column("id"), sa.column("content"))
    mark = sa.table("mark", sa.column("annotation_id"), sa.column("mark_id"), sa.column("root_cause"))
    with_root = sa.select(annotation.c.id, annotation.c.content).where(
        annotation.c.content.like('%"root_cause":true%')
    )
    for row in conn.execute(with_root).all():
        roots = [m["mark_id"] for m in json.loads(row.content).get("marks", ()) if m.get("root_cause")]
        conn.execute(
            sa.update(mark)
            .where(mark.c.annotation_id == row.id, mark.c.mark_id.in_(roots))
            .values(root_cause=True)
        )
