"""Mutation: an argument is passed with nothing in it."""

from __future__ import annotations

from random import Random

from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import PING_CALL, book, step
from curation.right_step import RightCall, RightStep, pointer_to, put_at, quoted


@mutation(
    "blank-value",
    title="Value blanked",
    taxonomy=HITEC,
    category="empty_parameter_value",
    applies_to=step(book()),
    not_to=step(PING_CALL),
)
def blank_value(right: RightStep, rng: Random) -> Changed | None:
    """A text becomes "", everything else null; not where the schema names that as a good value, nor
    at an optional argument, because blank there may be read as left out. Where it can be chosen, at
    one whose schema takes the blank: one error is enough.
    """
    openings = [
        (call, key, blank)
        for call in right.calls
        for key, value in call.arguments.items()
        if call.tool is None or key in call.required
        if value not in ("", None, [], {})
        and not call.names_as_good(key, blank := "" if isinstance(value, str) else None)
    ]
    if not openings:
        return None
    call, key, blank = rng.choice([o for o in openings if _takes(*o)] or openings)
    pointer = pointer_to(key)
    note = f"{key} is passed with nothing in it; it was {quoted(call.arguments[key])}."
    changed = right.with_arguments(call, put_at(call.arguments, pointer, blank))
    return Changed(changed, note, call.index, pointer)


def _takes(call: RightCall, key: str, blank: str | None) -> bool:
    return call.validator is not None and call.validator.is_valid({**call.arguments, key: blank})
