"""Check: roles that cannot follow each other."""

from __future__ import annotations

from collections.abc import Iterable

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
        (None, Role.TOOL),
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
    before = None
    for index, role in enumerate(context.roles):
        if (before, role) in _WRONG and not (
            before is Role.ASSISTANT and context.messages[index - 1].tool_calls
        ):
            after = "at the start" if before is None else f"directly after {before.value}"
            yield Found(Anchor(index), f"A message by {role.value} stands {after}.")
        before = role
