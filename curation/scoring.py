"""What all rewards say of one prediction, held against everything that is accepted at its step.

One reward is `curation/rewarding.py`; yes or no is `curation/matching.py`. Besides the rewards
there is `closeness`, ours: ToolRL's similarity made to say something of every step, so that all
predictions can be put in one order.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from curation.diffing import same_calls
from curation.matching import attempts_call
from curation.rewarding import REWARDS, Reward
from curation.trajectory import Message, ToolSpec

CLOSENESS = "closeness"
_SIMILARITY = "toolrl-similarity"


class ScoreKind(Struct, frozen=True):
    """A column of scores."""

    name: str
    title: str
    low: float
    high: float


def score_kinds() -> dict[str, ScoreKind]:
    """Every column there is, closeness first."""
    kinds = [
        ScoreKind(CLOSENESS, "Closeness to the reference", 0.0, 1.0),
        *(ScoreKind(one.name, one.title, one.low, one.high) for one in REWARDS),
    ]
    return {kind.name: kind for kind in kinds}


def scores_of(
    prediction: Message,
    accepted: Sequence[Message],
    tools: Sequence[ToolSpec] = (),
    following: Sequence[Message] = (),
) -> dict[str, float]:
    """Name of a score -> score. Rewards that say nothing of the step are absent; closeness never.

    Args:
        prediction: the answer to score.
        accepted: the reference first, then further accepted answers. The best score counts.
        tools: what is on offer.
        following: what came after the reference. It came after the prediction, too, where that
            makes the same calls; of any other prediction nobody knows what it led to.
    """
    reference = accepted[0]
    led_there = bool(following) and _makes_the_same_calls(reference, prediction)
    found: dict[str, float] = {}
    for reward in REWARDS:
        if reward.needs_following:
            # As the reference itself: results go by its call ids.
            pairs = [(reference, reference)] if led_there else []
        else:
            pairs = [(answer, prediction) for answer in accepted]
        scores = [_score(reward, *pair, tools, following) for pair in pairs]
        known = [score for score in scores if score is not None]
        if known:
            found[reward.name] = max(known)
    rest = (closeness_beside_similarity(answer, prediction) for answer in accepted)
    found[CLOSENESS] = max(found.get(_SIMILARITY, 0.0), *rest)
    return found


def closeness_beside_similarity(reference: Message, prediction: Message) -> float:
    """What closeness is where ToolRL's similarity says nothing.

    Where the reference makes no call: 1 when the prediction makes none and tries none either. Where
    it makes one: 1 for the very same calls, parsable or not. Else 0.
    """
    if reference.tool_calls:
        return float(_makes_the_same_calls(reference, prediction))
    return float(not attempts_call(prediction))


def _score(
    reward: Reward,
    reference: Message,
    prediction: Message,
    tools: Sequence[ToolSpec],
    following: Sequence[Message],
) -> float | None:
    try:
        return reward.score(reference, prediction, tools, following)
    except RecursionError:
        return reward.low  # a thousand brackets are noise that a model repeated


def _makes_the_same_calls(reference: Message, prediction: Message) -> bool:
    try:
        return bool(reference.tool_calls) and same_calls(reference, prediction)
    except RecursionError:
        return False
