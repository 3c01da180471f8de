"""Check: an answer states an amount or a code that nothing before it gives."""

from __future__ import annotations

from collections.abc import Iterable

from curation.answer_grounding import unsupported_mentions
from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, call, dialogue, result, user
from curation.schemas import quote
from curation.trajectory import Anchor

_ASKED = (user(), assistant(None, call()), result('{"ok": true, "code": "GX-88213"}'))


@check(
    "answer/unsupported-value",
    severity=Severity.WARNING,
    title="Answer states what no result gives",
    triggers=dialogue(*_ASKED, assistant("Booked under GX-88231.")),
    passes=dialogue(*_ASKED, assistant("Booked under GX-88213.")),
)
def unsupported_value(context: CheckContext) -> Iterable[Found]:
    """After a tool's result the assistant states an amount or a code that neither a result nor
    anybody before it gave, and that is no sum, difference or small multiple of given numbers: it
    misread the result, or made the value up. Longer calculations are named wrongly here.
    """
    if not context.pairing.results:
        return
    for index, mention in unsupported_mentions(context.roles, context.texts, context.calls):
        yield Found(
            Anchor(index),
            f"The answer says {quote(mention)}, which nothing before it gives.",
            "Compare with the results before it; if it was worked out, this is fine.",
        )
