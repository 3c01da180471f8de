"""Asking a model for a new sample: structured output, sampled, and what came back as it came.

The schema of the reply is sent along; an endpoint that refuses it is asked again without, once, and
not bothered with it any more. Whether a reply is a sample is `curation/expansion/reply.py`'s to
say.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from curation.expansion.reply import SAMPLE_SCHEMA
from curation.judge_prompt import Prompt
from curation.judging import JudgeReply
from curation.model_endpoint import Endpoint, client_of, completion
from curation.model_faults import explained, not_chat

if TYPE_CHECKING:
    from openai import AsyncOpenAI

WHERE = "expand"
RESPONSE_FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "sample", "strict": True, "schema": SAMPLE_SCHEMA},
}
_REFUSALS_OF_A_FORMAT = (400, 404, 415, 422, 501)


class Written(Struct, frozen=True):
    """What a model wrote."""

    reply: JudgeReply
    prompt_tokens: int | None = None
    """None when the endpoint does not say."""
    completion_tokens: int | None = None


class Expander:
    """One endpoint, one client, any number of questions at once."""

    def __init__(self, endpoint: Endpoint, client: AsyncOpenAI) -> None:
        self._endpoint = endpoint
        self._client = client
        self._takes_schema: bool | None = None
        """None until a reply came with or without the schema."""

    async def write(
        self, prompt: Prompt, *, temperature: float, top_p: float, seed: int
    ) -> Written:
        """Ask once.

        Raises:
            ModelError: the endpoint gave no reply.
        """
        import openai

        body: dict[str, Any] = {
            "messages": prompt.messages,
            "temperature": temperature,
            "top_p": top_p,
            "seed": seed,
        }
        if self._takes_schema is not False:
            try:
                answer = await self._sent({**body, "response_format": RESPONSE_FORMAT})
            except openai.APIStatusError as problem:
                # A question that is itself refused is refused again below, and said so then.
                if self._takes_schema or problem.status_code not in _REFUSALS_OF_A_FORMAT:
                    raise explained(self._endpoint, problem, WHERE) from None
            except Exception as problem:  # noqa: BLE001 - endpoints may send anything
                raise explained(self._endpoint, problem, WHERE) from None
            else:
                written = _read(self._endpoint, answer)
                self._takes_schema = True
                return written
        try:
            answer = await self._sent(body)
        except Exception as problem:  # noqa: BLE001 - as above
            raise explained(self._endpoint, problem, WHERE) from None
        written = _read(self._endpoint, answer)
        self._takes_schema = self._takes_schema or False
        return written

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.close()

    async def _sent(self, body: dict[str, Any]) -> Any:
        return await completion(
            self._client,
            model=self._endpoint.model,
            max_tokens=self._endpoint.max_tokens,
            stream=False,
            **body,
        )


async def open_expander(endpoint: Endpoint) -> Expander:
    """An expander that asks each question once; whoever uses it asks again."""
    # Importing and building the client take a second or so: not in the event loop.
    return Expander(endpoint, await asyncio.to_thread(client_of, endpoint, retries=0))


def _read(endpoint: Endpoint, answer: Any) -> Written:
    """The first choice; endpoints may send anything, nothing is taken for granted."""
    choices = getattr(answer, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    if message is None:
        raise not_chat(endpoint, WHERE)
    content, refusal = getattr(message, "content", None), getattr(message, "refusal", None)
    finish = getattr(choice, "finish_reason", None)
    reply = JudgeReply(
        content if isinstance(content, str) else "",
        finish if isinstance(finish, str) else None,
        endpoint.quoted(str(refusal)) if refusal else None,
    )
    usage = getattr(answer, "usage", None)
    return Written(reply, _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))


def _count(usage: Any, name: str) -> int | None:
    found = getattr(usage, name, None)
    return found if isinstance(found, int) and found >= 0 else None
