"""What is known of a prediction besides its message: how it was asked for, how sure the model was.

What it says is a `curation.trajectory.Message`; whether that is right is `curation/matching.py` and
`curation/verdicts.py`.
"""

from __future__ import annotations

import math
from enum import StrEnum


class PredictionKind(StrEnum):
    """How a model was asked."""

    UNKNOWN = ""
    """The source does not say."""
    GREEDY = "greedy"
    """The likeliest token each time: what the model is surest of (LoopTool's probe)."""
    SAMPLED = "sampled"
    """One of several rollouts at a temperature."""


def perplexity_of(n_tokens: int, sum_logprob: float) -> float:
    """exp(−mean log p) over a whole answer (LoopTool, arXiv 2511.09148, section 4.2).

    Args:
        n_tokens: how many tokens the sum is of, above 0.
        sum_logprob: sum of their natural log-probabilities, at most 0.

    Raises:
        ValueError: either is out of range, or the answer so unlikely that no number holds it.
    """
    if n_tokens < 1 or not math.isfinite(sum_logprob) or sum_logprob > 1e-6:
        raise ValueError(
            f"{sum_logprob} over {n_tokens} tokens is no sum of log-probabilities: it takes one "
            "token or more, and a finite sum of at most 0"
        )
    try:
        return math.exp(-sum_logprob / n_tokens)
    except OverflowError:
        raise ValueError(
            f"a perplexity of exp({-sum_logprob / n_tokens}) is out of range"
        ) from None
