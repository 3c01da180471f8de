"""Check: an argument that is given but blank."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CallContext, CheckContext, Found, Severity, check
from curation.checks._samples import call, single


@check(
    "calls/empty-value",
    severity=Severity.WARNING,
    title="Empty value",
    triggers=single(call({"people": 2, "phone": ""})),
    passes=single(call({"people": 2, "phone": "+4712345678"})),
)
def empty_value(context: CheckContext) -> Iterable[Found]:
    """An argument is given as blank text. Models write one when they do not know the value. A blank
    that the schema lists in its enum or has as default is left alone; so are empty lists and
    objects, which often are the right value.
    """
    # A blank text shows as one of these; looking for them spares most rows the walk.
    if not ('""' in context.raw or '" ' in context.raw or '"\\' in context.raw):
        return
    for c, pointer, value in context.strings():
        if not value.strip() and not _intended(c, pointer, value):
            yield Found(
                c.at(pointer),
                f"{pointer[1:]} is given but blank.",
                "Leave the argument out, or give the value that the user meant.",
            )


def _intended(c: CallContext, pointer: str, value: str) -> bool:
    declared = c.declared(pointer)
    return value in (declared.get("enum") or ()) or declared.get("default") == value
