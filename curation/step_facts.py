"""What is known of the steps of a trajectory besides what was said of it: from other models'
answers, and from the gold that its source carried."""

from __future__ import annotations

from msgspec import Struct

from curation.gold import GoldCall
from curation.trajectory import Message


class AnswerCount(Struct, frozen=True, gc=False):
    """The recorded answers of models at one step."""

    n: int
    """How many were compared, repetitions counted."""
    n_matched: int
    """How many of them say what is accepted (strict matcher)."""
    perplexity: float | None = None
    """The highest that is known of one."""


class Better(Struct, frozen=True, gc=False):
    """A prediction that was ruled right where the reference was ruled wrong (LABEL_WRONG)."""

    message_index: int
    message: Message
    model: str


class StepFacts(Struct, frozen=True, gc=False):
    """Of one trajectory; indexes are of the original."""

    gold: tuple[GoldCall, ...] | None = None
    """Set-valued gold; it speaks of the trajectory's only step."""
    answers: dict[int, AnswerCount] = {}
    better: tuple[Better, ...] = ()


NO_FACTS = StepFacts()
