"""Check: a last answer that stops in the middle."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, dialogue, user
from curation.schemas import quote
from curation.trajectory import Anchor, Role

_REASONS = ("finish_reason", "stop_reason")
_LIMITS = ("length", "max_tokens")
_OPEN = frozenset(",;([{<")
_HANGING = frozenset(
    ("the", "a", "an", "and", "or", "but", "of", "with", "is", "are", "from", "because", "your")
)


@check(
    "answer/truncated-final-answer",
    severity=Severity.WARNING,
    title="Final answer is cut off",
    triggers=dialogue(user(), assistant("I booked a table for two at seven, and the")),
    passes=dialogue(user(), assistant("I booked a table for two at seven")),
)
def truncated_final_answer(context: CheckContext) -> Iterable[Found]:
    """The last answer stops in the middle: the source says that the length limit ended it, a code
    block stays open, or the text ends in a comma, an opening bracket or a word that must be
    followed by another.
    """
    if not context.roles or context.roles[-1] is not Role.ASSISTANT:
        return ()
    message = context.messages[-1]
    text = context.texts[-1].rstrip()
    if message.tool_calls or not text:
        return ()
    reason = ""
    if message.extra and any(message.extra.get(key) in _LIMITS for key in _REASONS):
        reason = "the source says that the length limit ended it"
    elif text[-1] in _OPEN:
        reason = f"it ends in {quote(text[-1])}"
    elif text.count("```") % 2:
        reason = "a code block stays open"
    elif text[-1].isalpha() and " " in text and text[text.rindex(" ") + 1 :] in _HANGING:
        reason = f"it ends in {quote(text[text.rindex(' ') + 1 :])}"
    if not reason:
        return ()
    return [Found(Anchor(len(context.roles) - 1), f"The final answer is cut off: {reason}.")]
