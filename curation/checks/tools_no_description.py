"""Check: a tool spec that does not say what the tool does."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import offering
from curation.schemas import quote
from curation.trajectory import Anchor, ToolSpec


@check(
    "tools/no-description",
    severity=Severity.INFO,
    title="Tool without a description",
    triggers=offering(ToolSpec("book_table")),
    passes=offering(ToolSpec("book_table", "Reserve a table.")),
)
def no_description(context: CheckContext) -> Iterable[Found]:
    """The tool does not say what it does; the model can only guess from its name."""
    for offered in context.tools.offered:
        if not offered.spec.description.strip():
            yield Found(Anchor(), f"The tool {quote(offered.spec.name)} has no description.")
