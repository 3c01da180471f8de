"""Mutation: an identifier that nobody gave."""

from __future__ import annotations

from random import Random
from typing import Any

from curation.identifiers import is_identifier
from curation.mutating import CANONICAL, Changed, mutation
from curation.mutations._samples import book, step
from curation.right_step import RightStep, put_at, quoted
from curation.slips import renumbered, transposed


@mutation(
    "made-up-identifier",
    title="Identifier made up",
    taxonomy=CANONICAL,
    category="PARAM_UNGROUNDED",
    applies_to=step(book(people=4, guest="G-4711")),
    not_to=step(book(people=4, guest="Ada")),
)
def made_up_identifier(right: RightStep, rng: Random) -> Changed | None:
    """A code or number that names one thing gets other digits, or two of them change places. What
    comes out stands nowhere before, and the schema takes it.
    """
    places = [
        (call, pointer, old)
        for call in right.calls
        for pointer, old in call.leaves()
        if is_identifier(old) and any(c.isdigit() for c in str(old))
    ]
    rng.shuffle(places)
    for call, pointer, old in places:
        new = _invented(rng, old)
        arguments = put_at(call.arguments, pointer, new)
        takes = call.validator is None or call.validator.is_valid(arguments)
        if new != old and takes and str(new) not in right.said:
            note = f"{quoted(new)} appears nowhere before; {quoted(old)} was right."
            return Changed(right.with_arguments(call, arguments), note, call.index, pointer)
    return None


def _invented(rng: Random, old: Any) -> Any:
    text = str(old)
    slip = transposed(text) if rng.random() < 0.4 else None
    new = slip or renumbered(rng, text)
    return int(new) if isinstance(old, int) else new
