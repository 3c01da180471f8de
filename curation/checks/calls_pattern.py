"""Check: a value that does not match its pattern."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/pattern",
    severity=Severity.WARNING,
    title="Value does not match the pattern",
    needs=Needs.PROBLEMS,
    triggers=single(call({"people": 2, "phone": "0123"})),
    passes=single(call({"people": 2, "phone": "+4712345678"})),
)
def pattern(context: CheckContext) -> Iterable[Found]:
    """The schema gives a regular expression for the text and the text does not match it."""
    return context.problems_with("pattern")
