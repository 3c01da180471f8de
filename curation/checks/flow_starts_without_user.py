"""Check: a trajectory that does not open with the user."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, dialogue, system, user
from curation.trajectory import Anchor, Role

_ANSWERING = (Role.ASSISTANT, Role.TOOL)


@check(
    "flow/starts-without-user",
    severity=Severity.WARNING,
    title="Does not start with the user",
    triggers=dialogue(assistant("How can I help?"), user(), assistant("Booked.")),
    passes=dialogue(system(), user(), assistant("Booked.")),
)
def starts_without_user(context: CheckContext) -> Iterable[Found]:
    """The first message after the system messages is not the user's. Several trainers need a user
    turn first and drop the row.
    """
    for index, role in enumerate(context.roles):
        if role is Role.USER:
            break
        if role in _ANSWERING:
            text = f"The conversation opens with a message by {role.value}."
            hint = "Add the user message that it answers, or export without it."
            return [Found(Anchor(index), text, hint)]
    return ()
