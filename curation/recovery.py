"""How a step deals with an error that came before it.

The axes on which CRITICTOOL (arXiv 2506.13977, §2) scores a model that meets an error: reflect,
correct, retry, skip or finish; and "ignored", its error ignorance, for a step that does none of
them. A step may do several at once (notice the error and repair it), so it has a set of labels.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class Recovery(StrEnum):
    """One thing a step may do about an earlier error."""

    REFLECTED = "reflected"
    CORRECTED = "corrected"
    RETRIED = "retried"
    SKIPPED = "skipped"
    FINISHED = "finished"
    IGNORED = "ignored"


class RecoveryLabel(Struct, frozen=True):
    """How a label is shown and typed."""

    name: Recovery
    code: str
    """The letter that sets it after the leader key; unique."""
    definition: str


RECOVERY_LABELS = (
    RecoveryLabel(
        Recovery.REFLECTED, "r", "Says that something went wrong, and of what kind the error is."
    ),
    RecoveryLabel(
        Recovery.CORRECTED, "c", "Repairs it: the right tool with the right arguments now."
    ),
    RecoveryLabel(
        Recovery.RETRIED, "t", "Makes the failed call once more as it was, hoping for better."
    ),
    RecoveryLabel(
        Recovery.SKIPPED, "s", "Gives the failing part up and goes on with the rest of the task."
    ),
    RecoveryLabel(
        Recovery.FINISHED, "f", "Ends the task because of it and tells the user how things stand."
    ),
    RecoveryLabel(
        Recovery.IGNORED, "i", "Goes on as if nothing had happened; excludes all the others."
    ),
)

Labels = tuple[Recovery, ...]


def with_label(labels: Iterable[Recovery], label: Recovery, holds: bool) -> Labels:
    """`labels` with one of them set or cleared, in the order of `Recovery`."""
    kept = {one for one in labels if one is not label}
    if holds and label is Recovery.IGNORED:
        kept = set()
    elif holds:
        kept.discard(Recovery.IGNORED)
    if holds:
        kept.add(label)
    return tuple(one for one in Recovery if one in kept)
