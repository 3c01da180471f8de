"""Check: an id that calls of different steps share."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Needs, Severity, check
from curation.checks._samples import assistant, call, dialogue, result, user
from curation.schemas import quote


@check(
    "calls/reused-id",
    severity=Severity.WARNING,
    title="Call id used again later",
    needs=Needs.REPEATED_IDS,
    triggers=dialogue(
        user(), assistant(None, call()), result(), assistant(None, call({"people": 3})), result()
    ),
    passes=dialogue(
        user(),
        assistant(None, call()),
        result(),
        assistant(None, call({"people": 3}, id="c2")),
        result(id="c2"),
    ),
)
def reused_id(context: CheckContext) -> Iterable[Found]:
    """A call has the id of a call in an earlier step. Some exporters count ids anew in each step;
    trainers that pair results by id over the whole conversation then pair wrongly.
    """
    first: dict[str, int] = {}
    for c in context.calls:
        if (
            c.call.id is not None
            and first.setdefault(c.call.id, c.message_index) != c.message_index
        ):
            yield Found(
                c.at(),
                f"The id {quote(c.call.id)} was already used in message {first[c.call.id]}.",
                "Give every call of the trajectory an id of its own.",
            )
