"""Check: `required` names a parameter that is not declared."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import offering
from curation.schema_dialects import DefectKind
from curation.trajectory import ToolSpec


@check(
    "tools/required-not-declared",
    severity=Severity.WARNING,
    title="Required parameter not declared",
    needs=Needs.DEFECTS,
    triggers=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {"type": "object", "properties": {}, "required": ["people"]},
        )
    ),
    passes=offering(
        ToolSpec(
            "book_table",
            "Reserve a table.",
            {
                "type": "object",
                "properties": {"people": {"type": "integer"}},
                "required": ["people"],
            },
        )
    ),
)
def required_not_declared(context: CheckContext) -> Iterable[Found]:
    """`required` names a parameter that `properties` does not declare. Calls that leave it out are
    still reported as missing it; calls that give it are not blamed.
    """
    return context.defects_of(
        DefectKind.REQUIRED_NOT_DECLARED,
        "Declare the parameter, or take its name out of required.",
    )
