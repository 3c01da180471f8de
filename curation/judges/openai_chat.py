"""A model behind any OpenAI-compatible endpoint, asked for structured output at temperature 0.

How it is asked is `curation/structured_asking.py`. What comes back is read by
`curation/judge_reply.py`: a reply that cannot be counted is an unscored vote, no reply at all is a
`ModelError`. Neither is ever a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    JudgeSetup,
    Unscored,
    Vote,
    VoteKey,
)
from curation.rubric import Rubric
from curation.structured_asking import Answer, StructuredAsker, open_asker
from curation.trajectory import Message


class OpenAIJudge:
    """One endpoint, any number of questions at once."""

    def __init__(self, asker: StructuredAsker, max_chars: int) -> None:
        self._asker = asker
        self._max_chars = max_chars

    async def vote(self, case: JudgeCase, key: VoteKey, rubric: Rubric, nonce: str) -> Vote:
        """Ask the model once; see `Judge.vote`."""
        try:
            prompt = pair_prompt(case, key.order, rubric, nonce, max_chars=self._max_chars)
        except PromptTooLarge as problem:
            return Vote(key, rubric.key, unscored=Unscored.TOO_LARGE, detail=str(problem))
        answer = await self._asked(prompt.messages, VERDICT_SCHEMA)
        read = read_reply(answer.reply, key.order)
        return Vote(
            key,
            rubric.key,
            read.verdict,
            read.unscored,
            read.detail,
            read.error_analysis,
            read.correct_approach,
            answer.reply,
            answer.prompt_tokens,
            answer.completion_tokens,
            prompt.omitted,
        )

    async def checklist(
        self,
        case: JudgeCase,
        answer: Message | Sequence[Message],
        model: str,
        rubric: Rubric,
        nonce: str,
    ) -> ChecklistVote:
        """Ask of every criterion whether it holds; see `ChecklistJudge.checklist`."""
        try:
            prompt = checklist_prompt(case, answer, rubric, nonce, max_chars=self._max_chars)
        except PromptTooLarge as problem:
            return ChecklistVote(
                model, rubric.key, unscored=Unscored.TOO_LARGE, detail=str(problem)
            )
        said = await self._asked(prompt.messages, reply_schema(rubric))
        items, unscored, detail = checklist_answers(said.reply, rubric)
        return ChecklistVote(
            model,
            rubric.key,
            items,
            unscored,
            detail,
            said.reply,
            said.prompt_tokens,
            said.completion_tokens,
            prompt.omitted,
        )

    async def close(self) -> None:
        """Give back the connections."""
        await self._asker.close()

    async def _asked(self, messages: list[dict[str, str]], schema: dict[str, Any]) -> Answer:
        return await self._asker.ask(messages, "verdict", schema, temperature=0)


async def open_judge(setup: JudgeSetup) -> OpenAIJudge:
    """A judge ready to be asked.

    Raises:
        SettingsError: no endpoint is given.
    """
    if setup.endpoint is None:
        raise SettingsError(
            "No endpoint is given.", where="judge", hint="Give the model and its base URL."
        )
    asker = await open_asker(setup.endpoint, "judge")
    return OpenAIJudge(asker, setup.max_chars or MAX_CHARS)


JUDGES.register(
    JudgeBackend(
        name="openai",
        title="Model endpoint",
        doc="Asks a model behind any OpenAI-compatible endpoint. It sees the tools, the "
        "conversation and both answers without being told which is the label, in both orders.",
        open=open_judge,
        needs_endpoint=True,
        is_offline=False,
    ),
    __name__,
)
