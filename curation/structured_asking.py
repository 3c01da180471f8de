"""Asking a model for JSON of a schema, and what came back as it came.

The schema of the reply is sent along (`response_format`) where the endpoint takes it. Nothing is
read here: what a reply means is for whoever asked. No reply at all is a `ModelError`. The key is in
no message and no `repr`.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from curation.chat_client import ChatClient, open_chat
from curation.judging import JudgeReply
from curation.model_endpoint import Endpoint


class Answer(Struct, frozen=True):
    """A reply, and the tokens that it took."""

    reply: JudgeReply
    prompt_tokens: int | None = None
    """None when the endpoint does not say."""
    completion_tokens: int | None = None


class StructuredAsker:
    """One endpoint, any number of questions at once."""

    def __init__(self, client: ChatClient) -> None:
        self._client = client

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
        endpoint = self._client.endpoint
        body = {"max_tokens": endpoint.max_tokens, "messages": messages, **sampling}
        format = {"name": name, "strict": True, "schema": schema}
        found = await self._client.complete(
            body, {"response_format": {"type": "json_schema", "json_schema": format}}
        )
        reply = JudgeReply(
            found.text or "",
            found.finish,
            endpoint.quoted(found.refusal) if found.refusal else None,
            asked_without=self._client.asked_without,
        )
        return Answer(reply, found.prompt_tokens, found.completion_tokens)

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.close()


async def open_asker(endpoint: Endpoint, where: str) -> StructuredAsker:
    """An asker that asks each question once; whoever uses it asks again.

    Args:
        where: who asks, for errors.
    """
    return StructuredAsker(await open_chat(endpoint, where))
