"""Check: an argument that the schema does not declare."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/undeclared-argument",
    severity=Severity.ERROR,
    title="Argument not declared",
    needs=Needs.PROBLEMS,
    triggers=single(call({"people": 2, "guests": 2})),
    passes=single(call({"people": 2, "area": "inside"})),
)
def undeclared_argument(context: CheckContext) -> Iterable[Found]:
    """The call gives an argument that the tool does not declare. Plain JSON Schema would allow it
    unless `additionalProperties` is false; trainers and benchmarks count it as an error. Where a
    schema says `additionalProperties` itself, or declares no properties, its word counts.
    """
    return context.problems_with("undeclared")
