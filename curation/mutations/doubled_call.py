"""Mutation: a call is made twice."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import book, step
from curation.right_step import RightStep
from curation.trajectory import Message, Role, ToolCall


@mutation(
    "doubled-call",
    title="Call doubled",
    taxonomy=HITEC,
    category="wrong_number_of_tools",
    applies_to=step(book()),
    not_to=RightStep(Message(Role.ASSISTANT, "For how many?"), step().tools),
)
def doubled_call(right: RightStep, rng: Random) -> Changed | None:
    """One call stands there twice, the second time under an id of its own."""
    calls = right.message.tool_calls
    if not calls:
        return None
    at = rng.randrange(len(calls))
    again = replace(calls[at], id=_free_id(calls, calls[at].id))
    return Changed(
        replace(right.message, tool_calls=(*calls[: at + 1], again, *calls[at + 1 :])),
        f"{calls[at].name} is called twice with the same arguments.",
    )


def _free_id(calls: tuple[ToolCall, ...], like: str | None) -> str | None:
    """An id of the same form that no other call has; None for None."""
    if like is None:
        return None
    taken = {call.id for call in calls}
    number = 2
    while f"{like}_{number}" in taken:
        number += 1
    return f"{like}_{number}"
