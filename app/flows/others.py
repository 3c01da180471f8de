"""What an act on many trajectories leaves alone: what is decided, in other hands, or said already.

Looking at one trajectory a person may say something of it whatever its state; doing the same to
many they look at none of them, so everything that is somebody else's to say stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import Connection

from storage import others


class LeftAlone(StrEnum):
    """Why a trajectory is not touched; the first that holds is named."""

    DECIDED = "decided"
    HELD = "held"
    COMMITTED = "committed"

    @property
    def words(self) -> str:
        """The reason as the end of a sentence."""
        return _WORDS[self]


_WORDS = {
    LeftAlone.DECIDED: "decided",
    LeftAlone.HELD: "in somebody else's hands",
    LeftAlone.COMMITTED: "committed by you already",
}


def why_left_alone(
    conn: Connection, annotator_id: int, trajectory_ids: Collection[int]
) -> dict[int, LeftAlone]:
    """Those of the trajectories that an act on many does not touch, each with the reason."""
    found: dict[int, LeftAlone] = {}
    for why, ids in (
        (LeftAlone.COMMITTED, others.committed_by(conn, annotator_id, trajectory_ids)),
        (LeftAlone.HELD, others.held_by_others(conn, annotator_id, trajectory_ids)),
        (LeftAlone.DECIDED, others.decided(conn, trajectory_ids)),
    ):
        found.update(dict.fromkeys(ids, why))
    return found
