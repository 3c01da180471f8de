"""Mutation: an argument is passed with nothing in it."""

from __future__ import annotations

from random import Random

from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import PING_CALL, book, step
from curation.right_step import RightStep, pointer_to, put_at, quoted


@mutation(
    "blank-value",
    title="Value blanked",
    taxonomy=HITEC,
    category="empty_parameter_value",
    applies_to=step(book()),
    not_to=step(PING_CALL),
)
def blank_value(right: RightStep, rng: Random) -> Changed | None:
    """A text becomes "", everything else null; not where the schema names that as a good value."""
    openings = [
        (call, key, blank)
        for call in right.calls
        for key, value in call.arguments.items()
        if value not in ("", None, [], {})
        and not call.names_as_good(key, blank := "" if isinstance(value, str) else None)
    ]
    if not openings:
        return None
    call, key, blank = rng.choice(openings)
    pointer = pointer_to(key)
    note = f"{key} is passed with nothing in it; it was {quoted(call.arguments[key])}."
    changed = right.with_arguments(call, put_at(call.arguments, pointer, blank))
    return Changed(changed, note, call.index, pointer)
