"""Where a new sample comes from, and what may become of one."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from curation.verdicts import Verdict


class ChildState(StrEnum):
    """How far a child is."""

    FAILED = "failed"
    """The endpoint gave no reply; asked again when the run goes on."""
    WRITTEN = "written"
    """There is a reply; whether it is admitted is not settled yet."""
    ADMITTED = "admitted"
    REFUSED = "refused"


class Lineage(Struct, frozen=True):
    """Where an admitted sample comes from."""

    parent_uid: str
    message_index: int
    """Of the step in the parent."""
    verdict: Verdict | None
    """On the error it was grown from; None when that was taken back since."""
    directive: str
    """`name@version`."""
    model: str
    """That wrote it."""
    similarity: float | None
    """To its parent, 0 to 1."""
