"""Mutation: a value of another type than the schema declares."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import PING_CALL, book, step
from curation.right_step import RightCall, RightStep, pointer_to, put_at, quoted
from curation.slips import retyped


@mutation(
    "cast-value",
    title="Value of another type",
    taxonomy=HITEC,
    category="invalid_parameter_type",
    applies_to=step(book()),
    not_to=step(PING_CALL),
)
def cast_value(right: RightStep, rng: Random) -> Changed | None:
    """A number, a yes or no, a list or an object turns into text, a text of digits into a number,
    any other text into a list of one. Only where the schema forbids it.
    """
    openings = [(call, *place) for call in right.calls for place in _casts(call)]
    if not openings:
        return None
    call, pointer, old, new = rng.choice(openings)
    changed = right.with_arguments(call, put_at(call.arguments, pointer, new))
    note = f"{pointer[1:]} is {quoted(new)}, of the wrong type; it was {quoted(old)}."
    return Changed(changed, note, call.index, pointer)


def _casts(call: RightCall) -> Iterator[tuple[str, Any, Any]]:
    """(pointer, value, the same cast) wherever that breaks the declared type."""
    if call.validator is None:
        return
    whole = {pointer_to(key): value for key, value in call.arguments.items()}
    # A default of the wrong type ("false" for a boolean) makes its cast mean what leaving out does.
    defaults = {pointer_to(key): call.declared(key).get("default") for key in call.arguments}
    for pointer, value in {**whole, **dict(call.leaves())}.items():
        new = retyped(value)
        if new is None and isinstance(value, str) and value:
            new = [value]
        if new is None or new == defaults.get(pointer):
            continue
        problems = call.validator.problems(put_at(call.arguments, pointer, new))
        if any(p.keyword == "type" and p.pointer == pointer for p in problems):
            yield pointer, value, new
