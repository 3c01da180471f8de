"""Check: a required argument is missing."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/missing-required",
    severity=Severity.ERROR,
    title="Required argument missing",
    needs=Needs.PROBLEMS,
    triggers=single(call({"area": "inside"})),
    passes=single(call({"people": 2})),
)
def missing_required(context: CheckContext) -> Iterable[Found]:
    """A parameter that the tool's schema requires is not given, at the top level or inside a nested
    object.
    """
    return context.problems_with("required")
