"""What checking takes and gives: stored bodies in, findings out. Values only, no database.

Apart from `storage.findings`, which reads the one and writes the other, so that the processes that
check need neither SQLAlchemy nor the time and memory it takes to start.
"""

from __future__ import annotations

from msgspec import Struct

from curation.checking import Finding, Severity


class PackedBody(Struct, frozen=True, array_like=True):
    """A trajectory as stored, as little of it as checking needs."""

    id: int
    content: bytes
    tools: bytes


class FoundIn(Struct, frozen=True):
    """A finding and the name of the called tool it is about, when it is about one."""

    finding: Finding
    tool: str | None = None


class Checked(Struct, frozen=True):
    """All that the checks say of one trajectory."""

    trajectory_id: int
    suspicion: float
    findings: tuple[FoundIn, ...] = ()

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum([f.finding.severity is severity for f in self.findings])
