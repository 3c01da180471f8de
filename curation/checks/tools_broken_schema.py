"""Check: a schema, or part of one, that cannot be used."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import offering
from curation.schema_dialects import DefectKind
from curation.trajectory import ToolSpec


@check(
    "tools/broken-schema",
    severity=Severity.WARNING,
    title="Schema cannot be used",
    needs=Needs.DEFECTS,
    triggers=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {"type": "object", "properties": {"people": {"type": "string", "pattern": "("}}},
        )
    ),
    passes=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {"type": "object", "properties": {"people": {"type": "string", "pattern": "^[0-9]+$"}}},
        )
    ),
)
def broken_schema(context: CheckContext) -> Iterable[Found]:
    """Part of the tool's schema is malformed: a keyword with a value it cannot have, a pattern that
    is no regular expression, a reference that leads nowhere. That part validates nothing.
    """
    return context.defects_of(
        DefectKind.BROKEN,
        "Correct the schema at its source.",
    )
