"""Asking one endpoint for chat completions: as it takes them, and read without trust.

Endpoints differ in what they take. A parameter that is refused by its name is left out or renamed
(`curation/refused_parameters.py`); an optional one (log-probabilities, a schema for the reply) is
left out once the endpoint has answered without it and never with it. Both are found out by the
first question and kept for the next. Every failure is a `ModelError`, without the key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from curation.model_endpoint import Endpoint
from curation.model_exchange import Answered, Exchange, open_exchange
from curation.model_faults import ModelError, not_chat, refused
from curation.refused_parameters import Refused, refused_parameter

REFUSALS = (400, 403, 404, 415, 422, 501)
"""Statuses of an endpoint that does not know what it is asked for."""


class Completion(Struct, frozen=True):
    """The first choice of an answer. Endpoints may send anything: only what is checked has a
    type."""

    message: dict[str, Any]
    logprobs: Any = None
    finish: str | None = None
    prompt_tokens: int | None = None
    """None when the endpoint does not say."""
    completion_tokens: int | None = None

    @property
    def text(self) -> str | None:
        """What the message says, if that is text. Halves of characters, which no database stores
        and no text means, are replaced."""
        content = self.message.get("content")
        return content.encode("utf-8", "replace").decode() if isinstance(content, str) else None

    @property
    def refusal(self) -> str | None:
        """Why the model would not answer."""
        said = self.message.get("refusal")
        return str(said) if said else None


class ChatClient:
    """One endpoint, any number of questions at once.

    Args:
        where: who asks, for errors.
    """

    def __init__(self, endpoint: Endpoint, exchange: Exchange, where: str) -> None:
        self.endpoint = endpoint
        self._exchange = exchange
        self._where = where
        self._refused = Refused()
        self._takes: dict[str, bool] = {}
        """Of the optional parameters: whether an answer came with it, or only without."""

    @property
    def asked_without(self) -> tuple[str, ...]:
        """Parameters that the endpoint does not take, as far as it was asked."""
        return self._refused.names

    def takes(self, optional: str) -> bool | None:
        """Whether an answer came with this optional parameter; None before any came."""
        return self._takes.get(optional)

    async def complete(
        self, body: Mapping[str, Any], optional: Mapping[str, Any] | None = None
    ) -> Completion:
        """Ask once, or once with the optional parameters and once without.

        Args:
            body: of the request, but for the model and `stream`.
            optional: further parameters that an answer may do without.

        Raises:
            ModelError: there is no answer.
        """
        body = {"model": self.endpoint.model, "stream": False, **body}
        extra = {k: v for k, v in (optional or {}).items() if self._takes.get(k) is not False}
        if extra:
            try:
                found = await self._adapted({**body, **extra})
            except ModelError as problem:
                # A question that is itself refused is refused again below, and said so then.
                known = all(self._takes.get(name) for name in extra)
                if known or problem.status not in REFUSALS:
                    raise
            else:
                self._takes |= dict.fromkeys(extra, True)
                return found
        found = await self._adapted(body)
        for name in extra:
            self._takes.setdefault(name, False)
        return found

    async def close(self) -> None:
        """Give back the connections."""
        await self._exchange.close()

    async def _adapted(self, body: Mapping[str, Any]) -> Completion:
        """Ask in the way that the endpoint is known or found to take."""
        left_out: tuple[str, ...] = ()
        while True:
            sent = self._refused.body(body, left_out)
            answer = await self._exchange.post(sent)
            if 200 <= answer.status < 300:
                found = self._read(answer)
                self._refused.learn(left_out, f"{self.endpoint.model} at {self.endpoint.base_url}")
                return found
            error = error_of(answer.content)
            name = refused_parameter(answer.status, error, sent)
            if name is None or name in left_out:
                raise refused(self.endpoint, answer.status, answer.headers, error, self._where)
            left_out = (*left_out, name)

    def _read(self, answer: Answered) -> Completion:
        body = _members(_json(answer.content))
        choices = body.get("choices")
        choice = _members(choices[0] if isinstance(choices, list) and choices else None)
        message = choice.get("message")
        if not isinstance(message, dict):
            raise not_chat(self.endpoint, self._where)
        finish, usage = choice.get("finish_reason"), _members(body.get("usage"))
        return Completion(
            message,
            choice.get("logprobs"),
            finish if isinstance(finish, str) else None,
            _count(usage, "prompt_tokens"),
            _count(usage, "completion_tokens"),
        )


async def open_chat(endpoint: Endpoint, where: str) -> ChatClient:
    """A client ready to be asked; whoever uses it asks again."""
    return ChatClient(endpoint, await open_exchange(endpoint, where), where)


def _json(content: bytes) -> Any:
    """None for what is no JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def error_of(content: bytes) -> Any:
    """What an endpoint says of an error: the object in `error`, or whatever stands there."""
    body = _json(content)
    if body is None:
        return content.decode("utf-8", "replace")
    return body.get("error", body) if isinstance(body, dict) else body


def _members(value: Any) -> dict[str, Any]:
    """Of a JSON object; none where it is something else."""
    return value if isinstance(value, dict) else {}


def _count(usage: dict[str, Any], name: str) -> int | None:
    found = usage.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
