"""Check: a value outside the enum."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/not-in-enum",
    severity=Severity.ERROR,
    title="Value not among the allowed",
    needs=Needs.PROBLEMS,
    triggers=single(call({"people": 2, "area": "roof"})),
    passes=single(call({"people": 2, "area": "terrace"})),
)
def not_in_enum(context: CheckContext) -> Iterable[Found]:
    """The schema lists the values it allows, and this is none of them. Spelling and case count."""
    return context.problems_with("enum", "const")
