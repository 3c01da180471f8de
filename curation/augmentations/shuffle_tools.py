"""Augmentation: the tools in another order."""

from __future__ import annotations

from random import Random

import msgspec
from msgspec.structs import replace

from curation.augment_reasons import Barred
from curation.augmenting import Original, augmentation
from curation.example_parts import trained
from curation.exporting import Example


@augmentation(
    "shuffle-tools", title="Tools in another order", types=("sft", "dpo", "kto", "stepwise", "rl")
)
def shuffle_tools(original: Original, rng: Random) -> Example | Barred:
    """The tool definitions stand in another order; everything else stays (xLAM)."""
    example = trained(original.example)
    encoded = [msgspec.json.encode(tool) for tool in example.tools]
    if len(set(encoded)) < 2:
        return Barred.NOTHING_TO_CHANGE
    order = list(range(len(encoded)))
    while [encoded[n] for n in order] == encoded:
        rng.shuffle(order)
    return replace(example, tools=tuple([example.tools[n] for n in order]))
