"""Whether a prediction says what the reference says, under one of several ideas of "the same".

The matchers live one per file in `curation/matchers/`. A matched step is "mastered" and goes to no
judge; why a step did not match is kept with its place, to be filtered by. Nothing here scores:
partial credit is `curation/rewarding.py`, the differences themselves `curation/diffing.py`.

Steps that answer in words: a reference without a call is matched by any prediction without one.
The words are not compared, as LoopTool's reward and BFCL's irrelevance rule do not compare them
(`Match.text_only` tells such a match, which shows restraint and no mastery).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

from msgspec import Struct

from curation.gold import GoldCall
from curation.registry import Registry
from curation.trajectory import Message, ToolSpec

CALL_TAG = "<tool_call>"
"""Text that holds it meant to call a tool, though nothing could be decoded from it."""


class Mismatch(StrEnum):
    """The first reason why an answer is not the expected one."""

    NEEDLESS_CALL = "needless-call"
    """It calls a tool where the reference answers in words."""
    NO_CALL = "no-call"
    """It answers in words, or not at all, where the reference calls a tool."""
    UNREADABLE = "unreadable"
    """A call's arguments do not parse."""
    COUNT = "count"
    """More or fewer calls than expected."""
    TOOL = "tool"
    """A call of another tool."""
    MISSING_ARGUMENT = "missing-argument"
    UNEXPECTED_ARGUMENT = "unexpected-argument"
    TYPE = "type"
    """An argument of another type."""
    VALUE = "value"
    """An argument with another value."""


class Match(Struct, frozen=True, omit_defaults=True):
    """What a matcher says of one prediction."""

    matched: bool
    why: Mismatch | None = None
    """None when it matched."""
    code: str = ""
    """The matcher's own name for the reason, where it has one (BFCL's `error_type`)."""
    answer: int = 0
    """Which answer it is about: 0 the reference or its gold, n the n-th alternative (1-based).
    When none matched, the reason is the one against the reference."""
    call_index: int | None = None
    """0-based place among the prediction's calls."""
    reference_call_index: int | None = None
    """0-based place among the calls of the reference, or of the gold."""
    pointer: str | None = None
    """JSON Pointer to the parameter, in the arguments of the prediction's call; to where it would
    be for one that is missing."""
    text_only: bool = False
    """Both answer in words, which were not compared."""


class Matcher(Protocol):
    """One idea of "the same answer"."""

    @property
    def name(self) -> str:
        """Kebab-case, stored with every result."""

    @property
    def title(self) -> str: ...

    @property
    def description(self) -> str: ...

    def compare(
        self,
        reference: Message,
        prediction: Message,
        tools: Sequence[ToolSpec],
        gold: Sequence[GoldCall] | None,
    ) -> Match:
        """Compare with one answer. `gold` widens the reference where the matcher knows how;
        None when there is none."""


MATCHERS: Registry[Matcher] = Registry("matcher", "curation.matchers")
DEFAULT_MATCHER = "strict"

M = TypeVar("M", bound=Matcher)


def matcher(cls: type[M]) -> type[M]:
    """Class decorator that registers a matcher."""
    MATCHERS.register(cls(), origin=f"{cls.__module__}.{cls.__qualname__}")
    return cls


def match_step(
    matcher: Matcher,
    reference: Message,
    prediction: Message,
    *,
    alternatives: Sequence[Message] = (),
    gold: Sequence[GoldCall] | None = None,
    tools: Sequence[ToolSpec] = (),
) -> Match:
    """Hold a prediction against everything that is accepted at a step. Never raises.

    Args:
        matcher: an entry of `MATCHERS`.
        reference: the message that stands at the step.
        prediction: the answer in question.
        alternatives: further accepted answers, each a whole message.
        gold: accepted values per parameter of the reference's calls; matchers that know nothing of
            gold look at the reference alone.
        tools: what is on offer; only matchers that go by declared types look at it.
    """
    first = _compared(matcher, reference, prediction, tools, gold or None)
    if first.matched:
        return first
    for number, accepted in enumerate(alternatives, start=1):
        found = _compared(matcher, accepted, prediction, tools, None)
        if found.matched:
            return Match(True, answer=number, text_only=found.text_only)
    return first


def _compared(
    matcher: Matcher,
    reference: Message,
    prediction: Message,
    tools: Sequence[ToolSpec],
    gold: Sequence[GoldCall] | None,
) -> Match:
    try:
        return matcher.compare(reference, prediction, tools, gold)
    except RecursionError:
        # A thousand brackets are noise that a model repeated, not arguments to be compared.
        return Match(False, Mismatch.UNREADABLE)


def attempts_call(message: Message) -> bool:
    """Whether a message calls a tool, or tried to in text that was never decoded."""
    return bool(message.tool_calls) or CALL_TAG in message.text


def compare_restraint(
    reference: Message, prediction: Message, n_expected: int | None = None
) -> Match | None:
    """The verdict where one side makes no call; None when both do and must be compared.

    Args:
        n_expected: how many calls are expected, when gold says so instead of the reference.
    """
    expected = len(reference.tool_calls) if n_expected is None else n_expected
    if expected and prediction.tool_calls:
        return None
    if expected:
        return Match(False, Mismatch.NO_CALL)
    if attempts_call(prediction):
        return Match(False, Mismatch.NEEDLESS_CALL, call_index=0 if prediction.tool_calls else None)
    return Match(True, text_only=True)
