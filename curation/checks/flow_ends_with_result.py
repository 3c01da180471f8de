"""Check: a trajectory that stops after a result."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, call, dialogue, result, user
from curation.trajectory import Anchor, Role


@check(
    "flow/ends-with-result",
    severity=Severity.INFO,
    title="Ends with a result",
    triggers=dialogue(user(), assistant(None, call()), result()),
    passes=dialogue(user(), assistant(None, call()), result(), assistant("Booked.")),
)
def ends_with_result(context: CheckContext) -> Iterable[Found]:
    """The last message is a tool result: the assistant never says what came of it. Fine for data
    that ends with an action, worth a look elsewhere.
    """
    if not context.roles or context.roles[-1] is not Role.TOOL:
        return ()
    return [Found(Anchor(len(context.roles) - 1), "The trajectory ends with a tool result.")]
