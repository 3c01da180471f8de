"""Mutation: the calls are told instead of made."""

from __future__ import annotations

from random import Random

import msgspec
from msgspec.structs import replace

from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import book, step
from curation.right_step import RightStep
from curation.trajectory import Message, Role, ToolCall

_BEFORE = (
    "Sure, I can help with that. I will make this call:",
    "To do this, the following function has to be called:",
    "Here is the call for your request:",
)
_AFTER = (
    "Let me know if there is anything else.",
    "This will get the information you asked for.",
    "",
)


@mutation(
    "wrapped-in-prose",
    title="Calls wrapped in prose",
    taxonomy=HITEC,
    category="redundant_information",
    applies_to=step(book()),
    not_to=RightStep(Message(Role.ASSISTANT, "For how many?"), step().tools),
)
def wrapped_in_prose(right: RightStep, rng: Random) -> Changed | None:
    """The answer explains its calls and shows them in a code block, where nothing executes them."""
    calls = right.message.tool_calls
    if not calls or len(right.calls) < len(calls):
        return None
    code = "\n".join(_written(call) for call in calls)
    parts = [right.message.text, rng.choice(_BEFORE), f"```json\n{code}\n```", rng.choice(_AFTER)]
    text = "\n\n".join(part for part in parts if part)
    return Changed(
        replace(right.message, content=text, tool_calls=()),
        "The calls stand in running text, nothing was called.",
    )


def _written(call: ToolCall) -> str:
    # The argument text as the model wrote it: it parses, so this is JSON.
    name = msgspec.json.encode(call.name).decode()
    return f'{{"name": {name}, "arguments": {call.raw_arguments.strip() or "{}"}}}'
