"""Replies that were recorded: the same cases judged again without any model.

A recording is JSON lines, one reply each: `{case, rubric, order, number, model, reply: {text,
finish, refusal}, prompt_tokens, completion_tokens, omitted}`. `case` is `JudgeCase.case_id`; of the
reply only the text must be there, and what follows the reply may be missing. What is kept is what a
model said, not what was made of it: a reply is read again, so a better reader makes better verdicts
of old recordings. A question that is not on record is unscored, never answered with a reply to
another one.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from curation.errors import SettingsError
from curation.judge_reply import read_reply
from curation.judging import (
    JUDGES,
    JudgeBackend,
    JudgeCase,
    JudgeReply,
    JudgeSetup,
    Omission,
    Order,
    Unscored,
    Vote,
    VoteKey,
)
from curation.rubric import Rubric


class RecordedReply(Struct, frozen=True, omit_defaults=True):
    """One line of a recording."""

    case: str
    rubric: str
    """`name@version`: another text is another question."""
    order: Order
    number: int
    model: str
    reply: JudgeReply
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    omitted: tuple[Omission, ...] = ()


class ReplayJudge:
    """Answers from a recording."""

    def __init__(self, replies: Iterable[RecordedReply]) -> None:
        self._replies = {(r.case, r.rubric, r.order, r.number, r.model): r for r in replies}

    async def vote(self, case: JudgeCase, key: VoteKey, rubric: Rubric, nonce: str) -> Vote:
        """The vote that the recorded reply amounts to today; see `Judge.vote`."""
        found = self._replies.get((case.case_id, rubric.key, key.order, key.number, key.model))
        if found is None:
            return Vote(
                key,
                rubric.key,
                unscored=Unscored.NOT_RECORDED,
                detail=f"No reply of {key.model} to {case.case_id} is on record for "
                f"{rubric.key}, vote {key.number}, {key.order}.",
            )
        read = read_reply(found.reply, key.order)
        return Vote(
            key,
            rubric.key,
            read.verdict,
            read.unscored,
            read.detail,
            read.error_analysis,
            read.correct_approach,
            found.reply,
            found.prompt_tokens,
            found.completion_tokens,
            found.omitted,
        )

    async def close(self) -> None:
        """Nothing to give back."""


def recording_line(case_id: str, vote: Vote) -> str:
    """A vote's reply as a line of a recording, without the line feed.

    Raises:
        ValueError: no model replied.
    """
    if vote.reply is None:
        raise ValueError(f"no model replied: {vote.unscored}")
    recorded = RecordedReply(
        case_id, vote.rubric, vote.key.order, vote.key.number, vote.key.model,
        vote.reply, vote.prompt_tokens, vote.completion_tokens, vote.omitted,
    )  # fmt: skip
    return encoded(recorded)


def encoded(reply: RecordedReply) -> str:
    """A recorded reply as its line, without the line feed."""
    return msgspec.json.encode(reply).decode()


def read_recording(lines: Iterable[str]) -> list[RecordedReply]:
    """The replies of a recording; blank lines are passed over.

    Raises:
        SettingsError: a line is no recorded reply, or two answer the same question differently.
    """
    found: dict[tuple[object, ...], RecordedReply] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            reply = msgspec.json.decode(line, type=RecordedReply)
        except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as problem:
            raise SettingsError(
                f"This is no recorded reply: {problem}.",
                where=f"recording, line {number}",
                hint="A line is an object with case, rubric, order, number, model and reply.",
            ) from None
        key = (reply.case, reply.rubric, reply.order, reply.number, reply.model)
        if found.setdefault(key, reply) != reply:
            raise SettingsError(
                f"It answers a question that another line answered: {reply.case}, {reply.order}.",
                where=f"recording, line {number}",
                hint="Remove one of the two lines.",
            )
    return list(found.values())


async def _open(setup: JudgeSetup) -> ReplayJudge:
    return ReplayJudge(read_recording(setup.recording))


JUDGES.register(
    JudgeBackend(
        name="replay",
        title="Recorded replies",
        doc="Reads the replies of an earlier run again, without any model.",
        open=_open,
        needs_recording=True,
    ),
    __name__,
)
