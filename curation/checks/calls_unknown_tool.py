"""Check: a call names a tool that is not offered."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import call, single
from curation.schemas import nearest_name, quote


@check(
    "calls/unknown-tool",
    severity=Severity.ERROR,
    title="Tool is not offered",
    needs=Needs.UNOFFERED,
    triggers=single(call(name="book_tables")),
    passes=single(call(name="book_table")),
)
def unknown_tool(context: CheckContext) -> Iterable[Found]:
    """The call names a tool that the trajectory does not offer. A model trained on it learns to
    invent tools. Says nothing when the trajectory carries no tool specs at all, as some sources
    leave them out.
    """
    known = context.tools.by_name
    if not known:
        return
    for c in context.unoffered:
        nearest = nearest_name(c.call.name, list(known))
        hint = f"Perhaps {quote(nearest)} is meant." if nearest is not None else ""
        yield Found(c.at(), f"The tool {quote(c.call.name)} is not offered.", hint)
