"""Mutation: another offered tool in place of the right one."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace
from rapidfuzz import fuzz

from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import BOOK, book, step
from curation.right_step import RightStep
from curation.schemas import validator_for


@mutation(
    "sibling-tool",
    title="Sibling tool called",
    taxonomy=HITEC,
    category="wrong_tool_name",
    applies_to=step(book()),
    not_to=step(book(), tools=(BOOK,)),
)
def sibling_tool(right: RightStep, rng: Random) -> Changed | None:
    """The call keeps its arguments and goes to another offered tool: to one whose schema takes
    them, if there is one, and among those to one of the two with the likest names.
    """
    names = {tool.name for tool in right.tools}
    openings = [call for call in right.calls if names - {call.call.name, ""}]
    if not openings:
        return None
    chosen = rng.choice(openings)
    others = {t.name: t for t in right.tools if t.name and t.name != chosen.call.name}
    takes = {n: validator_for(t).is_valid(chosen.arguments) for n, t in others.items()}
    likest = sorted(
        (n for n in others if takes[n] or not any(takes.values())),
        key=lambda n: (-fuzz.ratio(n, chosen.call.name), n),
    )
    name = rng.choice(likest[:2])
    return Changed(
        right.with_call(chosen.index, replace(chosen.call, name=name)),
        f"{chosen.call.name} was needed, not {name}.",
        chosen.index,
    )
