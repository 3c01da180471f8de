"""Why a new sample is not admitted. Stored with it, and counted.

A sample that breaks a rule is refused under the name of the check (`calls/unknown-tool`), so what
is not in this set is one of those.
"""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Reasons besides the registered checks, in the order in which they are looked for."""

    TOO_LARGE = "too-large"
    """What must not be left out of the prompt is more than it may hold; nobody was asked."""
    TRUNCATED = "truncated"
    """The reply broke off."""
    DECLINED = "declined"
    """The model would not, or its answer was filtered."""
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    """The reply is no JSON, or more than one object."""
    WRONG_SCHEMA = "wrong-schema"
    """JSON, but not what was asked for."""
    MARKERS = "repeats-markers"
    """It repeats the markers of the prompt, so it is copied rather than written."""
    UNSTORABLE = "unstorable"
    """It holds halves of characters, which no database stores."""
    ROLES = "roles"
    """Its messages do not follow each other as those of a conversation do."""
    NO_CALL = "no-call"
    NEAR_COPY = "near-copy"
    """Too like its parent, a sibling or the rest of the data."""
    INCORRECT = "judged-incorrect"
    NO_CONSENSUS = "no-consensus"
    """The judge's votes do not agree."""
    UNSCORED = "unscored"
    """Too few of the judge's replies could be counted."""


class NotASample(Exception):
    """A reply gives no sample: the reason, and what exactly was wrong."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
