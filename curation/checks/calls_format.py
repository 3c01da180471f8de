"""Check: a value that is not of its format."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/format",
    severity=Severity.WARNING,
    title="Value not of the format",
    needs=Needs.PROBLEMS,
    triggers=single(call({"people": 2, "day": "Friday"})),
    passes=single(call({"people": 2, "day": "2024-05-17"})),
)
def format(context: CheckContext) -> Iterable[Found]:
    """The schema names a format for the text (`date`, `date-time`, `email`, `uri`, `uuid` …) and
    the text is not of it. Format names that JSON Schema does not define are ignored.
    """
    return context.problems_with("format")
