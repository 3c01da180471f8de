"""Small words on screens."""

from __future__ import annotations

OUTCOME_ICONS = {"accept": "✓ accept", "reject": "✗ reject", "unsure": "? unsure"}
"""An outcome as icon and word."""


def counted(n: int, noun: str) -> str:
    """`1 place`, `2 places`, `1,204 trajectories`."""
    if n == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n:,} {plural}"
