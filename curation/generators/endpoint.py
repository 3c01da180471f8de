"""One question to a model behind an OpenAI-compatible endpoint, and every way that can fail.

Retries (429, 408, 409, 5xx, timeouts, lost connections; backing off, `Retry-After` honoured) are
the `openai` client's own and are not stacked with others. Every failure becomes a `GeneratorError`
that says what to do; the key appears in none of them, nor in any `repr`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from msgspec import Struct

from curation.errors import LoopwrightError
from curation.model_endpoint import RETRIES, Endpoint, client_of, said_by

log = logging.getLogger("loopwright")


class Reply(Struct, frozen=True):
    """What a model answered."""

    text: str
    model: str
    """As the settings name it."""


class GeneratorError(LoopwrightError):
    """The model gave no answer that can be used."""


async def ask(endpoint: Endpoint, messages: list[dict[str, str]], *, temperature: float) -> Reply:
    """Ask once, retried as the module says.

    Args:
        messages: `{role, content}` as in the chat completions API.

    Raises:
        GeneratorError: no usable answer; the hint says what to do.
        asyncio.CancelledError: as any coroutine; the connection is closed then.
    """
    # Importing and building the client take a second or so: not in the event loop.
    client = await asyncio.to_thread(client_of, endpoint)
    try:
        async with asyncio.timeout(endpoint.timeout_s * (RETRIES + 1)):
            answer = await client.chat.completions.create(
                model=endpoint.model,
                messages=messages,  # type: ignore[arg-type]
                temperature=temperature,
                max_tokens=endpoint.max_tokens,
                stream=False,
            )
    except Exception as problem:  # noqa: BLE001 - endpoints may send anything: see `_explained`
        raise _explained(endpoint, problem) from None
    finally:
        await client.close()
    return Reply(_text_of(endpoint, answer), endpoint.model)


def _text_of(endpoint: Endpoint, answer: Any) -> str:
    """The text of the first choice; endpoints may send anything, nothing is taken for granted."""
    choices = getattr(answer, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    if message is None:
        raise _not_an_answer(endpoint)
    finish = getattr(choice, "finish_reason", None)
    refusal = getattr(message, "refusal", None)
    if refusal or finish == "content_filter":
        said = f": “{endpoint.quoted(str(refusal))}”" if refusal else "."
        raise GeneratorError(
            f"{endpoint.model} refused to answer{said}",
            where="simulator",
            hint="Write the result yourself, or ask another model (LOOPWRIGHT_SIMULATOR_MODEL).",
        )
    if finish == "length":
        raise GeneratorError(
            f"The answer of {endpoint.model} was cut off after {endpoint.max_tokens} tokens.",
            where="simulator",
            hint="Raise LOOPWRIGHT_SIMULATOR_MAX_TOKENS, or write the result yourself.",
        )
    text = getattr(message, "content", None)
    if not isinstance(text, str) or not text.strip():
        raise GeneratorError(
            f"{endpoint.model} answered nothing.",
            where="simulator",
            hint="Ask again, or write the result yourself.",
        )
    return text


def _not_an_answer(endpoint: Endpoint) -> GeneratorError:
    return GeneratorError(
        f"What {endpoint.base_url} answered is no chat completion.",
        where="simulator",
        hint="LOOPWRIGHT_SIMULATOR_BASE_URL must be the address of an OpenAI-compatible API; "
        "it mostly ends in /v1.",
    )


def _explained(endpoint: Endpoint, problem: Exception) -> GeneratorError:
    """The failure in words, without the key."""
    import openai

    where, model, url = "simulator", endpoint.model, endpoint.base_url
    match problem:
        case TimeoutError() | openai.APITimeoutError():
            return GeneratorError(
                f"{model} did not answer: {RETRIES + 1} tries of {endpoint.timeout_s:g} s.",
                where=where,
                hint="Ask again, raise LOOPWRIGHT_SIMULATOR_TIMEOUT_S, or write the result "
                "yourself.",
            )
        case openai.APIStatusError():
            return _refused(endpoint, problem)
        case openai.APIConnectionError():
            return GeneratorError(
                f"There is no (lasting) connection to {url}.",
                where=where,
                hint="Is the model server running? LOOPWRIGHT_SIMULATOR_BASE_URL says where.",
            )
        case _:  # JSON that breaks off, HTML of a proxy, …: the client says so in many ways
            log.warning("The simulator's answer cannot be read: %s", type(problem).__name__)
            return _not_an_answer(endpoint)


def _refused(endpoint: Endpoint, problem: Any) -> GeneratorError:
    status = int(problem.status_code)
    said = endpoint.quoted(said_by(problem.body))
    match status:
        case 401 | 403:
            what, hint = "does not admit the key", "Correct LOOPWRIGHT_SIMULATOR_API_KEY."
        case 404:
            what = f"knows no model {endpoint.model}, or is no OpenAI-compatible API"
            hint = "Correct LOOPWRIGHT_SIMULATOR_MODEL or LOOPWRIGHT_SIMULATOR_BASE_URL."
        case 429:
            what = "has had too many questions, also after waiting"
            hint = "Wait a little and ask again, or write the result yourself."
        case _ if status >= 500:
            what, hint = "failed, also when asked again", "Ask again later; its own log says why."
        case _:
            what, hint = "refused the question", "Look at the settings LOOPWRIGHT_SIMULATOR_…."
    tail = f": “{said}”" if said else "."
    return GeneratorError(
        f"{endpoint.base_url} {what} (HTTP {status}){tail}", where="simulator", hint=hint
    )
