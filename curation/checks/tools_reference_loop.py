"""Check: a schema that contains itself."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import offering
from curation.schema_dialects import DefectKind
from curation.trajectory import ToolSpec


@check(
    "tools/reference-loop",
    severity=Severity.WARNING,
    title="Schema refers to itself",
    needs=Needs.DEFECTS,
    triggers=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {"type": "object", "properties": {"guest": {"$ref": "#/properties/guest"}}},
        )
    ),
    passes=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {
                "type": "object",
                "properties": {
                    "guest": {"type": "object", "properties": {"name": {"type": "string"}}}
                },
            },
        )
    ),
)
def reference_loop(context: CheckContext) -> Iterable[Found]:
    """A reference leads back to itself, as in a tree. One level of it is checked, what lies deeper
    is not. A reference that only leads to itself allows anything.
    """
    return context.defects_of(
        DefectKind.REFERENCE_LOOP,
        "Write out the levels that matter, or accept that deeper ones are unchecked.",
    )
