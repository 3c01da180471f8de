"""Check: a last assistant message that says and does nothing."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import assistant, call, dialogue, user
from curation.trajectory import Anchor, Role


@check(
    "answer/empty-final-answer",
    severity=Severity.WARNING,
    title="Final answer is blank",
    needs=Needs.BLANK,
    triggers=dialogue(user(), assistant("")),
    passes=dialogue(user(), assistant(None, call())),
)
def empty_final_answer(context: CheckContext) -> Iterable[Found]:
    """The last message is the assistant's and has neither text nor calls."""
    last = len(context.messages) - 1
    if last in context.blank and context.roles[last] is Role.ASSISTANT:
        yield Found(Anchor(last), "The final answer is blank.")
