"""What a judge is asked, what it answers, and what a judge is.

A case is one step with two answers to it. A judge sees them blind, as Response 1 and Response 2, in
one of two orders, and gives one vote a question. What several votes amount to is
`curation/consensus.py`; what a model is told and how its reply is read are `judge_prompt.py` and
`judge_reply.py`; the backends live one per file in `curation/judges/`.

Source: LoopTool's judgement-guided label verification (arXiv 2511.09148, section 4.3), with both
orders asked as in ToolRM (arXiv 2510.26167).
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from curation.gold import GoldCall
from curation.model_endpoint import Endpoint
from curation.registry import Registry
from curation.rubric import Rubric
from curation.trajectory import Message, ToolSpec, canonical_json
from curation.verdicts import Verdict

CASE_PREFIX = "case1-"
"""Tag of the content hash, as that of a trajectory's uid."""


class JudgeCase(Struct, frozen=True):
    """One step, and two answers to it."""

    tools: tuple[ToolSpec, ...]
    context: tuple[Message, ...]
    """The messages before the step."""
    reference: Message
    """What stands in the trajectory (LoopTool's "label")."""
    prediction: Message
    alternatives: tuple[Message, ...] = ()
    """Further answers that people accepted. No model is shown them; `rules` compares with them."""
    gold: tuple[GoldCall, ...] = ()
    """Set-valued gold, where the source has it; as with alternatives, for `rules` alone."""
    date: str = ""
    """When the conversation took place, as the source wrote it; "" when it does not say."""

    @property
    def case_id(self) -> str:
        """Tagged hash of what a model is asked; the same in both orders, and whatever is accepted
        later."""
        said = (self.tools, self.context, self.reference, self.prediction, self.date)
        return CASE_PREFIX + hashlib.sha256(canonical_json(said)).hexdigest()[:32]


class Order(StrEnum):
    """Which answer the judge is shown as Response 1."""

    REFERENCE_FIRST = "reference-first"
    PREDICTION_FIRST = "prediction-first"


class Unscored(StrEnum):
    """Why a vote has no verdict. Stored with the vote."""

    TRUNCATED = "truncated"
    """The reply broke off, or does not say that it ended."""
    REFUSED = "refused"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    """It was to be JSON and is not."""
    WRONG_SCHEMA = "wrong-schema"
    """JSON, but not what was asked for."""
    NO_VERDICT = "no-verdict"
    UNKNOWN_VERDICT = "unknown-verdict"
    NEGATED = "negated"
    """It names a verdict to deny it."""
    HEDGED = "hedged"
    """It names a verdict as a question, a condition or a possibility."""
    SEVERAL = "several"
    """It names more than one verdict, listed or one after the other."""
    NOT_BLIND = "not-blind"
    """It names the label or the prediction, of which it was told nothing: words of the data."""
    TOO_LARGE = "too-large"
    """What must not be left out of the prompt is more than it may hold."""
    NOT_PROVEN = "not-proven"
    """The `rules` judge cannot prove any verdict."""
    NOT_RECORDED = "not-recorded"
    """The `replay` judge has no reply to this question."""
    FAILED = "failed"
    """The endpoint gave no reply; see the detail."""


class OmissionKind(StrEnum):
    """What may be left out of a prompt, in the order in which it goes."""

    THINKING = "thinking"
    """The reasoning of an assistant message; never shown to a judge."""
    PART = "part"
    """A content part that is no text (an image, a file)."""
    RESULT = "result"
    """The end of a long tool result."""
    MESSAGE = "message"
    SYSTEM = "system"
    """The end of a long system prompt."""
    TOOL = "tool"
    """A tool that neither answer calls."""


class Omission(Struct, frozen=True, omit_defaults=True):
    """One thing that the judge was not shown."""

    kind: OmissionKind
    chars: int
    """How many characters were left out."""
    message_index: int | None = None
    """In the case's context; None for tools and for what the two answers thought."""
    name: str = ""
    """Of the tool."""


class VoteKey(Struct, frozen=True):
    """Which question a vote answers, among all that are asked about one case."""

    model: str
    number: int
    """0-based number of the vote; its two orders share it."""
    order: Order


class JudgeReply(Struct, frozen=True, omit_defaults=True):
    """What a model answered, as it came."""

    text: str
    finish: str | None = "stop"
    """Why it ended, as the API says; None when it does not say."""
    refusal: str | None = None
    asked_without: tuple[str, ...] = ()
    """Parameters of the question that the endpoint does not take: without `temperature`, the reply
    is not the likeliest one and may be another next time."""


class Vote(Struct, frozen=True, omit_defaults=True):
    """One reply of a judge to one question."""

    key: VoteKey
    rubric: str
    """`name@version`."""
    verdict: Verdict | None = None
    """Told of the reference and the prediction, whatever the order was."""
    unscored: Unscored | None = None
    """Set when there is no verdict."""
    detail: str = ""
    """What exactly was wrong with the reply, or what proves the verdict."""
    error_analysis: str = ""
    correct_approach: str = ""
    reply: JudgeReply | None = None
    """None for judges that are no model, and when nothing was asked."""
    prompt_tokens: int | None = None
    """None when the endpoint does not say."""
    completion_tokens: int | None = None
    omitted: tuple[Omission, ...] = ()

    def __post_init__(self) -> None:
        if (self.verdict is None) == (self.unscored is None):
            raise ValueError("a vote has a verdict, or the reason why it has none")


class Judge(Protocol):
    """One judge, ready to be asked many times and many at once."""

    async def vote(self, case: JudgeCase, key: VoteKey, rubric: Rubric, nonce: str) -> Vote:
        """Answer one question.

        Args:
            nonce: for the fence of the prompt; random, another one for every question.

        Raises:
            ModelError: the endpoint gave no reply. That is a vote against nobody.
        """
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class JudgeSetup(Struct, frozen=True):
    """What a backend may need to be opened."""

    endpoint: Endpoint | None = None
    recording: tuple[str, ...] = ()
    """The lines of a recording (see `curation/judges/replay.py`)."""
    max_chars: int = 60_000
    """Of a prompt."""


class JudgeBackend(Struct, frozen=True):
    """A kind of judge, as registered."""

    name: str
    title: str
    doc: str
    """What it decides and on what grounds; shown in the studio."""
    open: Callable[[JudgeSetup], Awaitable[Judge]]
    needs_endpoint: bool = False
    needs_recording: bool = False
    is_offline: bool = True
    """Whether it answers without any model; one vote is then all that it has to say."""


JUDGES: Registry[JudgeBackend] = Registry("judge", "curation.judges")
