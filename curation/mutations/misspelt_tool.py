"""Mutation: the right tool under a name that is not offered."""

from __future__ import annotations

import re
from random import Random

from msgspec.structs import replace

from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import book, step
from curation.right_step import RightStep
from curation.trajectory import Message, Role


@mutation(
    "misspelt-tool",
    title="Tool name misspelt",
    taxonomy=HITEC,
    category="wrong_tool_name",
    applies_to=step(book()),
    not_to=RightStep(Message(Role.ASSISTANT, "For how many?"), step().tools),
)
def misspelt_tool(right: RightStep, rng: Random) -> Changed | None:
    """The name comes out in another spelling, as models that know similar tools write it:
    bookTable, BookTable, get_book_table, book_tables.
    """
    offered = {tool.name for tool in right.tools}
    openings = [
        (call, forms)
        for call in right.calls
        if (forms := [form for form in _forms(call.call.name) if form not in offered])
    ]
    if not openings:
        return None
    chosen, forms = rng.choice(openings)
    name = rng.choice(forms)
    return Changed(
        right.with_call(chosen.index, replace(chosen.call, name=name)),
        f"{name} is not offered; {chosen.call.name} was meant.",
        chosen.index,
    )


def _forms(name: str) -> list[str]:
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W_]+", name)
    if not words:
        return []
    low = [word.lower() for word in words]
    titled = [word.capitalize() for word in low]
    singular = name[:-1] if len(name) > 3 and name.endswith("s") else f"{name}s"
    forms = ["_".join(low), low[0] + "".join(titled[1:]), "".join(titled), f"get_{name}", singular]
    return [form for form in dict.fromkeys(forms) if _joined(form) != _joined(name)]


def _joined(name: str) -> str:
    """What is left of a name where dots are not allowed: BFCL and others call `a.b` `a_b`."""
    return re.sub(r"[^\w]", "_", name)
