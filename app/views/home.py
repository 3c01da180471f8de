"""The bare address: to the queue when there is work, to Ingest when the store is empty."""

from __future__ import annotations

from app import session
from app.flows.browse import choices
from app.views.navigation import go


def show() -> None:
    """Leave for the page where the next act is."""
    go("queue" if choices(session.store()).datasets else "ingest")
