"""Check: an argument that stands for a value nobody filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from curation.checking import CallContext, CheckContext, Found, Severity, check
from curation.checks._samples import call, single
from curation.schemas import quote

_WORDS = ("todo", "tbd", "tba", "placeholder", "undefined", "null", "nan", "n/a", "...", "…")
_TRACES = re.compile(
    r'"(?:[<\[]|xxx|your|insert|enter|t(?:odo|b[da])"|placeholder"|undefined"'
    r'|n(?:ull|an|/a)"|\.\.\."|…")'
)
"""Found in raw arguments, in small letters, that hold a placeholder; most hold none. Spelled so
that few alternatives are tried at each quotation mark."""
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
    if not _may_stand_in(context.raw.lower()):
        return ()
    return _placeholders(context)


def _may_stand_in(raw: str) -> bool:
    if "\\" in raw and "\\u" in raw:  # some encoders write `<` as an escape
        return True
    return "{{" in raw or ("$" in raw and "${" in raw) or _TRACES.search(raw) is not None


def _placeholders(context: CheckContext) -> Iterator[Found]:
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
