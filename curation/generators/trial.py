"""Trying an endpoint: three tiny questions that show what it can do for a judge or a probe.

The first asks for one word and for log-probabilities; the second for JSON by a schema; the third
for a call of a tool. Only the first must be answered: an endpoint that refuses one of the others
cannot do it, and both judge and probe get along without.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from msgspec import Struct

from curation.model_endpoint import Endpoint, client_of, completion
from curation.model_faults import explained, not_chat

WHERE = "endpoint"
_REFUSALS = (400, 403, 404, 422, 501)
"""Statuses of an endpoint that does not know what it is asked for."""
_SCHEMA = {
    "type": "object",
    "properties": {"ready": {"type": "boolean"}},
    "required": ["ready"],
    "additionalProperties": False,
}
_FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "readiness", "strict": True, "schema": _SCHEMA},
}
_TOOL = {
    "type": "function",
    "function": {
        "name": "report_ready",
        "description": "Say whether you are ready.",
        "parameters": _SCHEMA,
    },
}


class Trial(Struct, frozen=True):
    """What came back. None: the question for it failed for a reason that may pass."""

    latency_s: float
    """Of the first answer, the connection included."""
    said: str
    """The first answer, shortened; it may be empty."""
    logprobs: bool
    structured: bool | None
    native_calls: bool | None


async def try_endpoint(endpoint: Endpoint) -> Trial:
    """Ask the three questions.

    Raises:
        ModelError: the first was not answered; says why and what to do.
    """
    client = await asyncio.to_thread(client_of, endpoint, retries=0)
    try:
        began = time.monotonic()
        choice, has_logprobs = await _first(endpoint, client)
        latency_s = time.monotonic() - began
        structured, called = await asyncio.gather(
            _whether(endpoint, client, _is_ready_json, response_format=_FORMAT),
            _whether(endpoint, client, _has_call, tools=[_TOOL]),
        )
    finally:
        await client.close()
    text = getattr(choice.message, "content", None)
    said = endpoint.quoted(text)[:80] if isinstance(text, str) else ""
    return Trial(latency_s, said, has_logprobs, structured, called)


async def _first(endpoint: Endpoint, client: Any) -> tuple[Any, bool]:
    """The first answer, and whether its tokens came with log-probabilities."""
    import openai

    text = "Answer with the one word: ready"
    try:
        try:
            answer = await _sent(endpoint, client, text, logprobs=True)
        except openai.APIStatusError as problem:
            if problem.status_code not in _REFUSALS:
                raise
            return _choice(endpoint, await _sent(endpoint, client, text)), False
    except Exception as problem:  # noqa: BLE001 - endpoints may send anything
        raise explained(endpoint, problem, WHERE) from None
    choice = _choice(endpoint, answer)
    return choice, bool(getattr(getattr(choice, "logprobs", None), "content", None))


async def _whether(endpoint: Endpoint, client: Any, proof: Any, **more: Any) -> bool | None:
    import openai

    text = "Are you ready? Answer yes: as JSON, or by the tool where there is one."
    try:
        answer = await _sent(endpoint, client, text, **more)
        return bool(proof(_choice(endpoint, answer).message))
    except openai.APIStatusError as problem:
        return False if problem.status_code in _REFUSALS else None
    except Exception:  # noqa: BLE001 - as above; the first question was answered
        return None


async def _sent(endpoint: Endpoint, client: Any, text: str, **more: Any) -> Any:
    return await completion(
        client,
        model=endpoint.model,
        messages=[{"role": "user", "content": text}],
        max_tokens=endpoint.max_tokens,
        stream=False,
        **more,
    )


def _choice(endpoint: Endpoint, answer: Any) -> Any:
    choices = getattr(answer, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    if getattr(choice, "message", None) is None:
        raise not_chat(endpoint, WHERE)
    return choice


def _is_ready_json(message: Any) -> bool:
    try:
        found = json.loads(message.content)
    except (TypeError, ValueError):
        return False
    return isinstance(found, dict) and isinstance(found.get("ready"), bool)


def _has_call(message: Any) -> bool:
    calls = getattr(message, "tool_calls", None)
    return isinstance(calls, list) and bool(calls)
