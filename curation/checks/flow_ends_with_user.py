"""Check: a trajectory whose last word is the user's."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, dialogue, user
from curation.trajectory import Anchor, Role


@check(
    "flow/ends-with-user",
    severity=Severity.WARNING,
    title="Ends with the user",
    triggers=dialogue(user(), assistant("Booked."), user("Thanks!")),
    passes=dialogue(user(), assistant("Booked.")),
)
def ends_with_user(context: CheckContext) -> Iterable[Found]:
    """The last message is the user's and stays unanswered. It adds nothing to train on, and
    trainers that want pairs of turns cut it or drop the row.
    """
    if not context.roles or context.roles[-1] is not Role.USER:
        return ()
    if Role.ASSISTANT not in context.roles:
        return ()
    last = Anchor(len(context.roles) - 1)
    return [Found(last, "The last message is the user's and stays unanswered.")]
