"""Check: a result that reports an error."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, call, dialogue, result, user
from curation.schemas import quote
from curation.trajectory import Anchor, Role

_OPENINGS = ("error", "exception", "traceback", "failed", "failure")
_FAILED = frozenset(("error", "failed", "failure", "fail"))


@check(
    "results/error-result",
    severity=Severity.INFO,
    title="Tool answered with an error",
    triggers=dialogue(
        user(),
        assistant(None, call()),
        result('{"error": "closed on Mondays"}'),
        assistant("They are closed."),
    ),
    passes=dialogue(
        user(), assistant(None, call()), result('{"error": null, "ok": true}'), assistant("Booked.")
    ),
)
def error_result(context: CheckContext) -> Iterable[Found]:
    """The tool answered with an error. Recovering from it can be what the trajectory teaches; as
    the last word on a call it often means that the call was wrong.
    """
    for index, role in enumerate(context.roles):
        if role is Role.TOOL:
            text = context.texts[index]
            if _reports_error(text):
                yield Found(Anchor(index), f"The tool answered with an error: {quote(text)}.")


def _reports_error(text: str) -> bool:
    stripped = text.lstrip()
    if stripped[:1] != "{":
        opening = stripped[:40].lower().partition(":")[0]
        return opening.startswith(_OPENINGS) or (
            opening.endswith(("error", "exception")) and " " not in opening
        )
    # One of these stands in every object looked for; spares the others the decoding.
    if not ('"err' in text or "false" in text or '"exc' in text or '"fail' in text or '"F' in text):
        return False
    try:
        value = msgspec.json.decode(stripped)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    if not isinstance(value, dict):
        return False
    status = value.get("status")
    return (
        any(value.get(key) for key in ("error", "errors", "exception"))
        or value.get("success") is False
        or value.get("ok") is False
        or (isinstance(status, str) and status.lower() in _FAILED)
    )
