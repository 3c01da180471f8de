"""Mutation: a required argument is left out."""

from __future__ import annotations

from random import Random

from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import PING_CALL, book, step
from curation.right_step import RightStep, quoted


@mutation(
    "missing-key",
    title="Required argument left out",
    taxonomy=HITEC,
    category="missing_required_parameter",
    applies_to=step(book()),
    not_to=step(PING_CALL),
)
def missing_key(right: RightStep, rng: Random) -> Changed | None:
    """One of the arguments that the schema requires is gone, the others stay as they are. Not
    one whose value is the declared default: without it the call may well say the same.
    """
    openings = [
        (call, key)
        for call in right.calls
        for key in call.required
        if key in call.arguments and not call.is_default(key, call.arguments[key])
    ]
    if not openings:
        return None
    call, key = rng.choice(openings)
    kept = {k: v for k, v in call.arguments.items() if k != key}
    note = f"{key} is required and was {quoted(call.arguments[key])}."
    return Changed(right.with_arguments(call, kept), note, call.index, "")
