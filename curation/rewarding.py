"""What a reward is: a number for how good a prediction is at a step, to rank and filter by.

The rewards live one per file in `curation/rewards/`, each with its source and formula. They score
what training code scores, on messages: whatever a source checks of tags and of thinking is left
out, as imports and probes have read the tags already. Yes or no is `curation/matching.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from curation.registry import Registry
from curation.trajectory import Message, ToolSpec, canonical_json

PlainCall = tuple[str, dict[str, Any]]
"""Name and parsed arguments."""


class Scored(Struct, frozen=True):
    """All that a reward may look at."""

    reference: Message
    prediction: Message
    tools: tuple[ToolSpec, ...] = ()
    following: tuple[Message, ...] = ()
    """What came after the prediction in its own episode: results of its calls, later steps, the
    final answer. () where nothing did, as for a prediction of a single step."""


RewardFunction = Callable[[Scored], float | None]


class Reward(Struct, frozen=True):
    """A way to score, as registered."""

    name: str
    """Kebab-case; stored with every score and the name of its column."""
    title: str
    low: float
    high: float
    """The range: every score is within [low, high]."""
    doc: str
    """Source, formula, and what of it is ours."""
    function: RewardFunction
    needs_following: bool = False
    """It scores what the step led to, not whether it is like the reference."""

    def score(
        self,
        reference: Message,
        prediction: Message,
        tools: Sequence[ToolSpec] = (),
        following: Sequence[Message] = (),
    ) -> float | None:
        """The score of a prediction, None where the reward says nothing of such a step.

        Args:
            reference: what stands at the step.
            prediction: the answer to score; the reference itself, to score that.
            tools: what is on offer.
            following: what came after the prediction, see `Scored`.
        """
        return self.function(Scored(reference, prediction, tuple(tools), tuple(following)))


REWARDS: Registry[Reward] = Registry("reward", "curation.rewards")


def reward(
    name: str, *, title: str, low: float, high: float, needs_following: bool = False
) -> Callable[[RewardFunction], RewardFunction]:
    """Register the decorated function as a reward; its docstring becomes `Reward.doc`."""

    def register(function: RewardFunction) -> RewardFunction:
        doc = inspect.getdoc(function) or ""
        entry = Reward(name, title, low, high, doc, function, needs_following)
        REWARDS.register(entry, f"{function.__module__}.{function.__qualname__}")
        return function

    return register


def plain_calls(message: Message) -> list[PlainCall] | None:
    """The calls of a message with their arguments, in an order of their own; None when one does
    not parse.

    Sorted by content, so that no score depends on the order in which the calls were made.
    """
    found: list[PlainCall] = []
    for call in message.tool_calls:
        arguments = call.parsed().value
        if arguments is None:
            return None
        found.append((call.name, arguments))
    return found if len(found) < 2 else sorted(found, key=_content)


def _content(call: PlainCall) -> tuple[str, bytes]:
    return call[0], canonical_json(call[1])
