"""Check: a type name that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import offering
from curation.schema_dialects import DefectKind
from curation.trajectory import ToolSpec


@check(
    "tools/unknown-type",
    severity=Severity.WARNING,
    title="Parameter of an unknown type",
    needs=Needs.DEFECTS,
    triggers=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {"type": "object", "properties": {"people": {"type": "headcount"}}},
        )
    ),
    passes=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {"type": "object", "properties": {"people": {"type": "List[int]"}}},
        )
    ),
)
def unknown_type(context: CheckContext) -> Iterable[Found]:
    """A parameter's type is no JSON Schema type and none of the usual spellings (`str`, `float`,
    `dict`, `List[int]` …). Any value fits it, so its calls are checked less.
    """
    return context.defects_of(
        DefectKind.UNKNOWN_TYPE,
        "Write a JSON Schema type.",
    )
