"""Check: a call that nothing answers although the trajectory goes on."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import assistant, call, dialogue, user
from curation.trajectory import Role


@check(
    "results/missing-result",
    severity=Severity.WARNING,
    title="Call without a result",
    needs=Needs.UNANSWERED,
    triggers=dialogue(user(), assistant(None, call()), assistant("Done.")),
    passes=dialogue(user(), assistant(None, call())),
)
def missing_result(context: CheckContext) -> Iterable[Found]:
    """A call has no result although the trajectory goes on after it. A trajectory that ends with
    its calls is complete: there the call is the answer. Where a source keeps no results at all,
    one finding says so for the whole trajectory.
    """
    last = len(context.messages) - 1
    open_calls = [c for c in context.unanswered if c.message_index < last]
    if not open_calls:
        return
    if Role.TOOL not in context.roles:
        first = open_calls[0]
        yield Found(
            first.at(),
            "The trajectory has no results: calls before its end that nothing answers: "
            f"{len(open_calls)}.",
            "Import the results too if the source has them.",
        )
        return
    explained = {c.ordinal for calls in context.mismatched.values() for c in calls}
    for c in open_calls:
        if c.ordinal not in explained:
            yield Found(c.at(), f"No result answers this call of {c.call.name}.")
