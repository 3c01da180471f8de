"""What a selection takes and leaves, by tool, category, domain, length and difficulty."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from curation.selecting import Chosen
from curation.selection import By
from curation.selection_facts import TAKEN


class Part(Struct, frozen=True):
    """Trajectories with one value. One with several tools counts at each of them."""

    by: By
    value: str
    taken: int
    left_out: int


def composition(chosen: Chosen) -> tuple[Part, ...]:
    """Every value of everything that is known; the largest first where values have no order."""
    found: list[Part] = []
    taken = chosen.reasons == TAKEN
    for by, labels in chosen.buckets.items():
        n = len(labels.names)
        is_taken = taken[labels.rows()]
        kept = np.bincount(labels.codes[is_taken], minlength=n).tolist()
        left = np.bincount(labels.codes[~is_taken], minlength=n).tolist()
        parts = [Part(by, labels.names[i], kept[i], left[i]) for i in range(n) if kept[i] + left[i]]
        if by not in (By.LENGTH, By.DIFFICULTY):
            parts.sort(key=lambda part: (-part.taken - part.left_out, part.value))
        found += parts
    return tuple(found)
