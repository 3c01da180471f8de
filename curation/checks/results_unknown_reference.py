"""Check: a value that refers to the result of a call that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import call, single
from curation.schemas import RESULT_REFERENCE, quote


@check(
    "results/unknown-reference",
    severity=Severity.WARNING,
    title="Reference to a result that does not exist",
    triggers=single(call({"people": 2, "phone": "API_call_3"})),
    passes=single(call(id="c0"), call({"people": 2, "phone": "API_call_0"})),
)
def unknown_reference(context: CheckContext) -> Iterable[Found]:
    """A value such as `API_call_3` stands for the result of another call. It must be one that was
    made earlier: counted from 0 in its own step or over the whole trajectory.
    """
    if not any("API_call_" in c.call.raw_arguments for c in context.calls):
        return
    for c, pointer, value in context.strings():
        reference = RESULT_REFERENCE.match(value)
        if reference is not None and int(reference[1][:9]) >= max(c.call_index, c.ordinal):
            yield Found(
                c.at(pointer),
                f"{pointer[1:]} refers to {quote(value)}, but no earlier call has that number.",
                "Refer to an earlier call, counted from 0, or give the value itself.",
            )
