"""Mutation: arguments that are not JSON."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import book, step
from curation.right_step import RightStep
from curation.slips import broken_forms
from curation.trajectory import Message, Role, parse_arguments


@mutation(
    "broken-json",
    title="Arguments are not JSON",
    taxonomy=HITEC,
    category="invalid_function_calling_output_format",
    applies_to=step(book()),
    not_to=RightStep(Message(Role.ASSISTANT, "For how many?"), step().tools),
)
def broken_json(right: RightStep, rng: Random) -> Changed | None:
    """The argument text of one call is cut off, in Python's quotes, has a comma or a brace too
    many, or stands in a code fence.
    """
    if not right.calls:
        return None
    chosen = rng.choice(right.calls)
    forms = broken_forms(rng, chosen.call.raw_arguments.strip() or "{}")
    broken = [form for form in forms if form.strip() and parse_arguments(form).value is None]
    raw = rng.choice(broken)
    changed = right.with_call(chosen.index, replace(chosen.call, raw_arguments=raw))
    return Changed(changed, "The arguments are not JSON.", chosen.index, "")
