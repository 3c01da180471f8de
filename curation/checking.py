"""What a check is, what it finds, and how all of them are run over one trajectory.

The rules themselves live one per file in `curation/checks/`. A check is a function from a prepared
`CheckContext` to findings; the context holds what several rules need (parsed arguments, pairing,
validators), so that nothing is parsed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import Struct

from curation.registry import Registry
from curation.trajectory import Anchor, Trajectory


class Severity(StrEnum):
    """How sure a trainer would be hurt: error always, warning often, info worth a look."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(Struct, frozen=True):
    """What one check found at one anchor."""

    check: str
    """Stable name of the check, `family/kebab-case`."""
    version: int
    severity: Severity
    anchor: Anchor
    message: str
    """What is wrong, in one sentence, with the offending value quoted and shortened."""
    hint: str = ""
    """What would mend it, when the rule knows (nearest tool name, allowed values)."""
