"""Check: two tool specs of one name."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import offering
from curation.schemas import quote
from curation.trajectory import Anchor, ToolSpec


@check(
    "tools/duplicate-name",
    severity=Severity.WARNING,
    title="Two tools of one name",
    triggers=offering(
        ToolSpec("book_table", "Reserve."), ToolSpec("book_table", "Reserve a table.")
    ),
    passes=offering(ToolSpec("book_table", "Reserve."), ToolSpec("cancel_table", "Cancel.")),
)
def duplicate_name(context: CheckContext) -> Iterable[Found]:
    """Two tools carry one name. A call cannot say which it means; calls are checked against the
    first.
    """
    tools = context.tools
    if len(tools.by_name) == len(tools.offered):
        return
    seen: set[str] = set()
    for offered in tools.offered:
        name = offered.spec.name
        if name in seen:
            same = offered.spec == tools.by_name[name].spec
            kind = "twice, with the same text" if same else "twice, with different texts"
            yield Found(Anchor(), f"The tool {quote(name)} is offered {kind}.", "Keep one of them.")
        seen.add(name)
