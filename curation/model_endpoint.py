"""Where a model is, and the `openai` client for it.

Shared by `curation/generators/` and `curation/judges/openai_chat.py`, the only rooms that talk to a
model; nothing is asked here. The `openai` client is imported when the first one is made. The key
appears in no `repr` and in none of an endpoint's own words that are shown.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from openai import AsyncOpenAI

RETRIES = 2
"""Further tries after a first one that failed for no lasting reason."""

MAX_SAID = 300
"""Characters of an endpoint's own words that are shown."""


@dataclass(frozen=True)
class Endpoint:
    """Where a model is, and how long it may take."""

    base_url: str
    """With the version: `http://127.0.0.1:8000/v1`."""
    model: str
    api_key: SecretStr = field(default_factory=lambda: SecretStr(""))
    timeout_s: float = 30.0
    """Seconds for one try; all tries together get three times as many."""
    max_tokens: int = 1024

    def quoted(self, text: str) -> str:
        """An endpoint's words on one short line; it may repeat the key it was sent."""
        key = self.api_key.get_secret_value()
        line = " ".join((text.replace(key, "…") if key else text).split())
        return line if len(line) <= MAX_SAID else line[:MAX_SAID] + " …"


def client_of(endpoint: Endpoint, *, retries: int = RETRIES) -> AsyncOpenAI:
    """A client for the endpoint. Takes a second the first time: call it in a thread."""
    import openai

    # One line per request would repeat what the studio says itself, and more at DEBUG.
    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return openai.AsyncOpenAI(
        base_url=endpoint.base_url,
        # The client insists on a key; local servers ask for none.
        api_key=endpoint.api_key.get_secret_value() or "none",
        # Those of the environment are for another service than the one in the settings.
        organization="",
        project="",
        timeout=endpoint.timeout_s,
        max_retries=retries,
    )


def said_by(error: object) -> str:
    """What an endpoint wrote with an error status; "" when nothing readable.

    Args:
        error: the object in `error` of what it sent, or all of it where there is none.
    """
    if isinstance(error, dict):
        return str(error.get("message") or "")
    return error if isinstance(error, str) else ""
