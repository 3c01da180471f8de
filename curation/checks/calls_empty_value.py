"""Check: an argument that is given but blank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from curation.checking import CallContext, CheckContext, Found, Severity, check, walk
from curation.checks._samples import call, single
from curation.schema_dialects import escape

_MARKS = ('""', '" ', '"\\', "[]", "{}", "[ ", "{ ")
"""One of these stands in raw arguments that hold something blank; spares most calls the walk."""


@check(
    "calls/empty-value",
    severity=Severity.WARNING,
    title="Empty value",
    triggers=single(call({"people": 2, "phone": ""})),
    passes=single(call({"people": 2, "phone": "+4712345678"})),
)
def empty_value(context: CheckContext) -> Iterable[Found]:
    """An argument is given as blank text, or a required one as an empty list or object. Models write
    these when they do not know the value. A blank that the schema lists in its enum or has as
    default is left alone.
    """
    for c in context.calls:
        raw = c.call.raw_arguments
        if not c.arguments or not any(mark in raw for mark in _MARKS):
            continue
        for pointer, value in walk(c.arguments):
            if type(value) is str and not value.strip() and not _intended(c, pointer, value):
                yield Found(
                    c.at(pointer),
                    f"{pointer[1:]} is given but blank.",
                    "Leave the argument out, or give the value that the user meant.",
                )
        yield from _empty_containers(c)


def _intended(c: CallContext, pointer: str, value: str) -> bool:
    declared = c.declared(pointer)
    return value in (declared.get("enum") or ()) or declared.get("default") == value


def _empty_containers(c: CallContext) -> Iterator[Found]:
    required = c.tool.validator.schema.get("required", ()) if c.tool is not None else ()
    for name in required:
        value = (c.arguments or {}).get(name)
        if value == [] or value == {}:
            yield Found(
                c.at(f"/{escape(name)}"),
                f"The required argument {name} is empty.",
                "Give at least one element, or ask the user for it.",
            )
