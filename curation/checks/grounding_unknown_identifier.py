"""Check: an identifier that nothing in the conversation mentions."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import assistant, call, dialogue, single, user
from curation.schemas import quote

_BOOKING = {"people": 2, "guest": {"name": "GX-88213"}}


@check(
    "grounding/unknown-identifier",
    severity=Severity.WARNING,
    title="Identifier from nowhere",
    triggers=single(call(_BOOKING)),
    passes=dialogue(user("A table for two under GX-88213."), assistant(None, call(_BOOKING))),
    needs=Needs.UNKNOWN_IDENTIFIERS,
)
def unknown_identifier(context: CheckContext) -> Iterable[Found]:
    """A code, number, e-mail or web address that neither the user, the system text, an earlier
    result nor the tool itself mentions before the call. Models invent identifiers instead of
    looking them up; the call then reads or changes somebody else's record.
    """
    for c, pointer, value in context.unknown_identifiers:
        yield Found(
            c.at(pointer),
            f"{pointer[1:]} is {quote(value)}, which nothing before the call mentions.",
            "Take it from the conversation or an earlier result, look it up, or ask the user.",
        )
