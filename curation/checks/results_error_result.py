"""Check: a result that reports an error."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, call, dialogue, result, user
from curation.schemas import quote
from curation.trajectory import Anchor, Role

_OPENINGS = ("error", "exception", "traceback", "failed", "failure")
_NOTHING = frozenset((b"", b"null", b"false", b"0", b'""', b"[]", b"{}"))
_FALSE = msgspec.Raw(b"false")
_ABSENT = msgspec.Raw(b"")
_FAILED = frozenset((b'"error"', b'"failed"', b'"failure"', b'"fail"'))


class _Said(msgspec.Struct):
    """The keys under which tools report errors; the rest of a result is skipped, not built."""

    error: msgspec.Raw = _ABSENT
    errors: msgspec.Raw = _ABSENT
    exception: msgspec.Raw = _ABSENT
    success: msgspec.Raw = _ABSENT
    ok: msgspec.Raw = _ABSENT
    status: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(_Said).decode


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
    tool = Role.TOOL
    for index, text in enumerate(context.texts):
        if context.roles[index] is tool and _reports_error(text):
            yield Found(Anchor(index), f"The tool answered with an error: {quote(text)}.")


def _reports_error(text: str) -> bool:
    stripped = text if text[:1] == "{" else text.lstrip()
    if stripped[:1] != "{":
        opening = stripped[:40].lower().partition(":")[0]
        return opening.startswith(_OPENINGS) or (
            opening.endswith(("error", "exception")) and " " not in opening
        )
    try:
        said = _decode(stripped)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    # Most results have none of these keys: asking whether a value is the default is the quick way.
    return (
        (said.error is not _ABSENT and bytes(said.error) not in _NOTHING)
        or (said.errors is not _ABSENT and bytes(said.errors) not in _NOTHING)
        or (said.exception is not _ABSENT and bytes(said.exception) not in _NOTHING)
        or (said.success is not _ABSENT and said.success == _FALSE)
        or (said.ok is not _ABSENT and said.ok == _FALSE)
        or (said.status is not _ABSENT and bytes(said.status).lower() in _FAILED)
    )
