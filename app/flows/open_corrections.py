"""Open corrections: what an annotator has typed and not saved yet, kept for every place of theirs.

The browser sends the whole draft within a second of a change, and names the revision it was made
over. A draft over an older revision than the one that is kept is refused with the newer one, so
that two tabs never overwrite each other; only what the same page sent before is replaced unasked.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from curation.errors import StoreError
from storage import open_corrections, trajectories
from storage.annotators import AnnotatorInfo, hold_annotator
from storage.engine import Store
from storage.open_corrections import OpenCorrection, find_open


class Kept(Struct, frozen=True):
    """What is kept of a trajectory for one annotator."""

    revision: int = 0
    """Grows with every change; 0: nothing was ever kept."""
    content: dict[str, Any] | None = None
    """As the browser sent it; None when nothing is open."""


class Sent(Struct, frozen=True):
    """Where a page stands with its draft."""

    session_id: str
    """Browser session of the page."""
    n: int
    """Number of this message among those that the page sends about drafts."""
    based_on: int
    """Revision that the page has seen last."""
    heir_of: str = ""
    """Session whose draft the page took over from this machine's disk: replaced like its own."""


class StaleDraft(StoreError):
    """Another page of the same annotator kept a newer draft."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(
            "Your correction of this trajectory was changed in another tab or on another device.",
            where="draft",
            hint="Compare both and choose; nothing of either is lost.",
        )
        self.kept = kept


def kept_of(conn: Connection, trajectory_id: int, annotator_id: int) -> Kept:
    """What is open of a trajectory for one annotator."""
    return _kept(find_open(conn, trajectory_id, annotator_id))


def keep_open(
    store: Store, annotator: AnnotatorInfo, uid: str, sent: Sent, content: dict[str, Any]
) -> int:
    """Keep a draft; returns its revision. Again with the same n, or out of order: nothing.

    Raises:
        NotFound: no such trajectory.
        StaleDraft: another page kept a newer draft.
    """
    with store.write() as conn:
        hold_annotator(conn, annotator.id)
        trajectory_id = trajectories.id_of(conn, uid)
        before = find_open(conn, trajectory_id, annotator.id)
        if before is not None and _is_older(before, sent):
            return before.revision
        if before is not None and before.content and not _may_replace(before, sent):
            raise StaleDraft(_kept(before))
        return _put(conn, trajectory_id, annotator, sent, msgspec.json.encode(content).decode())


def drop_open(store: Store, annotator: AnnotatorInfo, uid: str, sent: Sent) -> int:
    """The page has discarded its draft; what another page keeps stays. Returns the revision.

    Raises:
        NotFound: no such trajectory.
    """
    with store.write() as conn:
        hold_annotator(conn, annotator.id)
        return empty_open(conn, trajectories.id_of(conn, uid), annotator, sent)


def empty_open(conn: Connection, trajectory_id: int, annotator: AnnotatorInfo, sent: Sent) -> int:
    """As `drop_open`, in the transaction of a caller that holds the annotator."""
    before = find_open(conn, trajectory_id, annotator.id)
    if before is None:
        return 0
    if not before.content or _is_older(before, sent) or not _may_replace(before, sent):
        return before.revision
    return _put(conn, trajectory_id, annotator, sent, "")


def _is_older(before: OpenCorrection, sent: Sent) -> bool:
    return before.session_id == sent.session_id and sent.n <= before.n


def _may_replace(before: OpenCorrection, sent: Sent) -> bool:
    own = (sent.session_id, sent.heir_of)
    return before.session_id in own or before.revision == sent.based_on


def _put(
    conn: Connection, trajectory_id: int, annotator: AnnotatorInfo, sent: Sent, content: str
) -> int:
    return open_corrections.put_open(
        conn,
        trajectory_id=trajectory_id,
        annotator_id=annotator.id,
        session_id=sent.session_id,
        n=sent.n,
        content=content,
    )


def _kept(found: OpenCorrection | None) -> Kept:
    if found is None:
        return Kept()
    content = msgspec.json.decode(found.content) if found.content else None
    return Kept(found.revision, content)
