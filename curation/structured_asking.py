"""Asking a model for JSON of a schema, and what came back as it came.

The schema of the reply is sent along (`response_format`); an endpoint that refuses it is asked
again without, once, and not bothered with it any more. Nothing is read here: what a reply means is
for whoever asked. No reply at all is a `ModelError`. The key is in no message and no `repr`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from curation.judging import JudgeReply
from curation.model_endpoint import Endpoint, client_of, completion, refused_by
from curation.model_faults import explained, not_chat

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_REFUSALS_OF_A_FORMAT = (400, 404, 415, 422, 501)


class Answer(Struct, frozen=True):
    """A reply, and the tokens that it took."""

    reply: JudgeReply
    prompt_tokens: int | None = None
    """None when the endpoint does not say."""
    completion_tokens: int | None = None


class StructuredAsker:
    """One endpoint, one client, any number of questions at once.

    Args:
        where: who asks, for errors.
    """

    def __init__(self, endpoint: Endpoint, client: AsyncOpenAI, where: str) -> None:
        self._endpoint = endpoint
        self._client = client
        self._where = where
        self._takes_schema: bool | None = None
        """None until a reply came with or without the schema."""

    async def ask(
        self, messages: list[dict[str, str]], name: str, schema: dict[str, Any], **sampling: Any
    ) -> Answer:
        """Ask once.

        Args:
            messages: `{role, content}` as in the chat completions API.
            name: of the schema, as the API wants one.
            sampling: `temperature` and what else the API takes.

        Raises:
            ModelError: there is no reply.
        """
        import openai

        body = {"messages": messages, **sampling}
        if self._takes_schema is not False:
            format = {"name": name, "strict": True, "schema": schema}
            try:
                answer = await self._sent(
                    {**body, "response_format": {"type": "json_schema", "json_schema": format}}
                )
            except openai.APIStatusError as problem:
                # A question that is itself refused is refused again below, and said so then.
                if self._takes_schema or problem.status_code not in _REFUSALS_OF_A_FORMAT:
                    raise explained(self._endpoint, problem, self._where) from None
            except Exception as problem:  # noqa: BLE001 - endpoints may send anything
                raise explained(self._endpoint, problem, self._where) from None
            else:
                read = self._read(answer)
                self._takes_schema = True
                return read
        try:
            answer = await self._sent(body)
        except Exception as problem:  # noqa: BLE001 - as above
            raise explained(self._endpoint, problem, self._where) from None
        read = self._read(answer)
        self._takes_schema = self._takes_schema or False
        return read

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

    def _read(self, answer: Any) -> Answer:
        """The first choice; endpoints may send anything, nothing is taken for granted."""
        choices = getattr(answer, "choices", None)
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = getattr(choice, "message", None)
        if message is None:
            raise not_chat(self._endpoint, self._where)
        content, refusal = getattr(message, "content", None), getattr(message, "refusal", None)
        finish = getattr(choice, "finish_reason", None)
        reply = JudgeReply(
            # Halves of characters, which no database stores and no text means.
            content.encode("utf-8", "replace").decode() if isinstance(content, str) else "",
            finish if isinstance(finish, str) else None,
            self._endpoint.quoted(str(refusal)) if refusal else None,
            asked_without=refused_by(self._client),
        )
        usage = getattr(answer, "usage", None)
        return Answer(reply, _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))


def _count(usage: Any, name: str) -> int | None:
    found = getattr(usage, name, None)
    return found if isinstance(found, int) and found >= 0 else None


async def open_asker(endpoint: Endpoint, where: str, *, retries: int = 0) -> StructuredAsker:
    """A client ready to be asked.

    Args:
        retries: of the client itself; 0 where whoever asks tries again.
    """
    # Importing and building the client take a second or so: not in the event loop.
    client = await asyncio.to_thread(client_of, endpoint, retries=retries)
    return StructuredAsker(endpoint, client, where)
