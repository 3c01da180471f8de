"""Check: a value that refers to the result of a call that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CallContext, CheckContext, Found, Severity, check
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
    """A value such as `API_call_3` stands for a result of an earlier call. Results are counted
    from 0 over the whole trajectory: as many a call as its tool declares under `responses`, else
    one. A source that numbers several results a call without declaring them is warned of wrongly.
    """
    if "API_call_" not in context.raw:
        return
    before = [0]
    for c in context.calls:
        before.append(before[-1] + _results_of(c))
    for c, pointer, value in context.strings():
        reference = RESULT_REFERENCE.match(value)
        # Some sources count anew in each step; then the place in the step is the limit.
        if reference and int(reference[1][:9]) >= max(before[c.ordinal], c.call_index):
            yield Found(
                c.at(pointer),
                f"{pointer[1:]} refers to {quote(value)}, but no earlier call has that result.",
                "Refer to an earlier result, counted from 0, or give the value itself.",
            )


def _results_of(c: CallContext) -> int:
    declared = c.tool.spec.extra.get("responses") if c.tool is not None else None
    return len(declared) if isinstance(declared, dict | list) and declared else 1
