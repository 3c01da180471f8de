"""ToolRL's reward for correct calls, and the similarity inside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from curation.assignment import best_assignment
from curation.rewarding import PlainCall, Scored, plain_calls, reward


@reward("toolrl", title="ToolRL correctness", low=-3.0, high=3.0)
def toolrl(scored: Scored) -> float | None:
    """ToolRL (arXiv 2504.13958, `rlla.py`): R_correct = 6·S/S_max - 3.

    S / S_max is the similarity `toolrl-similarity`. -3 when the prediction makes no call or one
    that does not parse; 0 when the reference makes none, as in the source, whatever the prediction
    does. None when the reference itself does not parse. R_format is left out: it is about tags.
    Values are equal as in Python (1, 1.0 and true are), as in the source. Ours: of several calls
    of one tool the best assignment counts, where the source takes them greedily in the order of
    the reference; so the order of calls makes no difference, and the score is never below theirs.
    """
    if not scored.reference.tool_calls:
        return 0.0
    similarity = _similarity(scored)
    return None if similarity is None else 6 * similarity - 3


@reward("toolrl-similarity", title="ToolRL similarity", low=0.0, high=1.0)
def toolrl_similarity(scored: Scored) -> float | None:
    """ToolRL's S / S_max (arXiv 2504.13958): how much of the reference's calls is there.

    S = r_name + Σ over reference calls of (r_key + r_val) with their best unused predicted call
    of the same name; r_name is the multiset Jaccard of names, r_key the Jaccard of parameter
    names, r_val the number of reference parameters with an equal value. S_max = 1 + number of
    reference calls + number of their parameters. 0 when nothing can be read; None when the
    reference makes no call or does not parse.
    """
    return _similarity(scored) if scored.reference.tool_calls else None


def _similarity(scored: Scored) -> float | None:
    gold, found = plain_calls(scored.reference), plain_calls(scored.prediction)
    if gold is None:
        return None
    if not found:
        return 0.0
    best = 1.0 + len(gold) + sum(len(arguments) for _, arguments in gold)
    names = _jaccard([name for name, _ in gold], [name for name, _ in found])
    return (names + _best_total(gold, found)) / best


def _best_total(gold: Sequence[PlainCall], found: Sequence[PlainCall]) -> float:
    """Σ of r_key + r_val over the best pairs."""
    likeness = [[_likeness(wanted, made) for made in found] for wanted in gold]
    return sum(likeness[i][j] for i, j in best_assignment(likeness))


def _likeness(gold: PlainCall, found: PlainCall) -> float:
    """r_key + r_val of two calls; 0 for calls of two tools."""
    (name, wanted), (other, given) = gold, found
    if name != other:
        return 0.0
    values = sum(1 for key, value in wanted.items() if key in given and given[key] == value)
    return _jaccard([*wanted], [*given]) + values


def _jaccard(first: Sequence[str], second: Sequence[str]) -> float:
    """Multiset Jaccard; 1 for two empty ones."""
    a, b = Counter(first), Counter(second)
    union = (a | b).total()
    return (a & b).total() / union if union else 1.0
