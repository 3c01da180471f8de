"""Check: roles that cannot follow each other."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, call, dialogue, result, system, user
from curation.trajectory import Anchor, Role

_WRONG = frozenset(
    (
        (Role.USER, Role.USER),
        (Role.USER, Role.TOOL),
        (Role.USER, Role.SYSTEM),
        (Role.USER, Role.DEVELOPER),
        (Role.ASSISTANT, Role.ASSISTANT),
        (Role.ASSISTANT, Role.TOOL),
        (Role.ASSISTANT, Role.SYSTEM),
        (Role.ASSISTANT, Role.DEVELOPER),
        (Role.TOOL, Role.USER),
        (Role.TOOL, Role.SYSTEM),
        (Role.TOOL, Role.DEVELOPER),
        (Role.SYSTEM, Role.TOOL),
        (Role.DEVELOPER, Role.TOOL),
    )
)


@check(
    "flow/role-order",
    severity=Severity.WARNING,
    title="Messages out of order",
    triggers=dialogue(user(), user("Hello?"), assistant("Good day.")),
    passes=dialogue(system(), user(), assistant(None, call()), result(), assistant("Booked.")),
)
def role_order(context: CheckContext) -> Iterable[Found]:
    """After a user comes the assistant; after the assistant, results when it called tools, else the
    user; after results, more results or the assistant; system messages stand first. Trainers
    that check the order drop such a row, often without saying so. A call that nothing answers is
    left to `results/missing-result`.
    """
    roles = context.roles
    found: list[Found] = []
    if roles and roles[0] is Role.TOOL:
        found.append(Found(Anchor(0), "A message by tool stands at the start."))
    for index, pair in enumerate(pairwise(roles), start=1):
        if pair in _WRONG:
            before, role = pair
            if before is Role.ASSISTANT and context.messages[index - 1].tool_calls:
                continue
            text = f"A message by {role.value} stands directly after {before.value}."
            found.append(Found(Anchor(index), text))
    return found
