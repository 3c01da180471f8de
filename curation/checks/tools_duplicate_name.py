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
    offered_names = {offered.name for offered in context.tools.offered}
    if len(offered_names) == len(context.tools.offered):
        return
    first: dict[str, ToolSpec] = {}
    for offered in context.tools.offered:
        spec = offered.spec
        if spec.name in first:
            kind = "with the same text" if first[spec.name] == spec else "with different texts"
            message = f"The tool {quote(spec.name)} is offered twice, {kind}."
            yield Found(Anchor(), message, "Keep one of them.")
        first.setdefault(spec.name, spec)
