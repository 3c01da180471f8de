"""Revisions in short: keep everything but one thing."""

from __future__ import annotations

from typing import Any

from curation.revising import CallRevision, MessageRevision, Revision
from curation.trajectory import Trajectory


def revised(base: Trajectory | int, entry: MessageRevision) -> Revision:
    """Every message as it is, but the one that `entry` is from; a base or its length."""
    n = base if isinstance(base, int) else len(base.messages)
    return tuple(entry if i == entry.origin else i for i in range(n))


def arguments(
    message: int, text: str, call: int = 0, n_calls: int = 1, **more: Any
) -> MessageRevision:
    """Other arguments for one call of a message."""
    calls = tuple(
        CallRevision(origin=j, arguments=text, **more) if j == call else CallRevision(origin=j)
        for j in range(n_calls)
    )
    return MessageRevision(origin=message, calls=calls)


def content(message: int, text: str) -> MessageRevision:
    """Another text for one message."""
    return MessageRevision(origin=message, content=text)
