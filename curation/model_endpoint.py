"""Where a model is, and the one client that asks it.

Shared by `curation/generators/` and `curation/judges/openai_chat.py`, the only rooms that talk to a
model; nothing is asked here. The `openai` client is imported when the first one is made. The key
appears in no `repr` and in none of an endpoint's own words that are shown.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pydantic import SecretStr

from curation.refused_parameters import Refused, refused_parameter

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
        http_client=_transport(endpoint.timeout_s),
    )


async def completion(client: AsyncOpenAI, **body: Any) -> Any:
    """One chat completion, as `client.chat.completions.create` gives it.

    The client's own method looks through every body for files to send and keys to rename, schemas
    of tools and replies included, which there never are; that took it longer than all the rest.
    A parameter that the endpoint refuses by name is left out or renamed, and stays so
    (`curation/refused_parameters.py`).
    """
    import openai
    from openai.types.chat import ChatCompletion

    refused = _refused.setdefault(client, Refused())
    found: tuple[str, ...] = ()
    while True:
        sent = refused.body(body, found)
        try:
            answer = await client.post("/chat/completions", cast_to=ChatCompletion, body=sent)
        except openai.APIStatusError as problem:
            name = refused_parameter(problem.status_code, problem.body, sent)
            if name is None or name in found:
                raise
            found = (*found, name)
        else:
            if found:
                refused.learn(found, f"{body.get('model')} at {client.base_url.host}")
            return answer


_refused: WeakKeyDictionary[AsyncOpenAI, Refused] = WeakKeyDictionary()


def refused_by(client: AsyncOpenAI) -> tuple[str, ...]:
    """Parameters that this client's endpoint does not take, as far as it was asked."""
    found = _refused.get(client)
    return found.names if found else ()


def _transport(timeout_s: float) -> Any:
    """The client's aiohttp transport where the extra `fast` is installed (about a third less work
    a question, which counts from some hundred questions at once); None: its own."""
    import openai

    if find_spec("aiohttp") is None:
        return None
    return openai.DefaultAioHttpClient(timeout=timeout_s)


def said_by(problem: Any) -> str:
    """What an endpoint wrote with an error status; "" when nothing readable."""
    body = problem.body
    if isinstance(body, dict):
        return str(body.get("message") or "")
    return body if isinstance(body, str) else ""
