"""Only the steps that were asked for: an export of a mixture holds those, and no others.

Which they are is said of the trajectory as it was judged; what is trained on may be a correction of
it, in which they stand elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from curation.diffing import aligned
from curation.export_reasons import Dropped
from curation.exporting import Completion, Curated, Example, Judged, Pair
from curation.judged_rows import Rewarded


def of_mixed_steps(
    examples: Iterable[Example | Dropped], curated: Curated
) -> Iterator[Example | Dropped]:
    """The examples about steps that are asked for. What speaks of no single step stays."""
    if curated.mixed is None:
        yield from examples
        return
    wanted = _in_what_is_trained(curated, curated.mixed)
    for example in examples:
        match example:
            case Completion() | Judged() | Pair() | Rewarded():
                step: int | None = example.step
            case Dropped():
                step = example.step
            case _:
                step = None
        if step is None or step in wanted:
            yield example


def _in_what_is_trained(curated: Curated, steps: frozenset[int]) -> frozenset[int]:
    if curated.original is None:
        return steps
    pairs = aligned(curated.original.messages, curated.trajectory.messages)
    return frozenset(j for i, j in pairs if i in steps and j is not None)
