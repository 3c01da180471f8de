"""Check: an id that two calls of one step share."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single
from curation.schemas import quote


@check(
    "calls/duplicate-id",
    severity=Severity.ERROR,
    title="Call id twice in one step",
    needs=Needs.REPEATED_IDS,
    triggers=single(call({"people": 2}), call({"people": 3})),
    passes=single(call({"people": 2}), call({"people": 3}, id="c2")),
)
def duplicate_id(context: CheckContext) -> Iterable[Found]:
    """Two calls of one step carry the same id, so their results cannot be told apart."""
    seen: dict[tuple[int, str], int] = {}
    for c in context.calls:
        if c.call.id is None:
            continue
        first = seen.setdefault((c.message_index, c.call.id), c.call_index)
        if first != c.call_index:
            yield Found(
                c.at(),
                f"The id {quote(c.call.id)} is already that of call {first + 1} of this step.",
                "Give every call an id of its own.",
            )
