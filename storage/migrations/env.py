"""What Alembic runs: always on a connection that `storage.migrations.running` has opened.

There is no alembic.ini: the connection carries the transaction and the lock, and `loopwright
migrate` is the only command that a user needs.
"""

from __future__ import annotations

from alembic import context

from storage.migrations.running import include_name, render_item
from storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter a column in place; batch mode copies the table.
    render_as_batch=True,
    include_name=include_name,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
