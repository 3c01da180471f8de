"""A model behind any OpenAI-compatible endpoint, asked for structured output at temperature 0.

The schema of the reply is sent along (`response_format`); an endpoint that refuses it is asked
again without, once, and not bothered with it any more. What comes back is read by
`curation/judge_reply.py`: a reply that cannot be counted is an unscored vote, no reply at all is a
`ModelError`. Neither is ever a verdict. The key is in no message and no `repr`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from curation.checklist_judging import (
    ChecklistVote,
    checklist_answers,
    checklist_prompt,
    reply_schema,
)
from curation.errors import SettingsError
from curation.judge_prompt import MAX_CHARS, VERDICT_SCHEMA, PromptTooLarge, pair_prompt
from curation.judge_reply import read_reply
from curation.judging import (
    JUDGES,
    JudgeBackend,
    JudgeCase,
    JudgeReply,
    JudgeSetup,
    Unscored,
    Vote,
    VoteKey,
)
from curation.model_endpoint import Endpoint, client_of, completion, refused_by
from curation.model_faults import explained, not_chat
from curation.rubric import Rubric
from curation.trajectory import Message

if TYPE_CHECKING:
    from openai import AsyncOpenAI


def _format(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "strict": True, "schema": schema},
    }


RESPONSE_FORMAT = _format(VERDICT_SCHEMA)
WHERE = "judge"
_REFUSALS_OF_A_FORMAT = (400, 404, 415, 422, 501)


class OpenAIJudge:
    """One endpoint, one client, any number of questions at once."""

    def __init__(self, endpoint: Endpoint, client: AsyncOpenAI, max_chars: int) -> None:
        self._endpoint = endpoint
        self._client = client
        self._max_chars = max_chars
        self._takes_schema: bool | None = None
        """None until a reply came with or without the schema."""

    async def vote(self, case: JudgeCase, key: VoteKey, rubric: Rubric, nonce: str) -> Vote:
        """Ask the model once; see `Judge.vote`."""
        try:
            prompt = pair_prompt(case, key.order, rubric, nonce, max_chars=self._max_chars)
        except PromptTooLarge as problem:
            return Vote(key, rubric.key, unscored=Unscored.TOO_LARGE, detail=str(problem))
        reply, usage = await self._asked(prompt.messages, RESPONSE_FORMAT)
        read = read_reply(reply, key.order)
        return Vote(
            key,
            rubric.key,
            read.verdict,
            read.unscored,
            read.detail,
            read.error_analysis,
            read.correct_approach,
            reply,
            _count(usage, "prompt_tokens"),
            _count(usage, "completion_tokens"),
            prompt.omitted,
        )

    async def checklist(
        self, case: JudgeCase, answer: Message, model: str, rubric: Rubric, nonce: str
    ) -> ChecklistVote:
        """Ask of every criterion whether it holds; see `checklist_prompt`.

        Raises:
            ModelError: the endpoint gave no reply.
            ValueError: the rubric is no checklist of this case.
        """
        try:
            prompt = checklist_prompt(case, answer, rubric, nonce, max_chars=self._max_chars)
        except PromptTooLarge as problem:
            return ChecklistVote(
                model, rubric.key, unscored=Unscored.TOO_LARGE, detail=str(problem)
            )
        reply, usage = await self._asked(prompt.messages, _format(reply_schema(rubric)))
        items, unscored, detail = checklist_answers(reply, rubric)
        return ChecklistVote(
            model,
            rubric.key,
            items,
            unscored,
            detail,
            reply,
            _count(usage, "prompt_tokens"),
            _count(usage, "completion_tokens"),
            prompt.omitted,
        )

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.close()

    async def _asked(
        self, messages: list[dict[str, str]], response_format: dict[str, Any]
    ) -> tuple[JudgeReply, Any]:
        """The reply and the usage, with the schema of the reply where the endpoint takes it.

        Raises:
            ModelError: there is no reply.
        """
        import openai

        if self._takes_schema is not False:
            try:
                answer = await self._sent(messages, response_format=response_format)
            except openai.APIStatusError as problem:
                # A question that is itself refused is refused again below, and said so then.
                if self._takes_schema or problem.status_code not in _REFUSALS_OF_A_FORMAT:
                    raise explained(self._endpoint, problem, WHERE) from None
            except Exception as problem:  # noqa: BLE001 - endpoints may send anything
                raise explained(self._endpoint, problem, WHERE) from None
            else:
                read = self._read(answer)
                self._takes_schema = True
                return read
        try:
            answer = await self._sent(messages)
        except Exception as problem:  # noqa: BLE001 - as above
            raise explained(self._endpoint, problem, WHERE) from None
        read = self._read(answer)
        self._takes_schema = self._takes_schema or False
        return read

    def _read(self, answer: Any) -> tuple[JudgeReply, Any]:
        reply, usage = _reply_of(self._endpoint, answer)
        return replace(reply, asked_without=refused_by(self._client)), usage

    async def _sent(self, messages: list[dict[str, str]], **more: Any) -> Any:
        return await completion(
            self._client,
            model=self._endpoint.model,
            messages=messages,
            temperature=0,
            max_tokens=self._endpoint.max_tokens,
            stream=False,
            **more,
        )


def _reply_of(endpoint: Endpoint, answer: Any) -> tuple[JudgeReply, Any]:
    """The first choice; endpoints may send anything, nothing is taken for granted."""
    choices = getattr(answer, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    if message is None:
        raise not_chat(endpoint, WHERE)
    content, refusal = getattr(message, "content", None), getattr(message, "refusal", None)
    finish = getattr(choice, "finish_reason", None)
    return JudgeReply(
        content if isinstance(content, str) else "",
        finish if isinstance(finish, str) else None,
        endpoint.quoted(str(refusal)) if refusal else None,
    ), getattr(answer, "usage", None)


def _count(usage: Any, name: str) -> int | None:
    found = getattr(usage, name, None)
    return found if isinstance(found, int) and found >= 0 else None


async def _open(setup: JudgeSetup) -> OpenAIJudge:
    if setup.endpoint is None:
        raise SettingsError(
            "No endpoint is given.", where="judge", hint="Give the model and its base URL."
        )
    # Importing and building the client take a second or so: not in the event loop.
    client = await asyncio.to_thread(client_of, setup.endpoint, retries=setup.retries)
    return OpenAIJudge(setup.endpoint, client, setup.max_chars or MAX_CHARS)


JUDGES.register(
    JudgeBackend(
        name="openai",
        title="Model endpoint",
        doc="Asks a model behind any OpenAI-compatible endpoint. It sees the tools, the "
        "conversation and both answers without being told which is the label, in both orders.",
        open=_open,
        needs_endpoint=True,
        is_offline=False,
    ),
    __name__,
)
