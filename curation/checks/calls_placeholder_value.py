"""Check: an argument that stands for a value nobody filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from curation.checking import CallContext, CheckContext, Found, Severity, check, walk
from curation.checks._samples import call, single
from curation.schema_dialects import escape
from curation.schemas import quote

_LONGEST = 60
_FIRST = frozenset("<{[$.…YyTtXxPpUuNnIiEe")
_WORDS = frozenset(
    ("todo", "tbd", "placeholder", "undefined", "null", "...", "…", "n/a", "nan", "tba")
)
_SHAPES = re.compile(
    r"(<[a-z][a-z0-9_ .-]+>|\{\{.+\}\}|\$\{.+\}|\[(your|insert|enter)\b.*\]|x{3,}"
    r"|(your|insert|enter)[_ -].*(key|token|id|name|email|password|secret|here|url|number)s?)\Z"
)


@check(
    "calls/placeholder-value",
    severity=Severity.WARNING,
    title="Placeholder in place of a value",
    triggers=single(call({"people": 2, "guest": {"name": "<name>"}})),
    passes=single(call({"people": 2, "guest": {"name": "Nora <3"}})),
)
def placeholder_value(context: CheckContext) -> Iterable[Found]:
    """An argument is a stand-in such as `<city>`, `{{user_id}}`, `YOUR_API_KEY` or `TODO`: the model
    copied a template in place of asking or looking the value up. Values that the schema's enum lists
    are left alone.
    """
    for c in context.calls:
        if not c.arguments:
            continue
        for name, value in c.arguments.items():
            if type(value) is str:
                if len(value) <= _LONGEST and _is_placeholder(value):
                    yield from _report(c, f"/{escape(name)}", value)
            elif type(value) is dict or type(value) is list:
                for pointer, inner in walk(value, f"/{escape(name)}"):
                    if type(inner) is str and len(inner) <= _LONGEST and _is_placeholder(inner):
                        yield from _report(c, pointer, inner)


def _report(c: CallContext, pointer: str, value: str) -> Iterator[Found]:
    if value not in (c.declared(pointer).get("enum") or ()):
        yield Found(
            c.at(pointer),
            f"{pointer[1:]} is {quote(value)}, which stands for a value and is none.",
            "Take the value from the conversation or an earlier result, or ask the user.",
        )


def _is_placeholder(value: str) -> bool:
    first = value[:1]
    if first in _FIRST:
        lowered = value.lower()
        return lowered in _WORDS or _SHAPES.match(lowered) is not None
    return False
