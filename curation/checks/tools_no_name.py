"""Check: a tool spec without a name."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import offering
from curation.trajectory import Anchor, ToolSpec


@check(
    "tools/no-name",
    severity=Severity.ERROR,
    title="Tool without a name",
    triggers=offering(ToolSpec("", "Reserve a table.")),
    passes=offering(ToolSpec("book_table", "Reserve a table.")),
)
def no_name(context: CheckContext) -> Iterable[Found]:
    """A tool without a name cannot be called, and chat templates fail on it."""
    for position, offered in enumerate(context.tools.offered):
        if not offered.name.strip():
            yield Found(Anchor(), f"Tool {position + 1} of the trajectory has no name.")
