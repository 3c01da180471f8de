"""Replay: what the same call got as its result elsewhere in the store.

A changed call needs a result that belongs to it. The cheapest true one is on record: another
trajectory in which the same tool was called with the same arguments (spacing, key order and ids
aside). Found by the search index, then compared call by call; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from curation.call_context import walk
from curation.stale import means_the_same
from curation.steps import pair_results
from curation.trajectory import ToolCall, Trajectory
from storage import browse, trajectories
from storage.browse import Filter
from storage.engine import Store
from storage.trajectories import StoredTrajectory

MOST_READ = 200
"""Trajectories that are read for one question."""
MOST_RESULTS = 5
MOST_WORDS = 8
"""Values of the call that the search asks for."""


class Recorded(Struct, frozen=True):
    """One result that the call got, and where."""

    text: str
    times: int
    """How many calls got exactly this result, of those read."""
    uid: str
    """One of the trajectories."""
    source_id: str
    message_index: int


def recorded_results(
    store: Store, name: str, arguments: str, *, apart_from: str = ""
) -> tuple[Recorded, ...]:
    """Different results of the same call elsewhere, the most frequent first.

    Args:
        name: of the tool.
        arguments: raw text; text that is no JSON object finds nothing.
        apart_from: uid of a trajectory that is not looked at: the one being corrected.
    """
    wanted = ToolCall(name, arguments)
    values = wanted.parsed().value
    if values is None:
        return ()
    text = phrases_of(values)
    with store.read() as conn:
        listed = browse.page(conn, Filter(tool=name, text=text), limit=MOST_READ).rows
        rows = {row.id: row for row in listed if row.uid != apart_from}
        found: dict[str, Recorded] = {}
        for stored in _read(conn, list(rows)):
            for index, answer in _answers(stored.trajectory, wanted):
                known = found.get(answer)
                times = known.times + 1 if known else 1
                source = rows[stored.id].source_id
                found[answer] = Recorded(answer, times, stored.uid, source, index)
    return tuple(sorted(found.values(), key=lambda r: -r.times)[:MOST_RESULTS])


def _read(conn: Connection, ids: list[int]) -> Iterator[StoredTrajectory]:
    """A few at a time: trajectories may be long."""
    for start in range(0, len(ids), 20):
        yield from trajectories.load_many(conn, ids[start : start + 20])


def phrases_of(values: dict[str, Any]) -> str | None:
    """The call's values as quoted phrases: whatever has the same call has these words."""
    words = [str(v).replace('"', " ") for _, v in walk(values) if isinstance(v, str | int)]
    telling = sorted({w for w in words if any(c.isalnum() for c in w)}, key=len, reverse=True)
    return " ".join(f'"{w}"' for w in telling[:MOST_WORDS]) or None


def _answers(trajectory: Trajectory, wanted: ToolCall) -> Iterator[tuple[int, str]]:
    results = pair_results(trajectory.messages).results
    for i, j, call in trajectory.calls():
        index = results.get((i, j))
        if index is not None and means_the_same(call, wanted):
            yield index, trajectory.messages[index].text
