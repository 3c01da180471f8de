"""Check: equal calls within one step."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/duplicate-call",
    severity=Severity.WARNING,
    title="Same call twice in one step",
    needs=Needs.EQUAL_CALLS,
    triggers=single(call(), call(id="c2")),
    passes=single(call(), call({"people": 3}, id="c2")),
)
def duplicate_call(context: CheckContext) -> Iterable[Found]:
    """Two calls of one step have the same tool and equal arguments. Rarely meant (rolling two
    dice), mostly the model stuttering.
    """
    for group in context.equal_calls:
        for before, c in pairwise(group):
            if before.message_index == c.message_index:
                yield Found(
                    c.at(),
                    f"Call {before.call_index + 1} of this step is the same: {c.call.name} with "
                    "equal arguments.",
                    "Remove one of the two, unless the task needs both.",
                )
