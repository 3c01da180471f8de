"""What may be asked of an export for reinforcement learning."""

from __future__ import annotations

import hashlib
from typing import Annotated

from msgspec import Meta, Struct


class RlOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """Which steps are rewarded."""

    no_call: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    """Share of the steps whose right answer makes no call that are kept, 0 to 1.

    Their reward is 1 for any words, so they teach restraint and nothing else; a few of them keep a
    model from calling tools always (Tool-N1 mixes them in by ratio, methods §5.5), many of them
    make groups of answers with equal rewards, from which GRPO learns nothing.
    """


def keeps_no_call(options: RlOptions, uid: str, step: int) -> bool:
    """Whether a step without a call is among those kept: by a stable hash of its place."""
    digest = hashlib.sha256(f"{uid}\0{step}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < options.no_call * 2**64
