"""What some endpoints do not take of a question, and how it is asked there instead.

Reasoning models of OpenAI take `max_completion_tokens` and not `max_tokens`, and no temperature but
their own. Which models those are is not for us to list: an endpoint that refuses a parameter by its
name is asked again without it, and from then on in that way. A refusal of its value ("too large")
is none of the parameter.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

INSTEAD: Mapping[str, str | None] = {
    "max_tokens": "max_completion_tokens",
    "temperature": None,
}
"""Parameter that may be refused -> under which name it is sent instead; None: not at all."""

_STATUSES = (400, 422)
_DOES_NOT_TAKE = re.compile(
    r"unsupported|not supported|n[o']t support|unrecogni[sz]ed|unknown|unexpected|not permitted"
    r"|not allowed|\buse\b.{0,40}\binstead",
    re.IGNORECASE | re.DOTALL,
)


class Refused:
    """The parameters that one endpoint was found to refuse. Grows, and lives as its client does."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """In the order they were found."""
        return self._names

    def body(self, body: Mapping[str, Any], extra: tuple[str, ...] = ()) -> dict[str, Any]:
        """The question as the endpoint takes it; `extra` are refusals not known for sure yet."""
        sent = dict(body)
        for name in (*self._names, *extra):
            if name in sent:
                value, other = sent.pop(name), INSTEAD[name]
                if other is not None:
                    sent[other] = value
        return sent

    def learn(self, names: tuple[str, ...], who: str) -> None:
        """An answer came once these were left out."""
        new = tuple(name for name in names if name not in self._names)
        for name in new:
            other = INSTEAD[name]
            how = f"it is sent as {other}" if other else "the model's own is used"
            log.warning("%s does not take %s: %s.", who, name, how)
        self._names += new


def refused_parameter(status: int, body: object, sent: Mapping[str, Any]) -> str | None:
    """The parameter that an error says is not taken, if there is another way to ask; else None.

    Args:
        body: of the error, the object in `error` as the `openai` client gives it.
        sent: the question that was refused.
    """
    if status not in _STATUSES:
        return None
    said = body.get("message") if isinstance(body, Mapping) else body
    text = said if isinstance(said, str) else ""
    code = body.get("code") if isinstance(body, Mapping) else None
    if not _DOES_NOT_TAKE.search(f"{code} {text}"):
        return None
    named = body.get("param") if isinstance(body, Mapping) else None
    if named in INSTEAD and named in sent:
        return str(named)
    for name in INSTEAD:
        if name in sent and re.search(rf"(?<![\w]){name}(?![\w])", text):
            return name
    return None
