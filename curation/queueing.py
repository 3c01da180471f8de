"""In which order trajectories are handed to annotators, and the states they pass through.

Only the arithmetic: suspicion from findings, and a rank per task that is fixed when the task is
queued. Claiming, leases and storing are not done here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum

from curation.checking import Finding, Severity


class State(StrEnum):
    """Where a trajectory is on its way from import to decision."""

    NEW = "new"
    """Imported, in nobody's queue."""
    QUEUED = "queued"
    """Has at least one task that is not done."""
    ANNOTATED = "annotated"
    """All its tasks are done; nothing is decided yet."""
    DISPUTED = "disputed"
    """Its annotations differ, so a person has to decide."""
    DECIDED = "decided"
    """A decision stands."""


class Policy(StrEnum):
    """Which trajectory comes first."""

    SUSPICIOUS = "suspicious"
    """Most suspicious by its findings first; equals in the order of import."""
    OLDEST = "oldest"
    """In the order of import."""
    RANDOM = "random"
    """Shuffled by a seed; the same seed gives the same order on every machine."""


_WEIGHTS = {Severity.ERROR: 10_000.0, Severity.WARNING: 100.0, Severity.INFO: 1.0}
_MOST = 99
"""Findings of one severity that count; below it no number of warnings outranks an error."""


def suspicion(findings: Iterable[Finding]) -> float:
    """How much a trajectory deserves a look: errors outrank warnings, warnings outrank infos.

    0.0 means that no check found anything; otherwise 10,000 an error, 100 a warning, 1 an info,
    each counted up to 99 times, so two trajectories compare by errors, then warnings, then infos.
    """
    counts = dict.fromkeys(_WEIGHTS, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return sum(weight * min(counts[severity], _MOST) for severity, weight in _WEIGHTS.items())


def rank(policy: Policy, *, suspicion: float, position: int, uid: str, seed: int) -> float:
    """The place of a task in its queue; the lowest is handed out first.

    `position` counts the trajectories in the order of import. Equal ranks are left to the
    queue's second key (the task's id), which follows the order of import too.
    """
    match policy:
        case Policy.SUSPICIOUS:
            return -suspicion
        case Policy.OLDEST:
            return float(position)
        case Policy.RANDOM:
            digest = hashlib.sha256(f"{seed}\n{uid}".encode()).digest()
            return int.from_bytes(digest[:6], "big") / 2**48
