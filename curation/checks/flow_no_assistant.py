"""Check: a trajectory without an assistant message."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, dialogue, user
from curation.trajectory import Anchor, Role


@check(
    "flow/no-assistant",
    severity=Severity.WARNING,
    title="Nothing by the assistant",
    triggers=dialogue(user()),
    passes=dialogue(user(), assistant("Booked.")),
)
def no_assistant(context: CheckContext) -> Iterable[Found]:
    """There is no assistant message, so there is nothing to train on and nothing to judge."""
    if Role.ASSISTANT in context.roles:
        return ()
    hint = "Reject it, or import it again with the answer."
    return [Found(Anchor(), "No message is by the assistant.", hint)]
