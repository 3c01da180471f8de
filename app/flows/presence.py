"""Presence: who else has a trajectory on screen right now.

A page says so when it shows a trajectory and then every few seconds; whoever did not say so for
`PRESENT` is gone. Nothing is locked by it: two people may annotate one trajectory, they only see
each other.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import Struct

from storage import presence, trajectories
from storage.annotators import AnnotatorInfo, hold_annotator
from storage.engine import Store

PRESENT = timedelta(seconds=45)
"""How long a sign of life counts; pages give one every 15 s."""


class Company(Struct, frozen=True):
    """Who else is at a trajectory."""

    people: tuple[str, ...] = ()
    """Other annotators, by name."""
    tabs: tuple[str, ...] = ()
    """Other sessions of the same annotator."""


def say_present(
    store: Store,
    annotator: AnnotatorInfo,
    session_id: str,
    uid: str | None,
    *,
    now: datetime | None = None,
) -> Company:
    """A session shows a trajectory (None: none any more); returns who else does.

    Raises:
        NotFound: no such trajectory.
    """
    now = now or datetime.now(UTC)
    since = now - PRESENT
    with store.write() as conn:
        hold_annotator(conn, annotator.id)
        presence.forget_before(conn, annotator.id, since)
        if uid is None:
            presence.say_gone(conn, annotator.id, session_id)
            return Company()
        trajectory_id = trajectories.id_of(conn, uid)
        presence.say_here(conn, annotator.id, session_id, trajectory_id, now)
        sessions = presence.sessions_at(conn, trajectory_id, since)
    return Company(
        people=tuple(dict.fromkeys(name for who, name, _ in sessions if who != annotator.id)),
        tabs=tuple(s for who, _, s in sessions if who == annotator.id and s != session_id),
    )
