"""Check: a last assistant message that says and does nothing."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, call, dialogue, user
from curation.trajectory import Anchor, Role


@check(
    "answer/empty-final-answer",
    severity=Severity.WARNING,
    title="Final answer is blank",
    triggers=dialogue(user(), assistant("")),
    passes=dialogue(user(), assistant(None, call())),
)
def empty_final_answer(context: CheckContext) -> Iterable[Found]:
    """The last message is the assistant's and has neither text nor calls."""
    if not context.roles or context.roles[-1] is not Role.ASSISTANT:
        return
    message = context.messages[-1]
    if message.tool_calls or (message.content and isinstance(message.content, list)):
        return
    if not context.texts[-1] or context.texts[-1].isspace():
        yield Found(Anchor(len(context.roles) - 1), "The final answer is blank.")
