"""Trying an endpoint: three tiny questions that show what it can do for a judge or a probe.

The first asks for one word and for log-probabilities; the second for JSON by a schema; the third
for a call of a tool. Only the first must be answered: an endpoint that refuses one of the others
cannot do it, and both judge and probe get along without.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from curation.chat_client import REFUSALS, ChatClient, Completion, open_chat
from curation.generators.embedder import open_embedder
from curation.model_endpoint import Endpoint
from curation.model_faults import ModelError

WHERE = "endpoint"
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


class VectorTrial(Struct, frozen=True):
    """What came back of an endpoint for embeddings."""

    latency_s: float
    """Of the answer, the connection included."""
    dimension: int


async def try_embedding(endpoint: Endpoint) -> VectorTrial:
    """Ask for one vector.

    Raises:
        ModelError: there is none; says why and what to do.
    """
    embedder = await open_embedder(endpoint)
    try:
        began = time.monotonic()
        await embedder.embed(["Are you ready?"])
        return VectorTrial(time.monotonic() - began, embedder.dimension or 0)
    finally:
        await embedder.close()


async def try_endpoint(endpoint: Endpoint) -> Trial:
    """Ask the three questions.

    Raises:
        ModelError: the first was not answered; says why and what to do.
    """
    client = await open_chat(endpoint, WHERE)
    try:
        began = time.monotonic()
        first = await client.complete(
            _question(endpoint, "Answer with the one word: ready"), {"logprobs": True}
        )
        latency_s = time.monotonic() - began
        structured, called = await asyncio.gather(
            _whether(client, _is_ready_json, response_format=_FORMAT),
            _whether(client, _has_call, tools=[_TOOL]),
        )
    finally:
        await client.close()
    said = endpoint.quoted(first.text)[:80] if first.text else ""
    listed = first.logprobs.get("content") if isinstance(first.logprobs, dict) else None
    return Trial(latency_s, said, bool(listed), structured, called)


async def _whether(
    client: ChatClient, proof: Callable[[Completion], bool], **asked_for: Any
) -> bool | None:
    text = "Are you ready? Answer yes: as JSON, or by the tool where there is one."
    try:
        return proof(await client.complete({**_question(client.endpoint, text), **asked_for}))
    except ModelError as problem:
        return False if problem.status in REFUSALS else None


def _question(endpoint: Endpoint, text: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"messages": messages, "max_tokens": endpoint.max_tokens}


def _is_ready_json(found: Completion) -> bool:
    try:
        value = json.loads(found.text or "")
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("ready"), bool)


def _has_call(found: Completion) -> bool:
    calls = found.message.get("tool_calls")
    return isinstance(calls, list) and bool(calls)
