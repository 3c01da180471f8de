"""Check: an argument that stands for a value nobody filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from curation.checking import CallContext, CheckContext, Found, Severity, check
from curation.checks._samples import call, single
from curation.schemas import quote

_WORDS = ("todo", "tbd", "tba", "placeholder", "undefined", "null", "nan", "n/a", "...", "…")
_TRACES = (
    *('"<', "{{", "${", '"[', "\\u", '"xxx', '"your', '"insert', '"enter'),
    *(f'"{word}"' for word in _WORDS),
)
"""One of these stands in raw arguments, in small letters, that hold a placeholder; most hold none.
Escapes are looked into because some encoders write `<` so."""
_SHAPES = re.compile(
    r"(<[a-z][a-z0-9_ .-]+>|\{\{.{1,60}\}\}|\$\{.{1,60}\}|\[(your|insert|enter)\b.{0,60}\]|x{3,60}"
    r"|(your|insert|enter)[_ -].{0,40}"
    r"(key|token|id|name|email|password|secret|here|url|number)s?)\Z",
    re.IGNORECASE,
)


@check(
    "calls/placeholder-value",
    severity=Severity.WARNING,
    title="Placeholder in place of a value",
    triggers=single(call({"people": 2, "guest": {"name": "<name>"}})),
    passes=single(call({"people": 2, "guest": {"name": "Nora <3"}})),
)
def placeholder_value(context: CheckContext) -> Iterable[Found]:
    """An argument is a stand-in such as `<city>`, `{{user_id}}`, `YOUR_API_KEY` or `TODO`: the
    model copied a template in place of asking or looking the value up. Values that the schema's
    enum lists are left alone.
    """
    raw = context.raw.lower()
    for trace in _TRACES:
        if trace in raw:
            break
    else:
        return
    for c, pointer, value in context.strings():
        if value.lower() in _WORDS or _SHAPES.match(value):
            yield from _report(c, pointer, value)


def _report(c: CallContext, pointer: str, value: str) -> Iterator[Found]:
    if value not in (c.declared(pointer).get("enum") or ()):
        yield Found(
            c.at(pointer),
            f"{pointer[1:]} is {quote(value)}, which stands for a value and is none.",
            "Take the value from the conversation or an earlier result, or ask the user.",
        )
