"""Check: a call made again later that brought nothing new."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import assistant, call, dialogue, result, user


@check(
    "calls/repeated-call",
    severity=Severity.WARNING,
    title="Call repeated with the same result",
    needs=Needs.EQUAL_CALLS,
    triggers=dialogue(
        user(), assistant(None, call()), result(), assistant(None, call(id="c2")), result(id="c2")
    ),
    passes=dialogue(
        user(),
        assistant(None, call()),
        result("full"),
        assistant(None, call(id="c2")),
        result(id="c2"),
    ),
)
def repeated_call(context: CheckContext) -> Iterable[Found]:
    """A later step makes a call that was made before, with equal arguments, and gets the same
    result: the model lost track of what it knew. A repeat with another result (polling, a retry
    that worked) is fine.
    """
    for group in context.equal_calls:
        for before, c in pairwise(group):
            if before.result_index is None or c.result_index is None:
                continue
            same = context.texts[before.result_index] == context.texts[c.result_index]
            if same and before.message_index != c.message_index:
                yield Found(
                    c.at(),
                    f"{c.call.name} was already called with equal arguments in message "
                    f"{before.message_index} and returned the same.",
                    "Remove the repeat, or mark the step.",
                )
