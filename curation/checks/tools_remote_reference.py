"""Check: a schema that refers to another document."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import offering
from curation.schema_dialects import DefectKind
from curation.trajectory import ToolSpec


@check(
    "tools/remote-reference",
    severity=Severity.WARNING,
    title="Schema refers to elsewhere",
    needs=Needs.DEFECTS,
    triggers=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {
                "type": "object",
                "properties": {"people": {"$ref": "https://example.com/people.json"}},
            },
        )
    ),
    passes=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {
                "type": "object",
                "properties": {"people": {"$ref": "#/$defs/count"}},
                "$defs": {"count": {"type": "integer"}},
            },
        )
    ),
)
def remote_reference(context: CheckContext) -> Iterable[Found]:
    """The schema refers to another document or address. It is never fetched, so anything fits
    there.
    """
    return context.defects_of(
        DefectKind.REMOTE_REFERENCE,
        "Copy what it refers to into the schema.",
    )
