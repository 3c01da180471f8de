"""Bringing the children of one seed to their ends: asked for, screened by rules and likeness,
judged.

What happens is put for whoever stores it as it happens; nothing is stored here.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from app.flows.asking import Line
from app.flows.expand_copies import Copies
from app.flows.expand_seeds import Sown
from app.flows.expand_setup import ExpandRequest, judges_of
from app.flows.spending import Tokens
from app.flows.working_through import Put
from curation.checklist_judging import ChecklistVote
from curation.consensus import ConsensusRule
from curation.directive import directive_named, drawn
from curation.expansion.lineage import ChildState
from curation.expansion.prompt import expansion_prompt, lead_of
from curation.expansion.refusals import NotASample, Refusal
from curation.expansion.reply import read_sample
from curation.expansion.rules import broken_rules
from curation.expansion.verdict import (
    AnswerVerdict,
    answer_ruling,
    answer_verdict,
    votes_wanted,
)
from curation.generators.expander import Expander, sampling_seed
from curation.judge_prompt import PromptTooLarge
from curation.judges.openai_chat import OpenAIJudge
from curation.judging import JudgeCase, JudgeReply
from curation.model_faults import ModelError
from curation.rubric import Rubric
from curation.structured_asking import Answer
from curation.trajectory import Trajectory
from storage.expansion_votes import NewChildVote
from storage.expansions import ChildEnd, ChildKey, NewChild

_Result = TypeVar("_Result")


class Growing(Struct, frozen=True):
    """A seed, and its children on record that have not come to their ends."""

    sown: Sown
    replies: dict[int, JudgeReply]
    """Number -> reply of those that are not settled."""
    missing: tuple[int, ...]
    """Numbers of those that have none."""
    votes: dict[int, dict[int, AnswerVerdict | None]]
    """Number -> number of a vote -> what it says."""


class Ended(Struct, frozen=True):
    """What became of a child."""

    sown: Sown
    end: ChildEnd
    sample: Trajectory | None = None
    """When it is admitted."""


Kept = NewChild | NewChildVote | Ended
"""What is to be stored, in the order in which it happened."""


class Screened(Struct, frozen=True):
    """A sample that rules and likeness let pass."""

    sample: Trajectory
    end: ChildEnd
    """As it would be, were the sample admitted."""


class Grower:
    """Grows one seed at a time, any number of them at once."""

    def __init__(
        self,
        request: ExpandRequest,
        line: Line,
        expander: Expander,
        judges: Mapping[str, OpenAIJudge],
        copies: Copies,
        *,
        mix: Mapping[str, float],
        rubric: Rubric,
        rule: ConsensusRule,
    ) -> None:
        self._request = request
        self._line = line
        self._expander = expander
        self._judges = judges
        self._copies = copies
        self._mix = mix
        self._rubric = rubric
        self._rule = rule

    async def grow(self, item: Growing, put: Put[Kept]) -> None:
        """Ask for what is missing, and settle what can be settled."""
        came = await _all(self._write(item.sown, number, put) for number in item.missing)
        replies = dict(item.replies)
        for number, reply in zip(item.missing, came, strict=True):
            if reply is not None:
                replies[number] = reply
        # In order, so that of two alike siblings the first stays.
        passed = [
            screened
            for number in sorted(replies)
            if (screened := await self._screen(item.sown, number, replies[number], put))
        ]
        await _all(
            self._judge(item.sown, one, item.votes.get(one.end.key.number, {}), put)
            for one in passed
        )

    async def _write(self, sown: Sown, number: int, put: Put[Kept]) -> JudgeReply | None:
        """Ask for one child; None when there is no reply."""
        request = self._request
        directive = directive_named(drawn(self._mix, sown.seed_id, number, request.seed))
        child = NewChild(
            ChildKey(sown.seed_id, number),
            sown.prediction_id,
            sown.verdict_id,
            sown.parent_id,
            sown.message_index,
            directive.key,
            ChildState.WRITTEN,
        )
        try:
            prompt = expansion_prompt(
                sown.seed, directive, secrets.token_hex(8), max_chars=request.max_chars
            )
        except PromptTooLarge as problem:
            refused = {"state": ChildState.REFUSED, "reason": Refusal.TOO_LARGE.value}
            await put(replace(child, **refused, detail=str(problem)))
            return None
        seed = sampling_seed(sown.seed_id, number, request.seed)
        try:
            answer = await self._line.ask(
                request.model,
                lambda: self._expander.write(
                    prompt, seed, temperature=request.temperature, top_p=request.top_p
                ),
                _took,
            )
        except ModelError as problem:
            failed = {"state": ChildState.FAILED, "reason": problem.fault.value}
            await put(replace(child, **failed, detail=str(problem), omitted=prompt.omitted))
            return None
        await put(
            replace(
                child,
                reply=answer.reply,
                omitted=prompt.omitted,
                prompt_tokens=answer.prompt_tokens,
                completion_tokens=answer.completion_tokens,
            )
        )
        return answer.reply

    async def _screen(
        self, sown: Sown, number: int, reply: JudgeReply, put: Put[Kept]
    ) -> Screened | None:
        """What the first tier says; None when it refuses."""
        request = self._request
        refused = ChildEnd(ChildKey(sown.seed_id, number), ChildState.REFUSED)
        try:
            sample = read_sample(
                reply, sown.seed.tools, lead_of(sown.seed), with_text=request.with_text
            )
        except NotASample as problem:
            end = replace(refused, reason=problem.reason.value, detail=problem.detail)
            await put(Ended(sown, end))
            return None
        broken = broken_rules(sample, grounding=request.grounding, warnings=request.warnings)
        if broken:
            told = " ".join(f"{one.check}: {one.message}" for one in broken)
            await put(Ended(sown, replace(refused, reason=broken[0].check, detail=told)))
            return None
        like = await self._copies.look(sown, number, sample)
        end = replace(
            refused, similarity=like.parent, nearest=like.nearest, nearest_to=like.nearest_to
        )
        if like.too_like:
            reason = Refusal.NEAR_COPY.value
            await put(Ended(sown, replace(end, reason=reason, detail=like.too_like)))
            return None
        return Screened(sample, replace(end, state=ChildState.ADMITTED))

    async def _judge(
        self,
        sown: Sown,
        one: Screened,
        on_record: Mapping[int, AnswerVerdict | None],
        put: Put[Kept],
    ) -> None:
        """Ask until the votes amount to a ruling; a vote that is not answered leaves it open."""
        given = dict(on_record)
        models = judges_of(self._request)
        while wanted := votes_wanted(given, self._rule, models):
            came = await _all(self._vote(one, model, number, put) for model, number in wanted)
            for (_, number), vote in zip(wanted, came, strict=True):
                if vote is None:
                    return
                given[number] = answer_verdict(vote, self._rubric)
        ruling = answer_ruling(list(given.values()), self._rule)
        end = replace(one.end, detail=ruling.detail)
        if ruling.refusal is None:
            await put(Ended(sown, end, one.sample))
        else:
            refused = {"state": ChildState.REFUSED, "reason": ruling.refusal.value}
            await put(Ended(sown, replace(end, **refused)))

    async def _vote(
        self, one: Screened, model: str, number: int, put: Put[Kept]
    ) -> ChecklistVote | None:
        """One vote; None when there is no reply."""
        *context, answer = one.sample.messages
        case = JudgeCase(one.sample.tools, tuple(context), answer, answer)
        judge = self._judges[model]
        try:
            vote = await self._line.ask(
                model,
                lambda: judge.checklist(case, answer, model, self._rubric, secrets.token_hex(8)),
                _vote_took,
            )
        except ModelError:
            return None
        await put(NewChildVote(one.end.key, number, answer_verdict(vote, self._rubric), vote))
        return vote


def _took(answer: Answer) -> Tokens:
    return Tokens(answer.prompt_tokens, answer.completion_tokens)


def _vote_took(vote: ChecklistVote) -> Tokens:
    if vote.reply is None:
        return Tokens(0, 0)  # too large a prompt: nobody was asked
    return Tokens(vote.prompt_tokens, vote.completion_tokens)


async def _all(work: Iterable[Coroutine[Any, Any, _Result]]) -> list[_Result]:
    """The results of all of it, whatever becomes of one: what is under way is paid for.

    Raises:
        What one of them raised, after all have ended.
    """
    came = await asyncio.gather(*work, return_exceptions=True)
    for one in came:
        if isinstance(one, BaseException):
            raise one
    return [one for one in came if not isinstance(one, BaseException)]
