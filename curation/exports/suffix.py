"""No row may hold a result that belongs to a call as it was before its correction.

What is stale is `curation/stale.py`; here it is decided which rows that concerns: those that reach
as far as a stale message which nobody attested. A row that ends before it is as true as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from curation.export_reasons import Dropped, DropReason
from curation.exporting import Completion, Conversation, Curated, Example, Judged, LabelRow, Pair
from curation.judged_rows import Rewarded, StepTexts, Stepwise
from curation.stale import Stale, unresolved
from curation.trajectory import Trajectory


def without_stale(
    examples: Iterable[Example | Dropped], curated: Curated
) -> Iterator[Example | Dropped]:
    """The examples of a corrected trajectory; those with a stale message are left out by name."""
    assert curated.original is not None
    parent = Trajectory(curated.original.messages)
    stale = unresolved(parent, Trajectory(curated.trajectory.messages), curated.attested)
    for example in examples:
        if isinstance(example, Dropped) or not stale:
            yield example
        else:
            reached = [s for s in stale if s.message_index < reach(example)]
            yield _refused(reached, example) if reached else example


def reach(example: Example) -> int:
    """How many leading messages of the trajectory an example holds."""
    match example:
        case Conversation():
            return len(example.messages)
        case Completion() | Judged():
            return len(example.prompt) + len(example.completion)
        case Pair():
            return len(example.prompt) + 1
        case Rewarded():
            return len(example.prompt)  # its own result comes after it
        case Stepwise():
            # In a trajectory before its correction nothing is stale.
            n = len(example.prompt) + sum([len(step) for step in example.steps])
            return 0 if example.of_original else n
        case LabelRow() | StepTexts():
            return 0


def _refused(stale: list[Stale], example: Example) -> Dropped:
    places = ", ".join(f"message {s.message_index} ({s.why})" for s in stale[:3])
    more = f" and {len(stale) - 3} more" if len(stale) > 3 else ""
    step = getattr(example, "step", None)
    return Dropped(DropReason.STALE_SUFFIX, f"{places}{more}", step)
