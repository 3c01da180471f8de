"""Tool-N1's binary reward."""

from __future__ import annotations

from curation.diffing import canonical_calls
from curation.rewarding import Scored, plain_calls, reward


@reward("tool-n1", title="Tool-N1 exact match", low=0.0, high=1.0)
def tool_n1(scored: Scored) -> float | None:
    """Nemotron Tool-N1 (arXiv 2505.00024, `toolcall.py`): 1 for the right calls, else 0.

    Right is an equal multiset of (name, arguments as JSON with sorted keys): 1, 1.0 and true are
    three values, list order counts, the order of calls does not. A reference without a call is
    matched by no call alone. None when the reference does not parse. The source gives 1 only with
    thinking tags around the reasoning; messages have lost them, so that is not asked.
    """
    if plain_calls(scored.reference) is None:
        return None
    wanted, made = canonical_calls(scored.reference), canonical_calls(scored.prediction)
    return float(sorted(wanted) == sorted(made))
