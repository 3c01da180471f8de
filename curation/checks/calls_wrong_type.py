"""Check: an argument of the wrong type."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/wrong-type",
    severity=Severity.ERROR,
    title="Argument of the wrong type",
    needs=Needs.PROBLEMS,
    triggers=single(call({"people": "two"})),
    passes=single(call({"people": 2.0})),
)
def wrong_type(context: CheckContext) -> Iterable[Found]:
    """A value is not of the type its schema declares, at any depth. A boolean is no integer, 5.0 is
    one, an integer is a number; null fits only where it is listed, `nullable` or the default. A
    text that refers to an earlier result (`API_call_0`) fits anywhere.
    """
    return context.problems_with("type")
