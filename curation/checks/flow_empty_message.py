"""Check: a message with nothing in it."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import assistant, call, dialogue, user
from curation.trajectory import Anchor, Role


@check(
    "flow/empty-message",
    severity=Severity.WARNING,
    title="Empty message",
    needs=Needs.BLANK,
    triggers=dialogue(user(" "), assistant("Good day.")),
    passes=dialogue(user("Hi"), assistant(None, call())),
)
def empty_message(context: CheckContext) -> Iterable[Found]:
    """A message of the system, the user or the assistant has neither content nor calls. A tool may
    return nothing. A blank last answer has its own check.
    """
    last = len(context.messages) - 1
    for index in context.blank:
        role = context.roles[index]
        if context.messages[index].content == []:
            continue
        if index < last or role is not Role.ASSISTANT:
            yield Found(Anchor(index), f"The message by {role.value} is empty.")
