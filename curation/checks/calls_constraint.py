"""Check: a value outside its limits."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single

_ELSEWHERE = frozenset(("required", "undeclared", "type", "enum", "const", "pattern", "format"))
"""Keywords that have a check of their own."""


@check(
    "calls/constraint",
    severity=Severity.WARNING,
    title="Value outside its limits",
    needs=Needs.PROBLEMS,
    triggers=single(call({"people": 50})),
    passes=single(call({"people": 20})),
)
def constraint(context: CheckContext) -> Iterable[Found]:
    """The value has the right type but breaks another rule of its schema: minimum, maximum, length,
    number of elements, uniqueness, alternatives that exclude each other.
    """
    for c, problem in context.problems:
        if problem.keyword not in _ELSEWHERE:
            yield Found(c.at(problem.pointer), problem.message, problem.hint)
