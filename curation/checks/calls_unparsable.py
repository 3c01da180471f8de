"""Check: the arguments of a call are not JSON."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/unparsable",
    severity=Severity.ERROR,
    title="Arguments are not JSON",
    needs=Needs.UNREADABLE,
    triggers=single(call('{"people": 2')),
    passes=single(call('{"people": 2}')),
)
def unparsable(context: CheckContext) -> Iterable[Found]:
    """The text the model wrote as arguments cannot be read as JSON: cut off, in single quotes, or
    program code. No trainer that renders calls, and no tool, can use it. Blank text counts as a
    call without arguments.
    """
    for c in context.unreadable:
        if not c.is_json:
            yield Found(
                c.at(),
                f"{c.call.name}: {c.parse_error}",
                "Edit the arguments so that they are one JSON object.",
            )
