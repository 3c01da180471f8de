"""How a flow tells whoever runs it how far it is, and asks whether to go on.

The same flow runs in the foreground of a command, in the worker as a durable job, and in tests.
It only knows this small face: report progress, read the checkpoint it left last time, and save one
in the same transaction as the work it stands for (so that nothing is redone or lost).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection


class Cancelled(Exception):
    """Raised out of `report` when the user cancelled; finished work stays."""


class Run:
    """A run that nobody watches: no progress, no checkpoint, never cancelled."""

    checkpoint: dict[str, Any] = {}  # noqa: RUF012 - subclasses assign, never mutate
    """What `save` stored when the run was interrupted; {} at the first start."""

    job_id: int | None = None
    """The job this is the run of; None in a command."""

    def report(self, done: int, total: int | None = None, unit: str = "") -> None:
        """Say how many units are done, of how many (None: unknown).

        Raises:
            Cancelled: the user asked to stop; call it only between transactions.
        """

    def save(self, conn: Connection, checkpoint: dict[str, Any]) -> None:
        """Store where to resume, within the caller's transaction."""
