"""Check: the arguments of a call are JSON, but no object."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/not-an-object",
    severity=Severity.ERROR,
    title="Arguments are no object",
    needs=Needs.UNREADABLE,
    triggers=single(call("[2]")),
    passes=single(call('{"people": 2}')),
)
def not_an_object(context: CheckContext) -> Iterable[Found]:
    """The arguments are JSON but a list, a text or a number. Tools take their arguments by name, so
    they must be one object.
    """
    for c in context.unreadable:
        if c.is_json:
            yield Found(
                c.at(),
                f"{c.call.name}: {c.parse_error}",
                "Write the arguments as an object of names and values.",
            )
