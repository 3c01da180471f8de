"""Check: a result that answers no call."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import assistant, call, dialogue, result, user
from curation.schemas import quote
from curation.trajectory import Anchor


@check(
    "results/orphan-result",
    severity=Severity.ERROR,
    title="Result without a call",
    needs=Needs.ORPHANS,
    triggers=dialogue(user(), assistant(None, call()), result(id="c9"), assistant("Done.")),
    passes=dialogue(user(), assistant(None, call()), result(), assistant("Done.")),
)
def orphan_result(context: CheckContext) -> Iterable[Found]:
    """A tool message that answers no call before it: its id is that of no waiting call, or nothing
    was called. Trainers that pair by id refuse the row, others train on a result from nowhere.
    """
    for index in context.orphans:
        message = context.messages[index]
        who = f"The result with id {quote(message.tool_call_id)}"
        if message.tool_call_id is None:
            who = "The result"
        if index in context.mismatched:
            hint = "It probably belongs to an unanswered call of the step before; give it that id."
        else:
            hint = "Remove the result or add the call."
        yield Found(Anchor(index), f"{who} answers no call.", hint)
