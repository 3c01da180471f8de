"""Mutation: one of several calls is not made."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from curation.diffing import canonical_calls
from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import book, step
from curation.right_step import RightStep


@mutation(
    "dropped-call",
    title="Call dropped",
    taxonomy=HITEC,
    category="wrong_number_of_tools",
    applies_to=step(book("c1"), book("c2", people=6)),
    not_to=step(book()),
)
def dropped_call(right: RightStep, rng: Random) -> Changed | None:
    """Of two or more calls one is missing. A single call is never dropped, because an answer that
    says nothing is none that a model gives; nor one of two equal calls, which may be better so.
    """
    calls, said = right.message.tool_calls, canonical_calls(right.message)
    openings = [i for i, call in enumerate(said) if said.count(call) == 1]
    if len(calls) < 2 or not openings:
        return None
    gone = rng.choice(openings)
    return Changed(
        replace(right.message, tool_calls=(*calls[:gone], *calls[gone + 1 :])),
        f"The call of {calls[gone].name} that stood at place {gone + 1} is missing.",
    )
