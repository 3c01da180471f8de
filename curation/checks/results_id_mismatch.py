"""Check: results and calls of one step whose ids do not meet."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import assistant, call, dialogue, result, user
from curation.schemas import quote
from curation.trajectory import Anchor


@check(
    "results/id-mismatch",
    severity=Severity.WARNING,
    title="Result under another id",
    needs=Needs.ORPHANS,
    triggers=dialogue(user(), assistant(None, call()), result(id="c9"), assistant("Done.")),
    passes=dialogue(user(), assistant(None, call()), result(), assistant("Done.")),
)
def id_mismatch(context: CheckContext) -> Iterable[Found]:
    """A step has an unanswered call and a result follows it whose id is that of no call. Most often
    the id was cut, renumbered or copied from elsewhere.
    """
    for index, waiting in context.mismatched.items():
        ids = ", ".join(quote(c.call.id) for c in waiting)
        yield Found(
            Anchor(index),
            f"The result has id {quote(context.messages[index].tool_call_id)}, "
            f"the unanswered calls before it have {ids}.",
            "Give the result the id of the call it answers.",
        )
